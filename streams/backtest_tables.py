"""The tables of a backtest: gauges, readings, and what may lie beside them. A wrong cell is named with its line."""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from schemas.records.observed import Quality, Reading
from streams.detect.knowledge import GaugeFacts
from streams.detect.series import QUANTITY, UNIT, seconds

GAUGE_COLUMNS = ("station", "area", "river", "river_class", "threshold", "threshold_m")
READING_COLUMNS = ("station", "time", "stage_m", "quality")
NETWORK_COLUMNS = ("station", "upstream", "travel_min")
RAIN_COLUMNS = ("station", "time", "rain_mm")
FIRST_INVALID_CODE = 128
CODES = {"20": Quality.SUSPECT, "30": Quality.STUCK, "40": Quality.CLOSED, "140": Quality.CLOSED}


class BadTable(ValueError):
    """A table cannot be read; the text names file, line and what to do."""


class Row(NamedTuple):
    """One reading, and when it arrived (epoch seconds)."""

    arrived: int
    reading: Reading


def read_gauges(path: Path) -> dict[str, GaugeFacts]:
    """Gauges by station, thresholds in ascending order whatever they are called."""
    found: dict[str, GaugeFacts] = {}
    heights: dict[str, dict[str, float]] = {}
    for line, row in _rows(path, GAUGE_COLUMNS):
        station = row["station"]
        mine = heights.setdefault(station, {})
        mine[row["threshold"]] = _number(path, line, row["threshold_m"])
        ordered = tuple(sorted(mine.items(), key=lambda pair: pair[1]))
        found[station] = GaugeFacts(station, station, row["river"], row["river_class"], (row["area"],), ordered)
    return found


def read_readings(path: Path) -> dict[str, list[Row]]:
    """Readings by station, in the order of the file."""
    found: dict[str, list[Row]] = {}
    for line, row in _rows(path, READING_COLUMNS):
        at = _time(path, line, row["time"])
        arrived = _time(path, line, row["arrived_at"]) if row.get("arrived_at") else at
        value = _number(path, line, row["stage_m"]) if row["stage_m"].strip() else None
        quality = Quality.MISSING if value is None else _quality(path, line, row["quality"])
        reading = Reading(row["station"], QUANTITY, value, UNIT, at, quality)
        found.setdefault(row["station"], []).append(Row(seconds(arrived), reading))
    return found


def check_network(path: Path) -> None:
    """Which gauge lies upstream of which, and how many minutes its water takes; raises BadTable."""
    for line, row in _rows(path, NETWORK_COLUMNS):
        if _number(path, line, row["travel_min"], "minutes") < 0:
            raise BadTable(f"{path} line {line}: water takes no negative time; swap station and upstream")


def check_rain(path: Path) -> None:
    """Rain by gauge and time; raises BadTable."""
    for line, row in _rows(path, RAIN_COLUMNS):
        _time(path, line, row["time"])
        if row["rain_mm"].strip():
            _number(path, line, row["rain_mm"], "millimetres")


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        table = csv.DictReader(file)
        if missing := set(columns) - set(table.fieldnames or ()):
            raise BadTable(f"{path} lacks the column {min(missing)}; it needs {','.join(columns)}")
        for row in table:
            yield table.line_num, {key: value or "" for key, value in row.items() if key is not None}


def _number(path: Path, line: int, text: str, unit: str = "metres") -> float:
    try:
        return float(text)
    except ValueError:
        raise BadTable(f"{path} line {line}: {text!r} is no number of {unit}") from None


def _time(path: Path, line: int, text: str) -> datetime:
    try:
        moment_of = datetime.fromisoformat(text)
    except ValueError:
        raise BadTable(f"{path} line {line}: {text!r} is no ISO 8601 time") from None
    if moment_of.tzinfo is None:
        raise BadTable(f"{path} line {line}: {text!r} has no offset; write +09:00 or Z behind it")
    return moment_of.astimezone(UTC)


def _quality(path: Path, line: int, text: str) -> Quality:
    """One of our words, or a kawabou code; nothing means valid."""
    word = text.strip().lower()
    if not word or word in set(Quality):
        return Quality(word) if word else Quality.VALID
    if word.isdigit():
        return CODES.get(word, Quality.VALID if int(word) < FIRST_INVALID_CODE else Quality.MISSING)
    raise BadTable(f"{path} line {line}: quality {text!r} is none of {', '.join(Quality)} and no code")
