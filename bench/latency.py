"""`python -m bench.latency`: feed bytes on the wire → push accepted, for orders that a signed policy approves.

Everything runs and nothing else does: one telegram at a time, the next one when the last order's devices have it.
The baseline of the same run is the bare path: as many Kafka hops and one HTTP request.
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.bare_kafka import TOPICS, bare_path
from bench.passages import Passage, Row, alone, passages_of, row, table
from bench.stage import stage
from bench.storm import Step, scenario_toml, storm
from local.system import ALL_PARTS, System, Wanted
from local.up import running
from local.witness import NotSeen
from schemas.reference import municipalities

ORDERS, DEVICES, LIMIT_S = 200, 3, 165.0
WIDE = "one telegram, every municipality at once"
BARE = f"bare path: {len(TOPICS)} Kafka hops and one HTTP request"


async def bench(orders: int, limit_s: float, without: frozenset[str]) -> int:
    """Prints the figures; 0 if all orders came through in time."""
    console, began = Console(), time.monotonic()
    towns = tuple(municipalities())
    steps = storm(orders, towns)
    with tempfile.TemporaryDirectory(prefix="sonae-bench-") as folder:
        scenario = Path(folder) / "storm.toml"
        scenario.write_text(scenario_toml(steps), encoding="utf8")
        wanted = Wanted(scenario, None, parts=ALL_PARTS - without, towns={code: f"t{code}" for code in towns})
        async with running(wanted, console) as system:
            passages, bare_ms = await _played(system, steps, console, began + limit_s)
    _print(console, passages, row(BARE, bare_ms))
    console.print(f"{os.cpu_count()} cores, {DEVICES} devices for each order, {time.monotonic() - began:.0f} s in all")
    return 0 if len(passages) == orders + len(towns) else 1


async def _played(
    system: System, steps: Sequence[Step], console: Console, until: float
) -> tuple[list[Passage], list[float]]:
    """What became of the orders, and the bare path measured after each of them: both meet the same load."""
    nobody, bare_ms = f"{system.url('push')}/push/nobody", list[float]()
    async with bare_path(system.bootstrap, nobody) as bare, stage(system, DEVICES) as played:
        console.print("[dim]· every municipality has a policy signed by two, and devices: measuring[/]")
        try:
            async with asyncio.timeout_at(until):
                for step in steps:
                    await played.play(step)
                    bare_ms.append(await bare.passage_ms())
        except (TimeoutError, NotSeen) as stopped:
            console.print(f"[red]stopped early: {str(stopped) or 'out of time'}[/]")
        return passages_of([sighting.record for sighting in played.witness.sightings]), bare_ms


def _print(console: Console, passages: Sequence[Passage], bare: Row) -> None:
    drawn = Table("milliseconds", *("n", "p50", "p99", "max"), box=None)
    for column in drawn.columns[1:]:
        column.justify = "right"
    single = alone(passages)
    rows = table(single)
    wide = [passage.whole_ms() for passage in passages if passage not in single]
    for line in (*rows, bare, *([row(WIDE, wide)] if wide else [])):
        drawn.add_row(line.what, str(line.count), *(f"{ms:.1f}" for ms in (line.p50, line.p99, line.most)))
    console.print(drawn)
    whole = rows[-1]
    times = f"{whole.p50 / bare.p50:.1f} times the bare path (p50), {whole.p99 / bare.p99:.1f} times (p99)"
    console.print(f"the whole way takes {times}")


def main(argv: list[str]) -> int:
    """Exit codes: 0 all orders came through, 1 not all did."""
    parser = argparse.ArgumentParser(prog="python -m bench.latency", description=__doc__)
    parser.add_argument("--orders", type=int, default=ORDERS)
    parser.add_argument("--limit", type=float, default=LIMIT_S, help="seconds after which no more orders are begun")
    parser.add_argument("--without", action="append", default=[], choices=sorted(ALL_PARTS), help="leave a part out")
    arguments = parser.parse_args(argv)
    return asyncio.run(bench(arguments.orders, arguments.limit, frozenset(arguments.without)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
