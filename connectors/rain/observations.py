"""AMeDAS rain → readings: the map of one slot, the file of one station, hourly tables. Pure.

A value is a pair [mm, flag]: null is none (with flag 6 in the recorded sample), flag 0 is normal, and a value with any
other flag is kept and needs a second sample.
Rain is the sum of the 10 minutes or the hour before its time; slots are JST.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from connectors.readings.document import BadRow, read_json
from connectors.readings.numbers import number, written
from connectors.readings.tables import read_table
from connectors.readings.times import AHEAD, JST, read_time
from connectors.river.columns import RAIN
from connectors.source import Park
from schemas.records.observed import Quality, Reading

SLOT = re.compile(r"\d{14}", re.ASCII)
FIELDS = {"precipitation10m": RAIN[0], "precipitation1h": RAIN[1]}


@dataclass(frozen=True, slots=True)
class Rain:
    """Readings, and what could not be read. The good rows go on."""

    readings: tuple[Reading, ...]
    bad: tuple[BadRow, ...]


def read_latest(body: bytes) -> datetime:
    """latest_time.txt: the newest slot, in UTC."""
    try:
        text = body.decode("ascii").strip()
    except UnicodeDecodeError as error:
        raise Park("bad_time", "latest_time.txt is no text") from error
    return read_time(text, "latest_time.txt")


def slot_name(slot: datetime) -> str:
    """As the site's files are named: YYYYMMDDhhmm00 in JST."""
    return f"{slot.astimezone(JST):%Y%m%d%H%M}00"


def read_slot_name(text: str) -> datetime:
    """The slot that a name stands for, in UTC. Raises Park `bad_time`."""
    try:
        if SLOT.fullmatch(text) is None:
            raise ValueError("not 14 digits")
        return datetime.strptime(text + "+0900", "%Y%m%d%H%M%S%z").astimezone(UTC)
    except ValueError as error:
        raise Park("bad_time", f"{text[:40]!r} names no slot: {error}") from error


def read_map(body: bytes, slot: datetime, stations: Mapping[str, str]) -> Rain:
    """The map of one slot: {number: {field: [value, flag]}}. `stations`: number → station; the others are left out."""
    found = read_json(body)
    if not found:
        raise Park("no_values", "the map has no station")
    readings: list[Reading] = []
    bad: list[BadRow] = []
    for code, station in stations.items():
        if code in found:
            _take(found[code], station, slot, readings, bad)
    return Rain(tuple(readings), tuple(bad))


def read_point(body: bytes, stations: Mapping[str, str], now: datetime) -> Rain:
    """The file of one station: {slot: {prefNumber, observationNumber, field: [value, flag]}}."""
    readings: list[Reading] = []
    bad: list[BadRow] = []
    for name, values in sorted(read_json(body).items()):
        try:
            slot, code = read_slot_name(name), number_of(values)
            if slot > now + AHEAD:
                raise Park("future_time", f"{name} lies ahead of {now.isoformat()}")
        except Park as park:
            bad.append(BadRow(park.reason, park.text, str(values)[:500], None))
            continue
        if code in stations:
            _take(values, stations[code], slot, readings, bad)
    return Rain(tuple(readings), tuple(bad))


def read_hourly(body: bytes, at: datetime | None, stations: Mapping[str, str]) -> Rain:
    """A table with `amdno`, `precipitation1h` and, unless `at` says it, `commit_time`. An empty cell is no value.

    The time is when the table was recorded, up to an hour after the hour that the rain fell in.
    """
    table = read_table(body)
    if not {"amdno", "precipitation1h"} <= set(table.names):
        raise Park("no_values", "the table has no column amdno and precipitation1h")
    readings: list[Reading] = []
    bad: list[BadRow] = []
    for line, row in table.rows:
        station = stations.get(row["amdno"])
        if station is None:
            continue
        try:
            time = at or read_time(row.get("commit_time"), "commit_time")
            value = written(row["precipitation1h"], "precipitation1h", RAIN[1].lowest, RAIN[1].highest)
        except Park as park:
            bad.append(BadRow(park.reason, f"line {line}: {park.text}", str(row)[:500], None))
            continue
        quality = Quality.MISSING if value is None else Quality.VALID
        readings.append(Reading(station, "rain_1h", value, "mm", time, quality))
    return Rain(tuple(readings), tuple(bad))


def _take(values: Any, station: str, slot: datetime, readings: list[Reading], bad: list[BadRow]) -> None:
    for field, column in FIELDS.items():
        try:
            pair = _pair(values, field)
            if pair is None:
                continue
            value = number(pair[0], field, column.lowest, column.highest)
        except Park as park:
            bad.append(BadRow(park.reason, f"{station}: {park.text}", str(values)[:500], slot))
            continue
        flag = pair[1]
        quality = Quality.MISSING if value is None else Quality.SUSPECT if flag else Quality.VALID
        readings.append(Reading(station, column.quantity, value, column.unit, slot, quality, flag))


def _pair(values: Any, field: str) -> tuple[object, int] | None:
    """[value, flag]; None where the station does not measure this."""
    if not isinstance(values, dict):
        raise Park("bad_row", f"a {type(values).__name__} where a station's values were expected")
    pair = values.get(field)
    if pair is None:
        return None
    if not isinstance(pair, list) or len(pair) != 2:
        raise Park("bad_row", f"{field} is {str(pair)[:40]}, not [value, flag]")
    if isinstance(pair[1], bool) or not isinstance(pair[1], int) or not 0 <= pair[1] <= 255:
        raise Park("bad_quality", f"{field} has the flag {str(pair[1])[:40]!r}")
    return pair[0], pair[1]


def number_of(values: Any) -> str:
    """Prefecture and observation number side by side are the AMeDAS number."""
    if not isinstance(values, dict):
        raise Park("bad_row", f"a {type(values).__name__} where a station's values were expected")
    parts = values.get("prefNumber"), values.get("observationNumber")
    if not all(isinstance(part, int) and not isinstance(part, bool) and 0 <= part < 1000 for part in parts):
        raise Park("unknown_station", f"prefNumber and observationNumber are {str(parts)[:60]}")
    return f"{parts[0]:02d}{parts[1]:03d}"
