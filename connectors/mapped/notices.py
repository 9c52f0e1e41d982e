"""Rows → announcements: a road that is shut, a shelter that opened. They never carry a level."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from connectors.mapped.cursor import Open
from connectors.mapped.mapping import Mapping, Notice, Refs, Time, refs
from connectors.mapped.readings import is_wanted
from connectors.mapped.row import Bad, Row
from connectors.mapped.times import read_moment
from connectors.mapped.values import chosen
from connectors.mapped.where import Where
from connectors.source import Park
from schemas.records.base import Hazard
from schemas.records.observed import BulletinItem

MAX_NAME, MAX_SUMMARY = 200, 1000
ENDED = "掲載終了"
"""Status of what a complete list no longer names."""
CARRIED = "継続（一覧に読めない行あり）"


@dataclass(frozen=True, slots=True)
class Announced:
    """One row's announcement and the areas it is for; none: it lies outside of ours."""

    item: BulletinItem
    areas: tuple[str, ...]
    place: str
    at: datetime | None


@dataclass(slots=True)
class Announcements:
    """What a file became."""

    made: list[Announced] = field(default_factory=list)
    bad: list[Bad] = field(default_factory=list)
    rows: int = 0
    left_out: int = 0
    repeats: int = 0


def read_notices(mapping: Mapping, notice: Notice, where: Where, rows: Iterable[Row | Bad]) -> Announcements:
    """Every row is an announcement, bad, left out by a filter, or a repeat. Raises Park for the file as a whole."""
    found = Announcements()
    subjects: dict[tuple[str, tuple[str, ...]], Announced] = {}
    for row in rows:
        found.rows += 1
        if isinstance(row, Bad):
            found.bad.append(row)
            continue
        try:
            if is_wanted(mapping, row):
                _add(found, subjects, row, _announced(mapping, notice, where, row))
            else:
                found.left_out += 1
        except Park as park:
            found.bad.append(Bad(row.place, park.reason, park.text, row.raw))
    return found


def _add(
    found: Announcements, subjects: dict[tuple[str, tuple[str, ...]], Announced], row: Row, one: Announced
) -> None:
    before = subjects.setdefault((one.item.subject, one.areas), one)
    if before is one:
        found.made.append(one)
    elif before.item == one.item:
        found.repeats += 1
    else:
        text = f"{one.item.subject!r} stands in {before.place}, too, and says otherwise; the first counts"
        found.bad.append(Bad(row.place, "conflict", text, row.raw))


def _announced(mapping: Mapping, notice: Notice, where: Where, row: Row) -> Announced:
    subject = row.text(notice.subject)[:MAX_NAME]
    if not subject:
        raise Park("no_subject", "the row does not say what it is about; nothing could end it later")
    status = row.text(notice.state)[:MAX_NAME]
    at = read_moment(mapping.time, row) if mapping.time is not None else None
    item = BulletinItem(
        hazard=Hazard(chosen(notice.hazard, row, "hazard")),
        subject=subject,
        subject_name=(row.text(notice.name) if refs(notice.name) else subject)[:MAX_NAME],
        kind_code="",
        kind_name=chosen(notice.kind, row, "kind")[:MAX_NAME],
        status=status,
        active=_is_active(notice, status),
        level=None,
        valid_from=at,
        valid_until=_until(mapping, notice.until, row),
        summary=row.text(notice.text)[:MAX_SUMMARY],
    )
    areas = where.find(row).areas if mapping.stations else where.areas(row)
    return Announced(item, areas, row.place, at)


def _is_active(notice: Notice, status: str) -> bool:
    """By the mapping's words; a word that it does not list is parked, never guessed."""
    if not refs(notice.state) or status in notice.active:
        return True
    if status in notice.over:
        return False
    known = "、".join((*notice.active, *notice.over))
    raise Park("unknown_state", f"state {status!r} is in neither `active` nor `over` ({known})")


def _until(mapping: Mapping, named: Refs, row: Row) -> datetime | None:
    if not refs(named) or not row.text(named):
        return None
    time = mapping.time or Time()
    return read_moment(Time(from_=named, format=time.format, zone=time.zone), row)


def by_area(made: Sequence[Announced]) -> dict[str, list[Announced]]:
    """The announcements of each area of ours, in the order of the file."""
    found: dict[str, list[Announced]] = {}
    for one in made:
        for area in one.areas:
            found.setdefault(area, []).append(one)
    return found


def ended(before: Open) -> BulletinItem:
    """What a complete list no longer names: over, by its absence from the list."""
    return _from(before, ENDED, False)


def carried(before: Open) -> BulletinItem:
    """What a list with unreadable rows does not name: it stays as it was."""
    return _from(before, CARRIED, True)


def _from(before: Open, status: str, active: bool) -> BulletinItem:
    return BulletinItem(
        hazard=Hazard(before.hazard),
        subject=before.subject,
        subject_name=before.name,
        kind_code="",
        kind_name=before.kind,
        status=status,
        active=active,
        level=None,
    )
