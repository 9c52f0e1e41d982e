"""川の防災情報 JSON → readings. Pure. Built from published notes on the site's files; unverified against a recording.

tmCrntTime.json: {"crntObsTime": "YYYY/MM/DD HH:MM"}; rwCrntTime.json: {"crntRwTime": ...}, in steps of 5 minutes.
A station's file: obsValue {}, min10Values [], hrValues [], each value {obsTime, stg, stgCcd, stg10mChg}, or the fields
of columns.py. Times are JST; stages are metres above the station's zero.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from connectors.readings.document import BadRow, read_json
from connectors.readings.numbers import number
from connectors.readings.times import AHEAD, JST, read_jst
from connectors.river.columns import STAGE, Column
from connectors.river.quality import SENTINELS, WITHOUT_VALUE, quality_of
from connectors.source import Park
from schemas.records.observed import Quality, Reading

MAX_ROWS, MAX_READINGS = 5000, 1008
"""No file has a month of values; of what it has, the newest week goes out. A batch has to fit into a message."""
STATION_KEYS = ("obsFcd", "obsCd")


@dataclass(frozen=True, slots=True)
class Stages:
    """One file's readings, oldest first, one per time."""

    readings: tuple[Reading, ...]
    bad: tuple[BadRow, ...]


def read_slot(body: bytes) -> datetime:
    """The newest 10-minute slot that the site's clock names, in UTC: observations, or else warnings rounded down."""
    found = read_json(body)
    name = "crntRwTime" if "crntRwTime" in found and "crntObsTime" not in found else "crntObsTime"
    at = read_jst(found.get(name), name)
    return at - timedelta(minutes=at.minute % 10)


def read_stages(body: bytes, station: str, code: str, now: datetime) -> Stages:
    """All stages of a station's file. Raises Park where the file as a whole says nothing, or is another station's."""
    return read_values(body, (STAGE,), station, code, now)


def read_values(body: bytes, columns: tuple[Column, ...], station: str, code: str, now: datetime) -> Stages:
    """All values of these columns, oldest first. Raises Park as `read_stages` does."""
    found = read_json(body)
    _check_station(found, code)
    rows = _rows(found)
    if not rows:
        raise Park("no_values", "neither min10Values nor obsValue is there")
    if len(rows) > MAX_ROWS:
        raise Park("too_many_values", f"{len(rows)} values are more than the {MAX_ROWS} that a file may have")
    readings: list[Reading] = []
    bad: list[BadRow] = []
    for column in columns:
        series, refused = _series(rows, column, station, now)
        readings += series
        bad += refused
    readings.sort(key=lambda reading: reading.observed_at)
    return Stages(tuple(readings[-MAX_READINGS:]), tuple(dict.fromkeys(bad)))


def _series(rows: list[Any], column: Column, station: str, now: datetime) -> tuple[list[Reading], list[BadRow]]:
    """One column of all rows. The good rows go on, whatever the others say."""
    readings: dict[datetime, Reading] = {}
    bad: list[BadRow] = []
    for row in rows:
        if isinstance(row, dict) and not column.always and column.field not in row:
            continue
        try:
            _add(readings, _reading(row, column, station, now))
        except Park as park:
            bad.append(BadRow(park.reason, f"{station}: {park.text}", str(row)[:500], _time_of(row)))
    return list(readings.values()), bad


def _time_of(row: object) -> datetime | None:
    """When a bad row's value would have been observed, if it says so."""
    try:
        return read_jst(row.get("obsTime"), "obsTime") if isinstance(row, dict) else None
    except Park:
        return None


def _check_station(found: dict[str, Any], code: str) -> None:
    value = found.get("obsValue")
    holders = [found, value] if isinstance(value, dict) else [found]
    for holder in holders:
        for key in STATION_KEYS:
            if key in holder and str(holder[key]) != code:
                raise Park("unknown_station", f"asked for {code}, got one that calls itself {str(holder[key])[:60]!r}")


def _rows(found: dict[str, Any]) -> list[Any]:
    """Ten-minute values first: where an hourly or the newest value says otherwise, they count."""
    listed = [row for key in ("min10Values", "hrValues") for row in _list(found.get(key))]
    newest = found.get("obsValue")
    return [*listed, newest] if newest else listed


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _add(readings: dict[datetime, Reading], reading: Reading) -> None:
    """The same row twice counts once; two values for one time: the first counts, the second is told."""
    first = readings.setdefault(reading.observed_at, reading)
    if first.value != reading.value:
        both = f"{first.value} and {reading.value}"
        raise Park("conflict", f"{reading.observed_at.isoformat()} has {both}; the first counts")


def _reading(row: object, column: Column, station: str, now: datetime) -> Reading:
    if not isinstance(row, dict):
        raise Park("bad_row", f"a {type(row).__name__} where a value was expected")
    observed_at = read_jst(row.get("obsTime"), "obsTime")
    if observed_at > now + AHEAD:
        raise Park("future_time", f"obsTime {row['obsTime']} lies ahead of {now.astimezone(JST):%Y/%m/%d %H:%M} JST")
    code = _code(row.get(column.code), column.code)
    value = _value(row.get(column.field), column)
    quality = quality_of(code)
    if quality in WITHOUT_VALUE:
        value = None  # "stg": 0 with such a code is no value, not zero
    elif value is None:
        quality = Quality.MISSING
    return Reading(station, column.quantity, value, column.unit, observed_at, quality, code)


def _code(code: object, name: str) -> int | None:
    if code is None:
        return None
    if isinstance(code, bool) or not isinstance(code, int) or not 0 <= code <= 255:
        raise Park("bad_quality", f"{name} is {str(code)[:40]!r}, not a number from 0 to 255")
    return code


def _value(value: object, column: Column) -> float | None:
    if isinstance(value, int | float) and value in SENTINELS:
        return None
    return number(value, column.field, column.lowest, column.highest)
