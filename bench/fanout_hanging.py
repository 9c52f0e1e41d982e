"""What one push service that hangs costs the devices of the others: p50 and p99 with it and without, in the same run.

    python -m bench.fanout_hanging [--recipients 20000] [--workers 2]

A tenth of a town's devices are at a service that takes connections and never says a word. The same number of healthy
devices is told with and without them; what counts is from the order's time to each healthy device's end.
"""

import argparse
import asyncio
import contextlib
import statistics
from collections.abc import AsyncIterator
from datetime import timedelta

from bench.fanout import TOPICS
from bench.fanout_rig import Rig, rig
from local.ports import LOOPBACK, free_port
from notifier.settings import NotifierSettings
from schemas.codec import Codec
from schemas.kafka import tail_consumer
from schemas.process.clock import now_utc
from schemas.records.base import World
from schemas.records.decided import Order
from schemas.records.delivered import End, JobOutcome
from tests.deliveries import TEXTS, an_order

WELL, MIXED, FIRST = "14205", "14100", "14204"
_FEW = 500


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.fanout_hanging", description=__doc__)
    parser.add_argument("--recipients", type=int, default=20_000)
    parser.add_argument("--workers", type=int, default=2)
    wish = parser.parse_args()
    asyncio.run(_measure(wish.recipients, wish.workers))


async def _measure(people: int, workers: int) -> None:
    transport = NotifierSettings.model_fields["push_transport"].default
    async with rig(TOPICS) as made, _hanging() as silent:
        await _fill(made, people, silent, workers)
        async with made.role("plan", "-m", "notifier", "plan"), made.workers(workers, transport):
            await _told(made, "warm-up", FIRST, _FEW)
            print(f"{people:,} devices of a service that is well: {await _told(made, 'well', WELL, people)}")
            mixed = await _told(made, "mixed", MIXED, people)
            print(f"as many, beside {people // 10:,} of one that hangs: {mixed}")


async def _fill(made: Rig, people: int, silent: str, cores: int) -> None:
    async with made.role("index", "-m", "notifier", "index"):
        await made.subscribe(FIRST, _FEW)
        await made.subscribe(WELL, people)
        await made.subscribe(MIXED, people)
        await made.subscribe(MIXED, people // 10, silent)
        everybody = _FEW + 2 * people + people // 10
        await made.indexed(everybody)
    await made.refill(everybody, cores)


async def _told(made: Rig, name: str, town: str, people: int) -> str:
    """How long the healthy devices of a town waited for an order."""
    now = now_utc()
    order = an_order(
        id=name,
        municipality=town,
        areas=(),
        texts=TEXTS,
        issued_at=now,
        made_at=now,
        deliver_until=now + timedelta(minutes=2),
    )
    await made.publisher.send("orders", town, order)
    waits = await _accepted(made, order, people)
    cuts = statistics.quantiles(waits, n=100)
    return f"p50 {cuts[49]:.2f} s, p99 {cuts[98]:.2f} s, last {max(waits):.2f} s"


async def _accepted(made: Rig, order: Order, people: int) -> list[float]:
    codec, topic = Codec(JobOutcome, World.ACTUAL), made.where.name("outcomes", World.ACTUAL)
    consumer = await tail_consumer(made.where, topic)
    waits: list[float] = []
    try:
        while len(waits) < people:
            outcome = codec.decode((await asyncio.wait_for(consumer.getone(), 120)).value)
            if outcome.order_id == order.id:
                waits += [(end.at - order.made_at).total_seconds() for end in outcome.ends if end.end is End.ACCEPTED]
    finally:
        await consumer.stop()
    return waits


@contextlib.asynccontextmanager
async def _hanging() -> AsyncIterator[str]:
    """A port that takes connections and never answers, for the block; its origin."""
    port, kept = free_port(), []

    async def keep(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        kept.append(writer)

    server = await asyncio.start_server(keep, LOOPBACK, port)
    try:
        yield f"https://localhost:{port}"
    finally:
        for writer in kept:
            writer.close()
        server.close()


if __name__ == "__main__":
    main()
