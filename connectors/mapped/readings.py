"""Rows → readings. A wrong row is told under its place, the good ones go on, and every row is accounted for. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connectors.mapped.mapping import Filter, Mapping, Value
from connectors.mapped.row import Bad, Row
from connectors.mapped.times import read_moment
from connectors.mapped.values import read_quality, read_value
from connectors.mapped.where import Found, Where
from connectors.river.quality import WITHOUT_VALUE
from connectors.source import Park
from schemas.records.observed import Reading

AHEAD = timedelta(minutes=5)
"""How far a reading may lie ahead of event time: clocks differ, tomorrow's stage does not exist."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A reading and the areas that it matters to; none: it is understood, and lies outside of ours."""

    reading: Reading
    areas: tuple[str, ...]
    place: str


@dataclass(slots=True)
class Understood:
    """What a file became. Every value of every row is one of: placed, bad, a repeat, or of a row that was left out."""

    placed: list[Placed] = field(default_factory=list)
    bad: list[Bad] = field(default_factory=list)
    rows: int = 0
    left_out: int = 0
    repeats: int = 0


def read_rows(mapping: Mapping, where: Where, rows: Iterable[Row | Bad], latest: datetime | None) -> Understood:
    """`latest`: event time, against which the future is judged (None: never). Raises Park for the file as a whole."""
    made = Understood()
    first: dict[tuple[str, str, datetime], Placed] = {}
    for row in rows:
        made.rows += 1
        if isinstance(row, Bad):
            made.bad.append(row)
            continue
        try:
            if not is_wanted(mapping, row):
                made.left_out += 1
                continue
            observed_at = _observed(mapping, row, latest)
        except Park as park:
            made.bad.append(Bad(row.place, park.reason, park.text, row.raw))
            continue
        for value in mapping.value:
            _add(made, first, row, _reading(mapping, where, row, value, observed_at))
    return made


def is_wanted(mapping: Mapping, row: Row) -> bool:
    """Whether `keep` (all of them) and `drop` (none of them) let the row pass."""
    return all(_holds(one, row) for one in mapping.keep) and not any(_holds(one, row) for one in mapping.drop)


def _holds(condition: Filter, row: Row) -> bool:
    text = row.text(condition.from_)
    return text in condition.is_ or bool(condition.matches and re.search(condition.matches, text))


def _observed(mapping: Mapping, row: Row, latest: datetime | None) -> datetime:
    if mapping.time is None:
        raise Park("missing_time", "the mapping does not say where the time stands")
    observed_at = read_moment(mapping.time, row)
    if latest is not None and observed_at > latest + AHEAD:
        raise Park("future_time", f"{observed_at.isoformat()} lies ahead of {latest.isoformat()}")
    return observed_at


def _reading(mapping: Mapping, where: Where, row: Row, value: Value, observed_at: datetime) -> Placed | Bad:
    """One value of a row, or why it is none."""
    try:
        found = where.find(row, value.station)
        return Placed(_measured(mapping, row, value, found, observed_at), found.areas, row.place)
    except Park as park:
        at = row.place if len(mapping.value) == 1 else f"{row.place}, {value.from_}"
        return Bad(at, park.reason, park.text, row.raw)


def _measured(mapping: Mapping, row: Row, value: Value, found: Found, observed_at: datetime) -> Reading:
    measured = read_value(value, row)
    quality, code = read_quality(mapping.quality, row, measured.value)
    number = None if quality in WITHOUT_VALUE else measured.value
    return Reading(found.station, measured.quantity, number, measured.unit, observed_at, quality, code)


def _add(made: Understood, first: dict[tuple[str, str, datetime], Placed], row: Row, found: Placed | Bad) -> None:
    """The same value twice counts once; of two values for one station, quantity and time the first counts."""
    if isinstance(found, Bad):
        made.bad.append(found)
        return
    reading = found.reading
    before = first.setdefault((reading.station, reading.quantity, reading.observed_at), found)
    if before is found:
        made.placed.append(found)
    elif before.reading == reading:
        made.repeats += 1
    else:
        both = f"{before.reading.value} ({before.place}) and {reading.value}"
        text = f"{reading.station} has {both} at {reading.observed_at.isoformat()}; the first counts"
        made.bad.append(Bad(row.place, "conflict", text, row.raw))
