"""`python -m bench.latency`: feed bytes on the wire → push accepted, for orders that a signed policy approves.

One telegram at a time, the next one when the last order's devices have it: with nothing else to do, or (`--load`)
while readings of every gauge are judged and a large fan-out runs.
The baseline of the same run is the bare path: as many Kafka hops and one HTTP request.
"""

import argparse
import asyncio
import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.bare_kafka import TOPICS, bare_path
from bench.load import load, subscribe
from bench.passages import Passage, Row, alone, passages_of, row, table
from bench.sinks import nginx
from bench.stage import stage
from bench.storm import Step, scenario_toml, storm
from local.system import ALL_PARTS, BACK, System, Wanted
from local.up import running
from local.witness import NotSeen
from schemas.reference import municipalities

ORDERS, DEVICES, LIMIT_S = 200, 3, 165.0
READINGS_PER_S, PEOPLE, CROWDED = 1000, 100_000, "14100"
WIDE = "one telegram, every municipality at once"
BARE = f"bare path: {len(TOPICS)} Kafka hops and one HTTP request"


async def bench(wish: argparse.Namespace) -> int:
    """Prints the figures; 0 if all orders came through in time."""
    console, began = Console(), time.monotonic()
    towns = tuple(town for town in municipalities() if not wish.load or town != CROWDED)
    steps = storm(wish.orders, towns)
    async with contextlib.AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="sonae-bench-"))
        origin = await _sink(stack) if wish.load else ""
        scenario = Path(folder) / "storm.toml"
        scenario.write_text(scenario_toml(steps), encoding="utf8")
        parts = ALL_PARTS - frozenset(wish.without)
        staffed = {code: f"t{code}" for code in towns}
        wanted = Wanted(
            scenario, None, parts=parts, towns=staffed, workers=wish.workers, urgent_apart=wish.urgent_apart
        )
        system = await stack.enter_async_context(running(wanted, console))
        _step_back()
        if origin:
            console.print(f"[dim]· {PEOPLE:,} subscribers of {municipalities()[CROWDED].name}[/]")
            await subscribe(system, CROWDED, PEOPLE, origin)
        passages, bare_ms = await _played(system, steps, console, began + wish.limit, bool(wish.load))
    if len(bare_ms) < 2 or not passages:
        console.print("[red]too few orders came through: nothing was measured[/]")
        return 1
    _print(console, passages, row(BARE, bare_ms))
    busy = "/".join(f"{load:.1f}" for load in os.getloadavg())
    took = f"{time.monotonic() - began:.0f} s in all, load average {busy}"
    console.print(f"{os.cpu_count()} cores, {DEVICES} devices for each order, {took}")
    return 0 if len(passages) == wish.orders + len(towns) else 1


async def _sink(stack: contextlib.AsyncExitStack) -> str:
    """A push service for the crowd. Its address; programs that start from now on trust its certificate."""
    sink = await stack.enter_async_context(nginx())
    os.environ["SONAE_PUSH_CA"] = str(sink.ca)
    return sink.origin


def _step_back() -> None:
    """This process plays officers and makes the load, and its child nginx takes it: on other machines, in earnest."""
    os.setpriority(os.PRIO_PGRP, 0, BACK)
    with contextlib.suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(BACK), encoding="ascii")


async def _played(
    system: System, steps: Sequence[Step], console: Console, until: float, loaded: bool
) -> tuple[list[Passage], list[float]]:
    """What became of the orders, and the bare path measured after each of them: both meet the same load."""
    nobody, bare_ms = f"{system.url('push')}/push/nobody", list[float]()
    async with contextlib.AsyncExitStack() as stack:
        bare = await stack.enter_async_context(bare_path(system.bootstrap, nobody))
        played = await stack.enter_async_context(stage(system, DEVICES))
        done = await stack.enter_async_context(load(system, READINGS_PER_S, CROWDED)) if loaded else None
        console.print("[dim]· every municipality has a policy signed by two, and devices: measuring[/]")
        try:
            async with asyncio.timeout_at(until):
                for step in steps:
                    await played.play(step)
                    bare_ms.append(await bare.passage_ms())
        except (TimeoutError, NotSeen) as stopped:
            console.print(f"[red]stopped early: {str(stopped) or 'out of time'}[/]")
        if done is not None:
            console.print(done.told(PEOPLE))
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
    parser.add_argument("--workers", type=int, default=1, help="delivery workers")
    apart = "a worker for urgent deliveries alone, before which the others step back"
    parser.add_argument("--urgent-apart", action="store_true", help=apart)
    under = f"while {READINGS_PER_S:,} readings/s are judged and level 3 orders go to {PEOPLE:,} people"
    parser.add_argument("--load", action="store_true", help=under)
    return asyncio.run(bench(parser.parse_args(argv)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
