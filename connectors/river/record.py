"""Kanagawa's ten-minute records as tables: one gauge's stage and the rain of its catchment → readings. Pure.

Columns by their header: `timestamp` or `observed_at`; `level_m` or `value` with `status` (ok, missing) or `suspect`;
and any `NAME_10分mm`. A time without offset is JST (the records are the prefecture's). An empty cell is no value.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from connectors.readings.document import BadRow
from connectors.readings.numbers import written
from connectors.readings.tables import read_table
from connectors.readings.times import AHEAD, JST, read_time
from connectors.river.columns import RAIN, STAGE, Column
from connectors.river.stages import MAX_READINGS
from connectors.source import Park
from schemas.records.observed import Quality, Reading

TIMES, LEVELS, RAIN_END = ("timestamp", "observed_at"), ("level_m", "value"), "_10分mm"


@dataclass(frozen=True, slots=True)
class Cell:
    """One column of the table: whose value it holds."""

    name: str
    station: str
    column: Column


@dataclass(frozen=True, slots=True)
class Record:
    """Readings of all columns by time, of the newest week; what could not be read; columns that are nobody's."""

    readings: tuple[Reading, ...]
    bad: tuple[BadRow, ...]
    unknown: tuple[str, ...]


def read_record(body: bytes, station: str, rain: Mapping[str, str], now: datetime) -> Record:
    """A table of one gauge. `rain`: name in a column → station. Raises Park where the whole says nothing."""
    table = read_table(body)
    time = next((name for name in TIMES if name in table.names), None)
    cells, unknown = _cells(table.names, station, rain)
    if time is None or not cells:
        raise Park("no_values", f"the table has no column {' or '.join(TIMES)} beside a level or rain")
    readings: dict[tuple[str, datetime], Reading] = {}
    bad: list[BadRow] = []
    for line, row in table.rows:
        where = f"{station}: line {line}"
        try:
            at = _time(row[time], now)
        except Park as park:
            bad.append(BadRow(park.reason, f"{where}: {park.text}", str(row)[:500], None))
            continue
        for cell in cells:
            try:
                _add(readings, _reading(row, cell, at))
            except Park as park:
                bad.append(BadRow(park.reason, f"{where}: {park.text}", str(row)[:500], at))
    newest = sorted({at for _, at in readings})[-MAX_READINGS:]
    kept = [reading for reading in readings.values() if reading.observed_at >= newest[0]] if newest else []
    return Record(tuple(sorted(kept, key=lambda one: one.observed_at)), tuple(bad), unknown)


def _cells(names: Iterable[str], station: str, rain: Mapping[str, str]) -> tuple[list[Cell], tuple[str, ...]]:
    levels = [Cell(name, station, STAGE) for name in names if name in LEVELS]
    falls = {name: name.removesuffix(RAIN_END) for name in names if name and name.endswith(RAIN_END)}
    cells = [Cell(name, rain[gauge], RAIN[0]) for name, gauge in falls.items() if gauge in rain]
    return levels[:1] + cells, tuple(gauge for gauge in falls.values() if gauge not in rain)


def _time(text: str, now: datetime) -> datetime:
    try:
        at = read_time(text, "the time")
    except Park as park:
        if park.reason != "naive_time":
            raise
        at = datetime.fromisoformat(text).replace(tzinfo=JST).astimezone(UTC)
    if at > now + AHEAD:
        raise Park("future_time", f"{text} lies ahead of {now.astimezone(JST):%Y-%m-%dT%H:%M} JST")
    return at


def _reading(row: dict[str, str], cell: Cell, at: datetime) -> Reading:
    column = cell.column
    value = written(row[cell.name], cell.name, column.lowest, column.highest)
    doubtful = column is STAGE and row.get("suspect", "").strip().lower() in ("true", "1")
    if column is STAGE and row.get("status") == "missing":
        value = None
    quality = Quality.MISSING if value is None else Quality.SUSPECT if doubtful else Quality.VALID
    return Reading(cell.station, column.quantity, value, column.unit, at, quality)


def _add(readings: dict[tuple[str, datetime], Reading], reading: Reading) -> None:
    first = readings.setdefault((reading.station, reading.observed_at), reading)
    if first.value != reading.value:
        both = f"{first.value} and {reading.value}"
        raise Park("conflict", f"{reading.station} at {reading.observed_at.isoformat()} has {both}; the first counts")
