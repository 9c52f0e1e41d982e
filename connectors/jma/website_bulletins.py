"""What JMA's website shows → Bulletins of carrier BOSAI, one per area and telegram. Pure.

Whoever reads these bulletins never counts them for a level: where they stand higher than the telegrams that were
received, that is a question to an operator.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from connectors.jma.claims import MAX_CODE, MAX_NAME
from connectors.jma.envelope import INFO_TYPES, WORLDS
from connectors.jma.kinds import Kind, codes, is_over, kinds, plain
from connectors.jma.markup import read_time
from connectors.jma.website import KindRow, River, Shown
from connectors.places import Places
from connectors.source import Park, Payload
from schemas.records.base import Hazard, World, content_id
from schemas.records.observed import Bulletin, BulletinItem, InfoType, Quantity

CARRIER = "BOSAI"
TITLE = "気象庁ホームページ（照合用）"
UNLISTED = "一覧になし"


@dataclass(frozen=True, slots=True)
class Page:
    """What every bulletin of one file shares."""

    payload: Payload
    places: Places
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Notice:
    """What one entry of a file says of itself."""

    scope: str
    reported_at: datetime
    world: World
    info_type: InfoType
    office: str


def of_warnings(page: Page, office: str, rows: Iterable[Shown]) -> list[Bulletin]:
    """One bulletin per telegram and area of ours. Raises Park for a word or a time that is not known."""
    found = []
    for row in rows:
        scope = f"{CARRIER}:{office}:{row.data_type_code[:MAX_CODE]}"
        notice = _notice(scope, row.report_datetime, row.status, row.info_type, row.publishing_office)
        for area in row.warning.class20_items:
            if area.area_code in page.places.areas and area.kinds:
                items = tuple(_warning(area.area_code, page.places, kind) for kind in area.kinds)
                found.append(_bulletin(page, notice, area.area_code, items))
    return found


def of_rivers(page: Page, rows: Iterable[River]) -> list[Bulletin]:
    """One bulletin per river section and area of ours. Raises Park for a word or a time that is not known."""
    found = []
    for row in rows:
        areas = areas_of_river(row, page.places)
        if areas:
            scope = f"{CARRIER}:flood:{row.river_code[:MAX_CODE]}"
            notice = _notice(scope, row.report_datetime, row.status, row.info_type, "")
            found += [_bulletin(page, notice, area, (_river(row),)) for area in areas]
    return found


def of_unlisted(page: Page, gone: Iterable[tuple[str, tuple[str, ...]]]) -> list[Bulletin]:
    """Sections that were listed and are no more: nothing is in force there, says the site, as of this poll."""
    found = []
    for code, areas in gone:
        item = BulletinItem(Hazard.FLOOD, code, "", "", "", UNLISTED, active=False, level=0)
        at = page.payload.fetched_at
        notice = Notice(f"{CARRIER}:flood:{code}", at, World.ACTUAL, InfoType.ISSUED, "")
        found += [_bulletin(page, notice, area, (item,)) for area in areas if area in page.places.areas]
    return found


def areas_of_river(row: River, places: Places) -> tuple[str, ...]:
    """The areas of ours that an entry names, and those that JMA lists for its section: the entry may name none."""
    section = places.sections.get(row.river_code)
    named = (*row.class20_codes, *(section.areas if section else ()))
    return tuple(area for area in dict.fromkeys(named) if area in places.areas)


def _notice(scope: str, reported: str, status: str, info_type: str, office: str) -> Notice:
    if plain(status) not in WORLDS:
        raise Park("unknown_status", f"status is {status[:40]!r}; only 通常, 訓練 and 試験 are known")
    if plain(info_type) not in INFO_TYPES:
        raise Park("unknown_info_type", f"infoType is {info_type[:40]!r}; only 発表, 訂正, 遅延 and 取消 are known")
    at = read_time(reported, "reportDatetime")
    return Notice(scope, at, WORLDS[plain(status)], INFO_TYPES[plain(info_type)], office[:MAX_NAME])


def _warning(area: str, places: Places, row: KindRow) -> BulletinItem:
    code = plain(row.code)[:MAX_CODE]
    meaning, active = codes("warnings").get(code, Kind()), not is_over(row.status)
    name = places.areas[area].name
    return BulletinItem(
        hazard=meaning.hazard or Hazard.OTHER,
        subject=area,
        subject_name=name,
        kind_code=code,
        kind_name="",
        status=row.status[:MAX_NAME],
        active=active,
        level=meaning.level if active else 0,
        quantities=tuple(_dangers(area, name, row)),
    )


def _dangers(area: str, name: str, row: KindRow) -> Iterable[Quantity]:
    levels = kinds().numbers["danger"]
    for one in row.properties:
        for local in one.significancy_part.locals:
            value = levels.get(local.code)
            yield Quantity("danger", area, name, value, "", None, None, f"{one.type} {local.code}"[:MAX_NAME])


def _river(row: River) -> BulletinItem:
    code = plain(row.item.code)[:MAX_CODE]
    meaning = codes("floods").get(code, Kind())
    return BulletinItem(
        hazard=Hazard.FLOOD,
        subject=row.river_code[:MAX_CODE],
        subject_name=row.river_name[:MAX_NAME],
        kind_code=code,
        kind_name=plain(row.item.name)[:MAX_NAME],
        status=row.item.condition[:MAX_NAME],
        active=meaning.active,
        level=meaning.level,
    )


def _bulletin(page: Page, notice: Notice, code: str, items: tuple[BulletinItem, ...]) -> Bulletin:
    payload, area = page.payload, page.places.areas[code]
    cancelled = notice.info_type is InfoType.CANCELLED
    said = () if cancelled else items
    return Bulletin(
        id=content_id("bulletin", notice.scope, code, notice.reported_at, notice.info_type.value, repr(said)),
        world=notice.world,
        origin=payload.origin,
        source=payload.source,
        municipality=area.municipality,
        area=code,
        area_name=area.name,
        carrier=CARRIER,
        scope=notice.scope,
        event_id="",
        serial=None,
        info_type=notice.info_type,
        reported_at=notice.reported_at,
        received_at=payload.fetched_at,
        title=TITLE,
        text="",
        office=notice.office,
        url=payload.url,
        raw_sha256=hashlib.sha256(payload.body).hexdigest(),
        items=said,
        trace=payload.trace,
        made_at=page.made_at,
    )
