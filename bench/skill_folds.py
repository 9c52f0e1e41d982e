"""Numbers of the trend chosen without the river that they are judged on.

`python -m bench.skill_folds [--data DIR]`: every choice of pace weights and horizon replays every gauge once; for each
group of rivers the choice that is best on all the other groups is scored on this one. A choice is as good as the sum
of CSI and POD>=30 over the slow and the flash floods.
"""

import argparse
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

from bench.flashy import flashy
from bench.floods import Record, occitanie
from bench.protocol import Grid, Score, grid_of, heights, score
from bench.skill import NAMES, NEVER
from schemas.records.observed import Quality, Reading
from streams.backtest import replay
from streams.backtest_tables import Row
from streams.detect.knowledge import GaugeFacts, Tuning
from streams.detect.rules import read_tunings
from streams.detect.series import QUANTITY, UNIT
from streams.knowledge import RULES

WEIGHTS = ((0.6, 0.3, 0.1), (0.4, 0.4, 0.2), (0.0, 0.0, 1.0))
"""Of the last 10 minutes, the 20 before them, and the hour."""
HORIZONS = (40.0, 52.0, 64.0, 76.0)
SWINGS = (4.0,)
RIVERS = (("O1", "Y02"), ("Y06", "Y25"), ("Y11", "Y12", "Y14"), ("Y15", "Y16"))
"""Station codes of one group begin so: Hers and Tech, Agly and Orb, Aude above and below."""
Choice = tuple[tuple[float, float, float], float, float]
Table = dict[tuple[Choice, str, int], Score]
"""By choice, kind of flood and group of rivers."""


def main() -> None:
    """Print one row per group of rivers, then all of them together."""
    parser = argparse.ArgumentParser(prog="python -m bench.skill_folds", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    args = parser.parse_args()
    slow = occitanie(args.data)
    floods = {"slow": prepared(slow), "flash": prepared(flashy(slow, range(10, 12)))}
    table = scored(floods)
    print(f"{'judged on':16}{'chosen on the others':>32}   slow POD>=10/POD>=30/FAR/CSI   flash")
    whole = {kind: Score() for kind in floods}
    for group, rivers in enumerate(RIVERS):
        choice = best(table, [g for g in range(len(RIVERS)) if g != group])
        found = {kind: table[choice, kind, group] for kind in floods}
        for kind, one in found.items():
            whole[kind].add(one)
        print(f"{'+'.join(rivers):16}{choice!s:>32}   {_row(found['slow'])}             {_row(found['flash'])}")
    print(f"{'all':16}{'':32}   {_row(whole['slow'])}             {_row(whole['flash'])}")


def prepared(record: Record) -> list[tuple[Grid, list[Row]]]:
    """Gauges that rose by a metre, with their readings."""
    return [
        (grid, list(_rows(station, record)))
        for station, (t, v) in record.items()
        if heights(grid := grid_of(station, t, v))
    ]


def scored(floods: dict[str, list[tuple[Grid, list[Row]]]]) -> Table:
    """Every choice on every gauge."""
    usual, _ = read_tunings(RULES.read_text(encoding="utf8"))
    table: Table = {}
    for choice in product(WEIGHTS, HORIZONS, SWINGS):
        (last, before, hour), ahead, swing = choice
        tuning = replace(
            usual,
            pace_last=last,
            pace_before=before,
            pace_hour=hour,
            horizon_min=ahead,
            swing_weight=swing,
        )
        for kind, gauges in floods.items():
            for grid, rows in gauges:
                table.setdefault((choice, kind, group_of(grid.station)), Score()).add(one_gauge(grid, rows, tuning))
    return table


def one_gauge(grid: Grid, rows: list[Row], tuning: Tuning) -> Score:
    """Its three thresholds together."""
    levels = heights(grid)
    facts = GaugeFacts(grid.station, "", "", "", (), tuple(zip(NAMES, levels, strict=True)))
    spoken = replay(facts, rows, tuning)
    whole = Score(gauge_days=grid.days)
    for name, height in zip(NAMES, levels, strict=True):
        whole.add(score(grid, height, [(e.start, e.end or NEVER) for e in spoken if e.threshold == name]))
    return whole


def best(table: Table, groups: list[int]) -> Choice:
    """The choice with the largest sum of CSI and POD>=30 over both kinds of flood in these groups."""

    def worth(choice: Choice) -> float:
        total = 0.0
        for kind in ("slow", "flash"):
            whole = Score()
            for group in groups:
                whole.add(table[choice, kind, group])
            total += whole.csi + whole.pod_30
        return total

    return max({choice for choice, _, _ in table}, key=worth)


def group_of(station: str) -> int:
    """Which group of rivers a gauge belongs to."""
    return next(i for i, rivers in enumerate(RIVERS) if station.startswith(rivers))


def _rows(station: str, record: Record) -> Iterator[Row]:
    for at, value in zip(*record[station], strict=True):
        moment = datetime.fromtimestamp(at, UTC)
        yield Row(int(at), Reading(station, QUANTITY, float(value), UNIT, moment, Quality.VALID))


def _row(s: Score) -> str:
    return f"{s.pod_10:.2f} / {s.pod_30:.2f} / {s.far:.2f} / {s.csi:.2f}"


if __name__ == "__main__":
    main()
