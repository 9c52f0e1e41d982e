"""How well floods are seen coming, by the published protocol, beside the baselines of the same run.

`python -m bench.skill [--data DIR] [--only NAME]`: every record goes through `python -m streams backtest`.
"""

import argparse
import csv
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from bench.baselines import RULES
from bench.flashy import flashy
from bench.floods import Record, by_season, faster, jamsu, occitanie, with_tide
from bench.protocol import Grid, Score, Stretch, grid_of, heights, score, stretches
from streams.backtest import main as backtest
from streams.backtest_tables import GAUGE_COLUMNS, READING_COLUMNS

NAMES = ("L1", "L2", "L3")
"""What the three relative thresholds are called in the table; only their height matters."""
NEVER = float("inf")
Alarms = dict[tuple[str, str], list[Stretch]]
"""By station and threshold."""

RECORDS: dict[str, Callable[[Path], Record]] = {
    "Occitanie 2020-01 (Gloria)": occitanie,
    "Gloria, 3 times as fast": lambda data: faster(occitanie(data), 3),
    "Gloria, 5 times as fast": lambda data: faster(occitanie(data), 5),
    "Flash floods made of Gloria": lambda data: flashy(occitanie(data), range(4)),
    "Gloria with a 0.8 m tide": lambda data: with_tide(occitanie(data), 0.8, 7),
    "Han River 2023 (Jamsu)": jamsu,
    "Jamsu, each season on its own scale": lambda data: by_season(jamsu(data)),
}


def main() -> None:
    """Print one table per record."""
    parser = argparse.ArgumentParser(prog="python -m bench.skill", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--only", default="", help="records whose name contains this")
    args = parser.parse_args()
    for name, load in RECORDS.items():
        if args.only in name:
            print(f"\n{name}")
            for line in table(load(args.data)):
                print(line)


def table(record: Record) -> Iterator[str]:
    """The rows of one record: ours in two readings, then the baselines."""
    grids = [grid for station, (t, v) in record.items() if heights(grid := grid_of(station, t, v))]
    found = detected(record, grids)
    yield f"{'':34}{'events':>7}{'POD>=10':>9}{'POD>=30':>9}{'FAR':>6}{'CSI':>6}{'false/gauge-month':>19}"
    for label, kinds in (("Sonae, trend or threshold", ("trend", "threshold")), ("Sonae, trend alone", ("trend",))):
        yield _row(label, total(grids, lambda g, i, kinds=kinds: alarms_of(found, kinds, g, i)))  # type: ignore[misc]
    for label, rule in RULES.items():
        yield _row(label, total(grids, lambda g, i, rule=rule: _flagged(g, i, rule)))  # type: ignore[misc]


def detected(record: Record, grids: list[Grid]) -> dict[str, Alarms]:
    """What the backtest says about a record, by kind."""
    with tempfile.TemporaryDirectory() as folder:
        paths = {name: Path(folder, f"{name}.csv") for name in ("gauges", "readings", "out")}
        write_gauges(paths["gauges"], grids)
        write_readings(paths["readings"], {g.station: record[g.station] for g in grids})
        if backtest([word for name, path in paths.items() for word in (f"--{name}", str(path))]):
            raise SystemExit("the backtest refused our tables")
        return read_alarms(paths["out"])


def alarms_of(found: dict[str, Alarms], kinds: tuple[str, ...], grid: Grid, i: int) -> list[Stretch]:
    """The stretches of some kinds for one threshold of a gauge."""
    return [stretch for kind in kinds for stretch in found.get(kind, {}).get((grid.station, NAMES[i]), [])]


def total(grids: list[Grid], alarms: Callable[[Grid, int], list[Stretch]]) -> Score:
    """All gauges and thresholds of a record."""
    whole = Score()
    for grid in grids:
        for i, height in enumerate(heights(grid)):
            whole.add(score(grid, height, alarms(grid, i)))
        whole.gauge_days += grid.days
    return whole


def write_gauges(path: Path, grids: list[Grid]) -> None:
    """The first table: a row per threshold."""
    with path.open("w", newline="", encoding="utf8") as file:
        table_of = csv.writer(file)
        table_of.writerow(GAUGE_COLUMNS)
        for grid in grids:
            for name, height in zip(NAMES, heights(grid), strict=True):
                table_of.writerow((grid.station, "1420500", "", "水位周知河川", name, f"{height:.4f}"))


def write_readings(path: Path, record: Record) -> None:
    """The second table: raw, as recorded."""
    with path.open("w", newline="", encoding="utf8") as file:
        table_of = csv.writer(file)
        table_of.writerow(READING_COLUMNS)
        for station, (times, values) in record.items():
            for at, value in zip(times, values, strict=True):
                table_of.writerow((station, datetime.fromtimestamp(at, UTC).isoformat(), value, ""))


def read_alarms(path: Path) -> dict[str, Alarms]:
    """The third table: what was said, by kind, station and threshold."""
    found: dict[str, Alarms] = defaultdict(lambda: defaultdict(list))
    with path.open(encoding="utf8") as file:
        for row in csv.DictReader(file):
            start = datetime.fromisoformat(row["start"]).timestamp()
            end = datetime.fromisoformat(row["end"]).timestamp() if row["end"] else NEVER
            found[row["kind"]][row["station"], row["threshold"]].append((start, end))
    return found


def _flagged(grid: Grid, i: int, rule: Callable[[Grid, float, float], object]) -> list[Stretch]:
    levels = heights(grid)
    middle = (levels[0] - 0.3 / 0.4 * (levels[2] - levels[0])) if levels else 0.0
    return stretches(grid, rule(grid, levels[i], middle))  # type: ignore[arg-type]


def _row(label: str, s: Score) -> str:
    return f"{label:34}{s.events:7}{s.pod_10:9.2f}{s.pod_30:9.2f}{s.far:6.2f}{s.csi:6.2f}{s.false_per_month:19.2f}"


if __name__ == "__main__":
    main()
