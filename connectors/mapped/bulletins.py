"""Announcements of a file → Bulletins per area: of a complete list, also that what it no longer names is over. Pure."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from connectors.mapped.cursor import Open
from connectors.mapped.mapping import Notice
from connectors.mapped.notices import Announced, by_area, carried, ended
from connectors.places import Places
from connectors.source import Payload, Polled
from schemas.records.base import World, content_id
from schemas.records.observed import Bulletin, BulletinItem, InfoType

CARRIER = "NOTICE"
MAX_ITEMS = 300
MAX_TEXT = 6000


@dataclass(frozen=True, slots=True)
class Desk:
    """What all bulletins of one file share."""

    source: str
    notice: Notice
    places: Places
    polled: Polled
    payload: Payload
    unreadable: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """What a file says, and what the cursor keeps of it: what is in force by area, and digests of what was said."""

    bulletins: tuple[Bulletin, ...]
    open: dict[str, tuple[Open, ...]]
    told: dict[str, str]


def say(desk: Desk, made: list[Announced], before: Mapping[str, tuple[Open, ...]], told: Mapping[str, str]) -> Said:
    """An area of which a complete list says the same as before gets no bulletin.

    A list with rows that could not be read ends nothing: the missing one may be among them.
    """
    if not desk.notice.complete:
        return Said(tuple(_single(desk, made)), dict(before), dict(told))
    listed = _listed(desk, made, before)
    digests = {area: content_id(*items) for area, items in listed.items()}
    news = [area for area in sorted({*listed, *before}) if digests.get(area) != told.get(area)]
    spoken = tuple(_complete(desk, area, listed.get(area, ()), before.get(area, ())) for area in news)
    left = {area: tuple(_open(item) for item in items if item.active) for area, items in listed.items()}
    return Said(spoken, {area: items for area, items in left.items() if items}, digests)


def _listed(
    desk: Desk, made: list[Announced], before: Mapping[str, tuple[Open, ...]]
) -> dict[str, tuple[BulletinItem, ...]]:
    """What stands in the list, by area; where rows were unreadable, with what stood before."""
    listed = {area: tuple(one.item for one in rows)[:MAX_ITEMS] for area, rows in by_area(made).items()}
    for area, opened in before.items() if desk.unreadable else ():
        there = listed.get(area, ())
        subjects = {item.subject for item in there}
        listed[area] = (*there, *(carried(one) for one in opened if one.subject not in subjects))[:MAX_ITEMS]
    return listed


def _complete(desk: Desk, area: str, items: tuple[BulletinItem, ...], before: tuple[Open, ...]) -> Bulletin:
    """One claim per area. It is the list as it stood when it was fetched, whatever times its rows bear."""
    subjects = {item.subject for item in items}
    over = tuple(ended(one) for one in before if one.subject not in subjects)
    return _bulletin(desk, area, "", (*items, *over), None)


def _open(item: BulletinItem) -> Open:
    return Open(item.hazard.value, item.subject, item.subject_name, item.kind_name)


def _single(desk: Desk, made: list[Announced]) -> Iterator[Bulletin]:
    """One claim per subject: each row changes its own only."""
    for area, rows in sorted(by_area(made).items()):
        for one in rows:
            yield _bulletin(desk, area, one.item.subject, (one.item,), one)


def _bulletin(desk: Desk, area: str, subject: str, items: tuple[BulletinItem, ...], one: Announced | None) -> Bulletin:
    found, payload = desk.places.areas[area], desk.payload
    digest = hashlib.sha256(payload.body).hexdigest()
    return Bulletin(
        id=content_id("notices", desk.source, area, subject, *(items if subject else (digest,))),
        world=World.ACTUAL,
        origin=payload.origin,
        source=desk.source,
        municipality=found.municipality,
        area=area,
        area_name=found.name,
        carrier=CARRIER,
        scope=f"{desk.source}:{subject}" if subject else desk.source,
        event_id="",
        serial=None,
        info_type=InfoType.ISSUED,
        reported_at=one.at if one is not None and one.at is not None else payload.fetched_at,
        received_at=payload.fetched_at,
        title=desk.notice.title or "お知らせ",
        text="\n".join(item.summary for item in items if item.active and item.summary)[:MAX_TEXT],
        office=desk.notice.office or desk.source,
        url=payload.url,
        raw_sha256=digest,
        items=items,
        trace=payload.trace,
        made_at=desk.polled.made_at,
    )
