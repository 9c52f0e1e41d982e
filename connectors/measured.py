"""For people: what a file of measurements becomes, by its content. All stations are read, not only ours."""

import contextlib
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from connectors.places import from_reference
from connectors.rain.observations import FIELDS, SLOT, number_of, read_hourly, read_map, read_point, read_slot_name
from connectors.readings.document import BadRow
from connectors.readings.tables import read_table
from connectors.river.columns import DAM, RAIN, STAGE
from connectors.river.crisis import LISTS, read_crisis
from connectors.river.record import LEVELS, read_record
from connectors.river.stages import read_slot, read_values
from connectors.source import Park
from connectors.traffic.counts import read_counts
from schemas.process.clock import now_utc
from schemas.records.observed import Reading

Line = dict[str, object]
Reader = Callable[[Path, bytes], list[Line]]
FAR = timedelta(days=36_500)
CLOCKS = {"crntObsTime", "crntRwTime"}


def describe_readings(file: Path, body: bytes) -> list[Line] | None:
    """A line for each reading and for each thing that is parked; None for a file that holds no measurements."""
    reader = _json(body) if body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{" else _csv(body)
    if reader is None:
        return None
    try:
        return reader(file, body)
    except Park as park:
        return [{"parked": park.reason, "text": park.text}]


def _json(body: bytes) -> Reader:
    """By the names of an object; a file of lines by those of its first."""
    try:
        text = body.decode("utf-8-sig")
        found, _ = json.JSONDecoder().raw_decode(text.lstrip())
    except (ValueError, RecursionError):
        return _site
    names = set(found)
    if CLOCKS & names:
        return lambda _file, content: [{"kind": "slot", "at": read_slot(content)}]
    if "features" in names:
        return _traffic
    if names & set(LISTS) or {"code", "obsTime"} <= names:
        return _crisis
    if names and all(SLOT.fullmatch(name) for name in names):
        return _point
    return _map if any(isinstance(one, dict) and set(one) & set(FIELDS) for one in found.values()) else _site


def _csv(body: bytes) -> Reader | None:
    head = body[:2000].decode("utf-8-sig", "replace").split("\n", 1)[0].strip().split(",")
    if {"amdno", "precipitation1h"} <= set(head):
        return _hourly
    return _record if set(head) & {"timestamp", "observed_at"} and set(head) & set(LEVELS) else None


def _site(file: Path, body: bytes) -> list[Line]:
    """A station's file of 川の防災情報: of rain and dams what is there, of stages what is there or missing."""
    columns = (*RAIN, *DAM) if any(f'"{one.field}"'.encode() in body for one in (*RAIN, *DAM)) else (STAGE,)
    found = read_values(body, columns, file.stem, file.stem, _later())
    return _lines(found.readings, found.bad)


def _crisis(_file: Path, body: bytes) -> list[Line]:
    found = read_crisis(body, _later())
    return _lines((one.reading for one in found.seen), found.bad)


def _traffic(_file: Path, body: bytes) -> list[Line]:
    found = read_counts(body, _later())
    return _lines((reading for point in found.points for reading in point.readings), found.bad)


def _point(_file: Path, body: bytes) -> list[Line]:
    found = read_point(body, _themselves(_numbers(json.loads(body.decode("utf-8-sig")).values())), _later())
    return _lines(found.readings, found.bad)


def _map(file: Path, body: bytes) -> list[Line]:
    """The map does not say its slot: its name does."""
    found = read_map(body, read_slot_name(file.stem), _themselves(json.loads(body.decode("utf-8-sig"))))
    return _lines(found.readings, found.bad)


def _hourly(file: Path, body: bytes) -> list[Line]:
    """The time is in a column, or behind the name's last underscore (UTC)."""
    numbers = (row.get("amdno", "") for _, row in read_table(body).rows)
    found = read_hourly(body, _stamp(file), _themselves(number for number in numbers if number))
    return _lines(found.readings, found.bad)


def _record(file: Path, body: bytes) -> list[Line]:
    rain = {gauge.name: gauge.station for gauge in from_reference().rain_gauges.values()}
    found = read_record(body, file.stem, rain, _later())
    return _lines(found.readings, found.bad)


def _numbers(values: Iterable[object]) -> Iterator[str]:
    for one in values:
        with contextlib.suppress(Park):
            yield number_of(one)


def _themselves(numbers: Iterable[str]) -> dict[str, str]:
    return {number: number for number in numbers}


def _stamp(file: Path) -> datetime | None:
    try:
        return datetime.strptime(file.stem.rsplit("_", 1)[-1] + "+0000", "%Y%m%dT%H%M%S%z")
    except ValueError:
        return None


def _later() -> datetime:
    """Files of any time are read: nothing of them is from the future."""
    return now_utc() + FAR


def _lines(readings: Iterable[Reading], bad: Iterable[BadRow]) -> list[Line]:
    found: list[Line] = [{"kind": "reading", "record": reading} for reading in readings]
    return found + [{"parked": row.reason, "text": row.text} for row in bad]
