"""What the detectors would have said about recorded series: the very functions that watch runs, one station at a time.

Causal: a reading counts when it arrived, and an episode starts and ends when the system could first have known.
"""

import argparse
import csv
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from streams.backtest_tables import (
    GAUGE_COLUMNS,
    NETWORK_COLUMNS,
    RAIN_COLUMNS,
    READING_COLUMNS,
    BadTable,
    Row,
    check_network,
    check_rain,
    read_gauges,
    read_readings,
)
from streams.detect.gauge import Step, take
from streams.detect.knowledge import GaugeFacts, Tuning, track_of
from streams.detect.rules import read_tunings
from streams.detect.series import Sample, sample_of
from streams.detect.silence import rung_of
from streams.detect.state import Station, moment
from streams.detect.trend import lead
from streams.knowledge import RULES

OUT_COLUMNS = ("station", "threshold", "threshold_m", "kind", "start", "end", "lead_min_low", "lead_min_high")
UNUSED = "checked, and not used: what it adds was measured, docs/skill.md"


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
    args = _arguments(argv)
    try:
        gauges, readings = read_gauges(args.gauges), read_readings(args.readings)
        _check_unused(args)
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


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m streams backtest", description=__doc__)
    parser.add_argument(
        "--gauges", type=Path, required=True, help=f"CSV: {','.join(GAUGE_COLUMNS)}; a row per threshold"
    )
    parser.add_argument("--readings", type=Path, required=True, help=f"CSV: {','.join(READING_COLUMNS)}[,arrived_at]")
    parser.add_argument("--out", type=Path, required=True, help=f"CSV to write: {','.join(OUT_COLUMNS)}")
    parser.add_argument("--network", type=Path, help=f"CSV: {','.join(NETWORK_COLUMNS)}; {UNUSED}")
    parser.add_argument("--rain", type=Path, help=f"CSV: {','.join(RAIN_COLUMNS)}; {UNUSED}")
    return parser.parse_args(argv)


def _check_unused(args: argparse.Namespace) -> None:
    """A table that changes nothing stops nothing either."""
    for path, check in ((args.network, check_network), (args.rain, check_rain)):
        try:
            if path is not None:
                check(path)
        except BadTable as error:
            print(f"backtest: {error}; going on without it", file=sys.stderr)


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
