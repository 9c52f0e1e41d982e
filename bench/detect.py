"""`python -m bench.detect`: readings per second and core through *watch*, beside others with the same detector.

All of them read the same batches from the same Kafka, one after the other, and tell the processor time that their whole
process used after a warm-up. Waiting costs nothing, so a busy machine moves these figures less than a stopwatch's.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.environments import Unavailable, python_of
from bench.odometer import Used
from bench.rivers import EVERY, Spec, batches
from local.kafka import running_kafka
from schemas.admin import admin, sync_topics
from schemas.kafka import Publisher, Where
from schemas.signing import new_key_pair
from schemas.topics import load_profiles, load_topics

WITHIN_S = 90.0
WARM_ROUNDS = 12
FLOODS = 0.01
"""Of all gauges, one of a hundred sees a flood within a day."""
ROUNDS_A_DAY = 144
ROWS = tuple(row.name for row in load_topics().values() if "watch" in {*row.readers, *row.writers})
LEAST_PER_CORE, MOST_OVER_BARE_US, LEAST_TIMES_EACH = 150_000, 130, 3.0


@dataclass(frozen=True, slots=True)
class Contestant:
    """`module` is run in the environment `needs` (None: ours)."""

    name: str
    module: str
    needs: str | None = None


OURS = Contestant("watch (Faust agent)", "bench.run_watch")
BARE = Contestant("bare aiokafka loop", "bench.run_bare_kafka")
EACH = Contestant("Quix Streams, reading by reading", "bench.run_quix_each", "quix")
OTHERS = (
    Contestant("Quix Streams, whole batches", "bench.run_quix", "quix"),
    Contestant("Bytewax, whole batches", "bench.run_bytewax", "bytewax"),
    EACH,
)
Row = tuple[Contestant, int, Used | str]


async def fill(where: Where, spec: Spec) -> None:
    """All batches, as a connector writes them."""
    await asyncio.to_thread(sync_topics, where, load_profiles()["local"], ROWS)
    publisher = Publisher(where)
    await publisher.start()
    sent = [await publisher.begin("readings", batch.municipality, batch) for batch in batches(spec)]
    await asyncio.gather(*sent)
    await publisher.stop()


async def measured(contestant: Contestant, where: Where, spec: Spec, logs: Path) -> Used:
    """What it used; raises Unavailable where it cannot be installed, does not end in time or ends by itself."""
    python = sys.executable if contestant.needs is None else await python_of(contestant.needs)
    env = os.environ | {
        "SONAE_KAFKA_BOOTSTRAP": where.bootstrap,
        "SONAE_NAMESPACE": where.namespace,
        "SONAE_VERIFY_KEY": new_key_pair()[1],
        "SONAE_LOG_LEVEL": "error",
    }
    log = logs / f"{contestant.module}-{where.namespace}.log"
    with log.open("wb") as errors:
        argv = (python, "-m", contestant.module, spec.text())
        process = await asyncio.create_subprocess_exec(*argv, stdout=asyncio.subprocess.PIPE, stderr=errors, env=env)
    try:
        assert process.stdout
        async with asyncio.timeout(WITHIN_S):
            while line := await process.stdout.readline():
                if line.startswith(b'{"messages"'):
                    return Used(**json.loads(line))
    except TimeoutError:
        raise Unavailable(f"not through after {WITHIN_S:.0f} s") from None
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
    tail = log.read_text(encoding="utf8", errors="replace").strip().splitlines()[-1:] or ["it said nothing"]
    raise Unavailable(tail[0][-200:])


async def bench(towns: int, rounds: int, runs: int, others: Sequence[Contestant]) -> int:
    """Prints the figures; 0 if every target is met."""
    console, began, rows = Console(), time.monotonic(), list[Row]()
    now = int(time.time() // EVERY.total_seconds() * EVERY.total_seconds())
    with tempfile.TemporaryDirectory(prefix="sonae-bench-") as folder:
        async with running_kafka(Path(folder)) as bootstrap:
            for gauges, contestants in ((50, (BARE, OURS, *others)), (11, (BARE, OURS))):
                spec = Spec(
                    towns,
                    gauges,
                    rounds,
                    WARM_ROUNDS,
                    FLOODS * rounds / ROUNDS_A_DAY,
                    now - int(rounds * EVERY.total_seconds()),
                )
                for contestant in contestants:
                    rows.append((contestant, gauges, await _best(contestant, bootstrap, spec, Path(folder), runs)))
                    console.print(f"[dim]· {contestant.name}, batches of {gauges}: {_said(rows[-1][2])}[/]")
    _print(console, rows)
    console.print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {time.monotonic() - began:.0f} s in all")
    return 0 if _judge(console, {(row[0], row[1]): row[2] for row in rows}) else 1


async def _best(contestant: Contestant, bootstrap: str, spec: Spec, logs: Path, runs: int) -> Used | str:
    """The least of several runs, as others on this machine can only add to it; or why there is none."""
    found = []
    for number in range(runs if contestant in {OURS, BARE} else 1):
        where = Where(
            bootstrap, f"{contestant.module.removeprefix('bench.').replace('_', '-')}-{spec.gauges}-{number}-"
        )
        await fill(where, spec)
        try:
            found.append(await measured(contestant, where, spec, logs))
        except Unavailable as reason:
            return f"not measured: {reason}"
        finally:
            await asyncio.to_thread(erase, where)
    return min(found, key=lambda used: used.cpu_s)


def _said(used: Used | str) -> str:
    return used if isinstance(used, str) else f"{used.per_core:,.0f} readings/s/core, {used.outputs} outputs"


def _print(console: Console, rows: Sequence[Row]) -> None:
    drawn = Table("", *("readings a batch", "readings/s/core", "µs a message", "wall s", "cpu s"), box=None)
    for column in drawn.columns[1:]:
        column.justify = "right"
    for contestant, gauges, used in rows:
        if isinstance(used, Used):
            figures = f"{used.per_core:,.0f}", f"{used.message_us:.0f}", f"{used.wall_s:.2f}", f"{used.cpu_s:.2f}"
            drawn.add_row(contestant.name, str(gauges), *figures)
    console.print(drawn)


def _judge(console: Console, found: dict[tuple[Contestant, int], Used | str]) -> bool:
    """One line for each target and ratio; whether all targets are met."""
    ours, bare, each = found[OURS, 50], found[BARE, 50], found.get((EACH, 50))
    if isinstance(ours, str) or isinstance(bare, str):
        return False
    over = ours.message_us - bare.message_us
    lines = [
        (f"{ours.per_core:,.0f} readings/s/core (at least {LEAST_PER_CORE:,})", ours.per_core >= LEAST_PER_CORE),
        (f"{over:.0f} µs a message over the bare loop (at most {MOST_OVER_BARE_US})", over <= MOST_OVER_BARE_US),
    ]
    if isinstance(each, Used):
        times = ours.per_core / each.per_core
        lines.append((f"{times:.1f} times reading by reading (at least {LEAST_TIMES_EACH})", times >= LEAST_TIMES_EACH))
    for text, met in lines:
        console.print(f"{'met  ' if met else 'MISSED'} {text}")
    for contestant in OTHERS:
        other = found.get((contestant, 50), "left out")
        says = f"{ours.per_core / other.per_core:.2f} times" if isinstance(other, Used) else other
        console.print(f"       beside {contestant.name}: {says}")
    return all(met for _, met in lines)


def erase(where: Where) -> None:
    """Delete the topics of one run: a Kafka that keeps them all becomes slow for those that follow."""
    client = admin(where)
    mine = [name for name in client.list_topics(timeout=10).topics if where.namespace in name]
    for future in client.delete_topics(mine, operation_timeout=10).values():
        future.result(20)


def main(argv: list[str]) -> int:
    """Exit codes: 0 all targets met, 1 not."""
    parser = argparse.ArgumentParser(prog="python -m bench.detect", description=__doc__)
    parser.add_argument("--towns", type=int, default=400, help="municipalities; each has one batch a round")
    parser.add_argument("--rounds", type=int, default=60, help=f"polls, of which {WARM_ROUNDS} warm up")
    parser.add_argument("--runs", type=int, default=2, help="of the two that are compared by µs; the best counts")
    parser.add_argument("--short", action="store_true", help="a fifth of it, once")
    parser.add_argument("--alone", action="store_true", help="without the other frameworks")
    arguments = parser.parse_args(argv)
    others = () if arguments.alone else OTHERS
    if arguments.short:
        return asyncio.run(bench(100, 24, 1, others))
    return asyncio.run(bench(arguments.towns, arguments.rounds, arguments.runs, others))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
