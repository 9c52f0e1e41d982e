"""`python -m bench.broadcast`: how soon 2,000 partners on the event stream have an order, quiet and beside a fan-out.

Real Kafka, the role `broadcast` as it runs, real connections, each of another partner with other municipalities; some
of them stop reading. The baseline of the same run is the stream as sse-starlette's documentation writes it.
"""

import argparse
import asyncio
import contextlib
import functools
import hashlib
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from rich.console import Console
from rich.table import Table

from local.child import ROOT, Child, Running, running
from local.kafka import running_kafka
from local.ports import LOOPBACK, answers, free_port
from schemas.admin import sync_topics
from schemas.kafka import Publisher, Where
from schemas.partners import KINDS
from schemas.process.clock import now_utc
from schemas.records.base import Hazard, OrderType, Origin, Trace, World
from schemas.records.decided import Action, Order, Text
from schemas.reference import municipalities
from schemas.topics import load_profiles

TOWN, PACE_S = "14205", 0.5
OURS, NAIVE = "Sonae", "sse-starlette, a queue a reader"
SERVERS = {OURS: ("notifier", "broadcast"), NAIVE: ("bench.run_naive_stream",)}
TICKS_A_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Result:
    """One course: delays in ms, what the server took of a core for one event of one reader, and what never came."""

    server: str
    load: str
    ms: list[float]
    cpu_us: float
    missing: int

    def at(self, share: float) -> float:
        """A percentile."""
        return self.ms[min(len(self.ms) - 1, int(share * len(self.ms)))] if self.ms else float("nan")


async def bench(wish: argparse.Namespace) -> int:
    """Prints the figures; 0 if p99 beside a fan-out is within a second and nothing is missing."""
    console, results = Console(), list[Result]()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with tempfile.TemporaryDirectory(prefix="sonae-bench-") as name:
        folder = Path(name)
        _write_partners(folder / "partners.toml", wish.readers)
        async with running_kafka(folder, os.environ.get("SONAE_KAFKA_BOOTSTRAP")) as bootstrap:
            where = Where(bootstrap, "bench-")
            await asyncio.to_thread(sync_topics, where, load_profiles()["local"], (*KINDS, "heartbeats"))
            for server in (OURS, NAIVE):
                for burning in (0, os.cpu_count() or 1):
                    results.append(await _course(where, folder, server, burning, wish))
                    console.print(f"[dim]· {results[-1].server}, {results[-1].load}[/]")
    _print(console, results, wish)
    return 0 if results[1].at(0.99) <= 1000 and not results[1].missing else 1


async def _course(where: Where, folder: Path, server: str, burning: int, wish: argparse.Namespace) -> Result:
    """One server, its readers, the load beside, and the events."""
    port = free_port()
    async with contextlib.AsyncExitStack() as stack:
        served = await stack.enter_async_context(running(_server(where, folder, server, port), folder))
        words = (str(port), str(wish.readers), str(wish.events), str(wish.stopped))
        readers = await stack.enter_async_context(_readers(*words))
        for number in range(burning):
            await stack.enter_async_context(running(_python(f"sealing-{number}", "bench.run_sealing"), folder))
        assert readers.stdout
        assert (await readers.stdout.readline()).strip() == b"ready"
        before = _cpu_s(served)
        await _send(where, wish.events)
        told = json.loads(await readers.stdout.readline())
        cpu_us = (_cpu_s(served) - before) / (wish.readers * wish.events) * 1e6
    load = "beside a fan-out on every core" if burning else "quiet"
    return Result(server, load, told["ms"], cpu_us, told["missing"])


async def _send(where: Where, events: int) -> None:
    publisher = Publisher(where)
    await publisher.start()
    for number in range(events):
        await publisher.send("orders", TOWN, _order(f"b{number}-{time.monotonic_ns()}"))
        await asyncio.sleep(PACE_S)
    await publisher.stop()


@contextlib.asynccontextmanager
async def _readers(*words: str) -> AsyncIterator[asyncio.subprocess.Process]:
    readers = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.run_readers", *words, stdout=asyncio.subprocess.PIPE, limit=2**24, cwd=ROOT
    )
    try:
        yield readers
    finally:
        with contextlib.suppress(ProcessLookupError):
            readers.kill()
        await readers.wait()


def _server(where: Where, folder: Path, server: str, port: int) -> Child:
    env = {
        "SONAE_KAFKA_BOOTSTRAP": where.bootstrap,
        "SONAE_NAMESPACE": where.namespace,
        "SONAE_BROADCAST_PORT": str(port),
        "SONAE_PARTNERS": str(folder / "partners.toml"),
    }
    ready = functools.partial(answers, f"http://{LOOPBACK}:{port}/readyz")
    return Child("stream", (sys.executable, "-m", *SERVERS[server]), ready, env, ready_within_s=60)


def _python(name: str, module: str) -> Child:
    async def ready() -> bool:
        return True

    return Child(name, (sys.executable, "-m", module), ready)


def _write_partners(file: Path, readers: int) -> None:
    """Each its own partner with its own pair of municipalities: nothing that one asks for is what another asks for."""
    codes = sorted(municipalities())
    rows = [
        f'[[partner]]\nid = "p{number}"\nname = "p{number}"\n'
        f'municipalities = ["{TOWN}", "{codes[number % len(codes)]}"]\n'
        f'token_sha256 = "{hashlib.sha256(f"token-{number}".encode()).hexdigest()}"\n'
        for number in range(readers)
    ]
    file.write_text("\n".join(rows), encoding="utf8")


def _cpu_s(child: Running) -> float:
    """User and system time that a process took (proc(5): fields 14 and 15)."""
    fields = Path(f"/proc/{child.pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_A_S


def _order(name: str) -> Order:
    now, text = now_utc(), Text("ja", "避難指示", "危険な場所から全員避難してください。" * 5)
    return Order(
        id=name,
        revision=1,
        world=World.ACTUAL,
        origin=Origin.REPLAY,
        municipality=TOWN,
        municipality_name="藤沢市",
        case_id="bench",
        hazard=Hazard.LANDSLIDE,
        action=Action.ISSUE,
        order_type=OrderType.EVACUATION_ORDER,
        level=4,
        areas=(),
        districts=(),
        texts=(text,),
        in_force=True,
        halted=False,
        issued_at=now,
        deliver_until=now + timedelta(hours=1),
        decided_by=(),
        policy_id=None,
        recommendation_id=None,
        trace=Trace(name, now),
        made_at=now,
    )


def _print(console: Console, results: list[Result], wish: argparse.Namespace) -> None:
    shown = Table("server", "load", "p50 ms", "p99 ms", "max ms", "CPU µs per event and reader", "missing")
    for one in results:
        figures = [f"{one.at(share):,.0f}" for share in (0.5, 0.99, 1.0)]
        shown.add_row(one.server, one.load, *figures, f"{one.cpu_us:.1f}", str(one.missing))
    console.print(shown)
    console.print(
        f"{os.cpu_count()} cores with Kafka and the readers; {wish.readers} readers, {wish.stopped} of them stopped; "
        f"{wish.events} orders of about 1 kB, one every {PACE_S} s"
    )
    console.print(f"broadcast_p99_ms: {results[1].at(0.99):.0f} readers: {wish.readers}", markup=False)


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser("python -m bench.broadcast", description=__doc__)
    parser.add_argument("--readers", type=int, default=2000)
    parser.add_argument("--events", type=int, default=20)
    parser.add_argument("--stopped", type=int, default=100, help="how many readers never read")
    return asyncio.run(bench(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
