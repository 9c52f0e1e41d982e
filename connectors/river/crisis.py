"""川の水位情報 JSON (危機管理型水位計) → readings. Pure.

A list of gauges that stand above their start level (観測開始水位); one that is not in it is below, which is no fault.
Its own file has the list under `obss` (unverified against a recording); the recorded hours have it under `items`,
or one gauge a line. Times carry their offset; levels are metres above the station's own zero.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.readings.document import BadRow
from connectors.readings.numbers import number
from connectors.readings.times import AHEAD, read_time
from connectors.river.columns import STAGE
from connectors.source import Park
from schemas.records.observed import Quality, Reading

LISTS = ("obss", "items")
MAX_ITEMS = 50_000
OVERFLOW = 100
FLAGS = (1, 11, 101, 111)
"""`over`: 1 at the start level, 10 more at 危険水位, 100 more at 氾濫開始水位. Of 14,629 recorded items all."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One gauge of the list by its number there: its reading, and what the list says of the gauge itself."""

    code: str
    reading: Reading
    overflow_m: float | None
    name: str
    prefecture: str


@dataclass(frozen=True, slots=True)
class Crisis:
    """One list: the newest reading of each gauge, and what could not be read. `made_at`: when it was made, if told."""

    seen: tuple[Seen, ...]
    bad: tuple[BadRow, ...]
    made_at: datetime | None


def read_crisis(body: bytes, now: datetime) -> Crisis:
    """All gauges of a list. Raises Park where the whole says nothing."""
    items, made_at = _items(body)
    if len(items) > MAX_ITEMS:
        raise Park("too_many_values", f"{len(items)} gauges are more than the {MAX_ITEMS} that there can be")
    seen: dict[tuple[str, datetime], Seen] = {}
    bad: list[BadRow] = []
    for item in items:
        try:
            one = _seen(item, now)
            _add(seen, one)
        except Park as park:
            bad.append(BadRow(park.reason, park.text, str(item)[:500], None))
    ordered = sorted(seen.values(), key=lambda one: (one.reading.observed_at, one.code))
    return Crisis(tuple(ordered), tuple(bad), made_at)


def _add(seen: dict[tuple[str, datetime], Seen], one: Seen) -> None:
    first = seen.setdefault((one.code, one.reading.observed_at), one)
    if first.reading.value != one.reading.value:
        both = f"{first.reading.value} and {one.reading.value}"
        raise Park("conflict", f"{one.code} at {one.reading.observed_at.isoformat()} has {both}; the first counts")


def _items(body: bytes) -> tuple[list[Any], datetime | None]:
    """The list of gauges; a file of one gauge a line is the same list."""
    if not body.strip():
        raise Park("empty", "the body is empty")
    try:
        text = body.decode("utf-8-sig")
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) > 1 and lines[0].rstrip().endswith("}") and lines[0].lstrip().startswith("{"):
            return [json.loads(line) for line in lines], None
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Park("not_json", f"not JSON: {str(error)[:200]}") from error
    return _listed(found)


def _listed(found: object) -> tuple[list[Any], datetime | None]:
    if isinstance(found, dict) and "code" in found:
        return [found], None
    holder = found if isinstance(found, dict) else {}
    for name in LISTS:
        if isinstance(holder.get(name), list):
            return holder[name], _made_at(holder.get("generatedAt"))
    raise Park("no_values", f"no list of gauges under {' or '.join(LISTS)}")


def _made_at(value: object) -> datetime | None:
    try:
        return read_time(value, "generatedAt")
    except Park:
        return None


def _seen(item: object, now: datetime) -> Seen:
    if not isinstance(item, dict):
        raise Park("bad_row", f"a {type(item).__name__} where a gauge was expected")
    code = item.get("code")
    if not isinstance(code, str) or not 0 < len(code) <= 40:
        raise Park("unknown_station", f"code is {str(code)[:60]!r}, no number of a gauge")
    observed_at = read_time(item.get("obsTime"), f"{code}: obsTime")
    if observed_at > now + AHEAD:
        raise Park("future_time", f"{code}: obsTime {item['obsTime']} lies ahead of {now.isoformat()}")
    value = number(item.get("level"), f"{code}: level", STAGE.lowest, STAGE.highest)
    over = _flags(item.get("over"), code)
    quality = _quality(value, over, item.get("qt"))
    overflow = number(item.get("fladLevel"), f"{code}: fladLevel", STAGE.lowest, STAGE.highest)
    reading = Reading(code, "stage", value, "m", observed_at, quality, over)
    return Seen(code, reading, overflow, str(item.get("name", ""))[:60], str(item.get("prefCode", ""))[:5])


def _flags(value: object, code: str) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 10_000:
        raise Park("bad_quality", f"{code}: over is {str(value)[:40]!r}, no set of flags")
    return value


def _quality(value: float | None, over: int | None, doubt: object) -> Quality:
    """A level over the overflow stage, an unknown flag or any `qt` (undocumented, seen on stuck sensors) needs a second
    sample: in a year two of Kanagawa's 45 sensors were over it, 30 times; one jumps by a metre from hour to hour.
    """
    if value is None:
        return Quality.MISSING
    doubtful = over not in FLAGS or over >= OVERFLOW or bool(doubt)
    return Quality.SUSPECT if doubtful else Quality.VALID
