"""Recorded floods to work with, and stand-ins made of them: faster floods, tides laid over them, faulty sensors."""

import csv
import gzip
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from bench.protocol import Floats

DEAD = ("Y142202001",)
"""Marseillette, January 2020: its values are those of a sensor out of the water."""
FEWEST = 200
SEASONS = ((0, 90), (90, 181), (181, 212), (212, 273))
"""Days of the year 2023 at Jamsu."""
M2_S, S2_S, O1_S = 44714.16, 43200.0, 92949.63
"""Periods of the largest tides."""

Series = tuple[Floats, Floats]
Record = dict[str, Series]
"""By station: epoch seconds, metres."""


def occitanie(data: Path) -> Record:
    """Storm Gloria, January 2020: raw stage of 5 to 15 minutes."""
    path = data / "river/training_occitanie_202001/stage.csv.gz"
    record = _table(path, "station", "time_utc", "stage_m", _utc)
    return {k: v for k, v in record.items() if k not in DEAD and len(v[0]) >= FEWEST}


def jamsu(data: Path) -> Record:
    """Jamsu bridge, Han River, January to September 2023: tide and dams, every ten minutes, in centimetres."""
    path = data / "river/training_han_2023/jamsu_stage_10min_cm.csv.gz"
    times, stages = _table(path, "", "ymdhm", "wl_jamsu", _utc)[""]
    return {"jamsu": (times, stages / 100)}


def by_season(record: Record) -> Record:
    """Each gauge in parts, which set their own thresholds: two calm quarters, the flood month, the end of summer."""
    made: Record = {}
    for station, (times, values) in record.items():
        day = (times - times[0]) / 86400
        for first, last in SEASONS:
            inside = (day >= first) & (day < last)
            made[f"{station}d{first}"] = (times[inside], values[inside])
    return made


def faster(record: Record, times_faster: int) -> Record:
    """The same floods in a fraction of the time: every n-th value, at the gauge's own pace."""
    return {
        f"{station}x{times_faster}": (
            times[0] + (times[::times_faster] - times[0]) / times_faster,
            values[::times_faster],
        )
        for station, (times, values) in record.items()
    }


def with_tide(record: Record, range_m: float, seed: int) -> Record:
    """The same with a mixed tide laid over it; each gauge at its own phase, damped while the river is high."""
    dice = np.random.default_rng(seed)
    made: Record = {}
    for station, (times, values) in record.items():
        tide = sum(
            part * np.cos(2 * np.pi * times / period + dice.uniform(0, 6.3))
            for part, period in ((0.33, M2_S), (0.12, S2_S), (0.05, O1_S))
        )
        river = np.clip((values - np.median(values)) / max(range_m, 0.1), 0, None)
        made[f"{station}t"] = (times, np.round(values + range_m * tide / (1 + river), 3))
    return made


def _table(path: Path, station: str, time: str, stage: str, read: Callable[[str], float]) -> Record:
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    with gzip.open(path, "rt", encoding="utf8") as file:
        for row in csv.DictReader(file):
            if row[stage]:
                found[row[station] if station else ""].append((read(row[time]), float(row[stage])))
    return {key: _arrays(rows) for key, rows in found.items()}


def _arrays(rows: list[tuple[float, float]]) -> Series:
    table = np.array(sorted(rows))
    return table[:, 0], table[:, 1]


def _utc(text: str) -> float:
    """Both tables are in UTC or in a zone without summer time, which only shifts them."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
