"""What the detectors would have said about recorded series: the very functions that watch runs, one station at a time.

Causal: a reading counts when it arrived, and an episode starts and ends when the system could first have known.
"""

import argparse
import csv
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from schemas.records.observed import Quality, Reading
from streams.detect.gauge import Step, take
from streams.detect.knowledge import GaugeFacts, Tuning, track_of
from streams.detect.rules import read_tunings
from streams.detect.series import QUANTITY, UNIT, Sample, sample_of, seconds
from streams.detect.silence import rung_of
from streams.detect.state import Station, moment
from streams.detect.trend import lead
from streams.knowledge import RULES

GAUGE_COLUMNS = ("station", "area", "river", "river_class", "threshold", "threshold_m")
READING_COLUMNS = ("station", "time", "stage_m", "quality")
OUT_COLUMNS = ("station", "threshold", "threshold_m", "kind", "start", "end", "lead_min_low", "lead_min_high")
FIRST_INVALID_CODE = 128
CODES = {"20": Quality.SUSPECT, "30": Quality.STUCK, "40": Quality.CLOSED, "140": Quality.CLOSED}


class BadTable(ValueError):
    """A table cannot be read; the text names file, line and what to do."""


class Row(NamedTuple):
    """One reading, and when it arrived (epoch seconds)."""

    arrived: int
    reading: Reading


@dataclass(slots=True)
class Episode:
    """One stretch during which a detector spoke. Times in epoch seconds; `end` 0 while it lasts."""

    station: str
    threshold: str
    height: float | None
    kind: str
    start: int
    end: int = 0
    lead: tuple[float, float] | None = None


def main(argv: list[str]) -> int:
    """Read two tables, write one; 0, or 2 with one sentence about what cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m streams backtest", description=__doc__)
    parser.add_argument(
        "--gauges", type=Path, required=True, help=f"CSV: {','.join(GAUGE_COLUMNS)}; a row per threshold"
    )
    parser.add_argument("--readings", type=Path, required=True, help=f"CSV: {','.join(READING_COLUMNS)}[,arrived_at]")
    parser.add_argument("--out", type=Path, required=True, help=f"CSV to write: {','.join(OUT_COLUMNS)}")
    args = parser.parse_args(argv)
    try:
        gauges, readings = read_gauges(args.gauges), read_readings(args.readings)
        tuning, own = read_tunings(RULES.read_text(encoding="utf8"))
        episodes = [
            e for g in gauges.values() for e in replay(g, readings.get(g.station, []), own.get(g.station, tuning))
        ]
        unknown = sorted(readings.keys() - gauges.keys())
        write(args.out, episodes)
    except (BadTable, OSError) as error:
        print(f"backtest: {error}", file=sys.stderr)
        return 2
    note = f"; no gauge row for {', '.join(unknown)}" if unknown else ""
    print(
        f"{len(gauges)} gauges, {sum(map(len, readings.values()))} readings, {len(episodes)} episodes{note}",
        file=sys.stderr,
    )
    return 0


def replay(gauge: GaugeFacts, rows: Iterable[Row], tuning: Tuning) -> list[Episode]:
    """The episodes of one station, in the order of their start."""
    track = track_of(gauge, tuning)
    diary = Diary(gauge, tuning)
    station: Station | None = None
    for row in sorted(rows, key=lambda r: (r.arrived, r.reading.observed_at)):
        station = station or Station(row.arrived)
        diary.tick(station, row.arrived)
        sample = sample_of(row.reading, row.arrived, 0, tuning)
        if sample is not None:
            diary.heard(sample, row.arrived)
            step = take(station, sample, track)
            diary.note(step, row.arrived)
            station = step.station
    return diary.done()


class Diary:
    """Turns states, one after the other, into episodes."""

    def __init__(self, gauge: GaugeFacts, tuning: Tuning) -> None:
        self._gauge, self._tuning = gauge, tuning
        self._open: dict[tuple[str, int], Episode] = {}
        self._closed: list[Episode] = []

    def tick(self, station: Station, now: int) -> None:
        """Time passed without data: silence begins when the limit is passed, not when data comes again."""
        if ("silence", 0) not in self._open and rung_of(
            station.last, now, self._tuning.stale_min, self._tuning.lost_min
        ):
            start = station.last + int(self._tuning.stale_min * 60)
            self._open["silence", 0] = Episode(self._gauge.station, "", None, "silence", start)

    def heard(self, sample: Sample, arrived: int) -> None:
        """Only a fresh value ends a silence."""
        if arrived - sample[0] <= self._tuning.stale_min * 60:
            self._set("silence", 0, False, arrived)

    def note(self, step: Step, arrived: int) -> None:
        """What stands after one accepted sample."""
        if not step.accepted:
            return
        after = step.station
        for i, (_, height) in enumerate(self._gauge.thresholds):
            self._set("threshold", i, bool(after.crossings.over and after.crossings.over[i]), arrived)
            coming = bool(after.rising.since and after.rising.since[i])
            started = coming and ("trend", i) not in self._open
            self._set("trend", i, coming, arrived)
            if started and step.moment:
                self._open["trend", i].lead = lead(step.moment.trend, after.judged.value, height, self._tuning)

    def done(self) -> list[Episode]:
        """All episodes; those that still last have no end."""
        return sorted((*self._closed, *self._open.values()), key=lambda e: (e.start, e.kind, e.threshold))

    def _set(self, kind: str, i: int, on: bool, at: int) -> None:
        if on and (kind, i) not in self._open:
            name, height = self._gauge.thresholds[i]
            self._open[kind, i] = Episode(self._gauge.station, name, height, kind, at)
        elif not on and (kind, i) in self._open:
            episode = self._open.pop((kind, i))
            episode.end = at
            self._closed.append(episode)


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


def write(path: Path, episodes: Iterable[Episode]) -> None:
    """One row per episode."""
    with path.open("w", newline="", encoding="utf8") as file:
        table = csv.writer(file)
        table.writerow(OUT_COLUMNS)
        table.writerows(_out(episode) for episode in episodes)


def _out(episode: Episode) -> tuple[object, ...]:
    low, high = (f"{minutes:.1f}" for minutes in episode.lead) if episode.lead else ("", "")
    height = "" if episode.height is None else episode.height
    end = moment(episode.end).isoformat() if episode.end else ""
    return (episode.station, episode.threshold, height, episode.kind, moment(episode.start).isoformat(), end, low, high)


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        table = csv.DictReader(file)
        if missing := set(columns) - set(table.fieldnames or ()):
            raise BadTable(f"{path} lacks the column {min(missing)}; it needs {','.join(columns)}")
        for row in table:
            yield table.line_num, {key: value or "" for key, value in row.items() if key is not None}


def _number(path: Path, line: int, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise BadTable(f"{path} line {line}: {text!r} is no number of metres") from None


def _time(path: Path, line: int, text: str) -> datetime:
    try:
        moment_of = datetime.fromisoformat(text)
    except ValueError:
        raise BadTable(f"{path} line {line}: {text!r} is no ISO 8601 time") from None
    if moment_of.tzinfo is None:
        raise BadTable(f"{path} line {line}: {text!r} has no offset; write +09:00 or Z behind it")
    return moment_of.astimezone(UTC)


def _quality(path: Path, line: int, text: str) -> Quality:
    """One of our words, or a kawabou code (domain.md §4.2); nothing means valid."""
    word = text.strip().lower()
    if not word or word in set(Quality):
        return Quality(word) if word else Quality.VALID
    if word.isdigit():
        return CODES.get(word, Quality.VALID if int(word) < FIRST_INVALID_CODE else Quality.MISSING)
    raise BadTable(f"{path} line {line}: quality {text!r} is none of {', '.join(Quality)} and no code")
