"""Telegrams that list areas, each with 発表, 解除 or なし: 土砂災害警戒情報, 竜巻注意情報, 記録的短時間大雨情報."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from connectors.jma.areas import not_named, ours
from connectors.jma.claims import MAX_CODE, MAX_NAME, Body, Claim, problems
from connectors.jma.envelope import Envelope
from connectors.jma.kinds import Kind, codes, is_over, kinds, plain
from connectors.jma.markup import Node, read_time
from connectors.places import Places
from connectors.source import Park
from schemas.records.base import Hazard
from schemas.records.observed import BulletinItem

VALID = "ib:Head/ib:ValidDateTime"


@dataclass(frozen=True, slots=True)
class Listing:
    """Which section lists the areas, and which table its codes are in.

    `whole`: it lists every area of its prefecture each time, though it has no TargetArea.
    """

    section: str
    table: str
    whole: bool = False


@dataclass(frozen=True, slots=True)
class _Made:
    """What all items of one telegram share."""

    hazard: Hazard
    table: str
    until: datetime | None


LANDSLIDE = Listing("土砂災害警戒情報", "landslide")
TORNADO = Listing("竜巻注意情報（市町村等）", "tornado", whole=True)
RECORD_RAIN = Listing("記録的短時間大雨情報（発表細分）", "record_rain")


def reader(listing: Listing) -> Callable[[Node, Envelope, Places], Body]:
    """A reader of this listing."""

    def read(root: Node, envelope: Envelope, places: Places) -> Body:
        return read_listed(root, envelope, places, listing)

    return read


def read_listed(root: Node, envelope: Envelope, places: Places, listing: Listing) -> Body:
    """The claims for our areas. Raises Park `no_section` where the body lists no area at all."""
    rows = root.all(f"met:Body/met:Warning[@type='{listing.section}']/met:Item")
    if not rows:
        raise Park("no_section", f"the body has no section {listing.section}, so it says nothing about any area")
    hazard = kinds().carriers[envelope.carrier].hazard or Hazard.OTHER
    until = read_time(root.text(VALID), "Head/ValidDateTime") if root.text(VALID) else None
    made = _Made(hazard, listing.table, until)
    here = [(row, ours(row, places)) for row in rows]
    claims = tuple(
        Claim(area, tuple(_item(kind, area, name, made) for kind in row.all("met:Kind")))
        for row, areas in here
        for area, name in areas
    )
    target = root.text("met:Body/met:TargetArea/met:Code")
    prefecture = target or f"{rows[0].text('met:Area/met:Code')[:2]}0000"
    missing = not_named(claims, places, prefecture) if target or listing.whole else ()
    outside = sum(1 for _, areas in here if not areas)
    told = (*problems(claims, codes(listing.table)), *missing)
    # The EventID is a constant text per prefecture or event: the stable name of what this telegram replaces.
    scope = f"{envelope.carrier}:{envelope.subject or prefecture}"
    return Body(claims, scope, problems=told, outside=outside)


def _item(kind: Node, area: str, area_name: str, made: _Made) -> BulletinItem:
    code = plain(kind.text("met:Code"))[:MAX_CODE]
    status = (kind.text("met:Status") or kind.text("met:Condition"))[:MAX_NAME]
    meaning = codes(made.table).get(code, Kind())
    active = meaning.active and not is_over(status)
    return BulletinItem(
        hazard=made.hazard,
        subject=area,
        subject_name=area_name[:MAX_NAME],
        kind_code=code,
        kind_name=plain(kind.text("met:Name"))[:MAX_NAME],
        status=status,
        active=active,
        level=meaning.level if active else 0,
        valid_until=made.until if active else None,
    )
