"""How fast an order reaches everybody: order → plan → jobs → recipients → encrypted pushes over TLS → outcomes.

    python -m bench.fanout [--recipients 100000 | --million] [--transport http2|curl] [--workers 2]

Kafka, Redis and the programs are real; the push service is nginx with HTTP/2 on this machine. In the same run, plain
loops over pywebpush.webpush() send to the same service, as many at a time as there are workers: one core alone is
faster than one beside a busy one. Compared is CPU time a message. The last line is
`fanout_ratio: N transport: NAME`: CPU a message of the loops by that of our workers.
"""

import argparse
import asyncio
import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing import get_context

from bench.fanout_rig import Rig, begin_anew, cpu_s, rig
from bench.naive import cpu_us, trusted
from local.child import Running
from notifier.settings import NotifierSettings
from schemas.codec import Codec
from schemas.kafka import tail_consumer
from schemas.process.clock import now_utc
from schemas.records.base import OrderType, World
from schemas.records.decided import Order
from schemas.records.delivered import JobOutcome, Plan, PlanState, RecipientEnd
from tests.deliveries import TEXTS, an_order

TOPICS = (
    *("subscriptions", "orders", "calls", "resends", "plans", "jobs", "jobs-urgent", "jobs-retry", "outcomes"),
    *("heartbeats", "dead-letters"),
)
CITY, TOWN, TOWNSPEOPLE = "14100", "14205", 500
TARGET_CPU_US = 28
_SMALL = 20_000


@dataclass(frozen=True, slots=True)
class Took:
    """One fan-out: seconds of wall time, and CPU seconds of the workers and of the planner."""

    people: int
    wall_s: float
    workers_s: float
    planner_s: float

    @property
    def each_us(self) -> float:
        """CPU of workers a message."""
        return self.workers_s / self.people * 1e6

    def __str__(self) -> str:
        with_planner = (self.workers_s + self.planner_s) / self.people * 1e6
        return (
            f"{self.people:,} in {self.wall_s:.1f} s ({self.people / self.wall_s:,.0f}/s): {self.each_us:.1f} us CPU a "
            f"message, {1e6 / self.each_us:,.0f} messages/s/core; with the planner {with_planner:.1f} us"
        )


def main() -> None:
    """Measure and print."""
    default = NotifierSettings.model_fields["push_transport"].default
    parser = argparse.ArgumentParser(prog="python -m bench.fanout", description=__doc__)
    parser.add_argument("--recipients", type=int, default=100_000)
    parser.add_argument("--million", action="store_true", help="1,000,000 recipients")
    parser.add_argument("--transport", choices=("http2", "curl"), default=default, help="measured first and in the end")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--only", action="store_true", help="leave the other transport out")
    wish = parser.parse_args()
    people = 1_000_000 if wish.million else wish.recipients
    other = {"http2": "curl", "curl": "http2"}[wish.transport]
    asyncio.run(_measure(people, wish.workers, (wish.transport,) if wish.only else (wish.transport, other)))


async def _measure(people: int, workers: int, transports: Sequence[str]) -> None:
    async with rig(TOPICS) as made:
        await _fill(made, people, workers)
        naive = _naive(made, workers)
        print(f"webpush() in a loop, {workers} side by side: {naive:,.0f} us CPU a message", end="")
        usual = _naive(made, workers, usual=True)
        print(f" ({usual:,.0f} us with the usual authorities, which it reads each time)", flush=True)
        ratios = {name: naive / (await _transport(made, name, people, workers)) for name in transports}
    for name in reversed(transports):
        print(f"fanout_ratio: {ratios[name]:.0f} transport: {name}")


async def _fill(made: Rig, people: int, cores: int) -> None:
    """Everybody subscribed, indexed, and with a key agreement; what that takes in Redis."""
    before, began = await made.memory(), time.monotonic()
    async with made.role("index", "-m", "notifier", "index"):
        await made.subscribe(CITY, people)
        await made.subscribe(TOWN, TOWNSPEOPLE)
        await made.indexed(people + TOWNSPEOPLE)
        await made.packed(people)  # so many came at once: pages are made for them
    indexed, took = await made.memory(), time.monotonic() - began
    print(
        f"{people:,} subscribed and indexed in {took:.0f} s: {(indexed - before) / people:.0f} B each in Redis", end=""
    )
    began = time.monotonic()
    await made.refill(people + TOWNSPEOPLE, cores)
    each = (await made.memory() - before) / people
    print(f", {each:.0f} B with a key agreement (made in {time.monotonic() - began:.0f} s)", flush=True)


async def _transport(made: Rig, transport: str, people: int, workers: int) -> float:
    """CPU a message over one transport, agreements made beforehand; then the same without, and while one overtakes."""
    if await made.counted("agreements") < people:
        await made.refill(people + TOWNSPEOPLE, workers)
    async with made.role("plan", "-m", "notifier", "plan") as planner:
        async with made.workers(workers, transport) as running:
            begin_anew(running)
            took = await _fan_out(made, running, planner, _order("fan-out", transport), people)
        print(f"{transport}: {took}")
        shares = made.shares(transport, workers)
        total = sum(shares.values())
        parts = sorted(shares.items(), key=lambda one: -one[1])
        print("  " + ", ".join(f"{stage} {seconds / total:.0%}" for stage, seconds in parts), flush=True)
        async with made.workers(workers, transport) as running:
            fresh = await _fan_out(made, running, planner, _order("fresh", transport), people)
            print(f"  with a fresh key for each message: {fresh}", flush=True)
            await _overtaken(made, transport)
    return took.each_us


async def _fan_out(made: Rig, workers: list[Running], planner: Running, order: Order, people: int) -> Took:
    used, planned, began = cpu_s(workers), cpu_s([planner]), time.monotonic()
    await made.publisher.send("orders", order.municipality, order)
    await _complete(made, order)
    wall_s = time.monotonic() - began
    return Took(people, wall_s, cpu_s(workers) - used, cpu_s([planner]) - planned)


async def _complete(made: Rig, order: Order) -> None:
    """Every recipient of the order has an end."""
    codec, consumer = Codec(Plan, World.ACTUAL), await tail_consumer(made.where, made.where.name("plans", World.ACTUAL))
    try:
        while True:
            message = await asyncio.wait_for(consumer.getone(), 300)
            plan = codec.decode(message.value)
            if plan.order_id == order.id and plan.state is PlanState.COMPLETE:
                return
    finally:
        await consumer.stop()


async def _overtaken(made: Rig, transport: str) -> None:
    """Level 4 for a small town in the middle of level 3 for everybody: how long each of its people waits."""
    calm = _order("calm", transport, level=3, order_type=OrderType.ELDERLY_EVACUATION)
    await made.publisher.send("orders", CITY, calm)
    await asyncio.sleep(1.0)
    urgent = _order("urgent", transport, municipality=TOWN)
    await made.publisher.send("orders", TOWN, urgent)
    await _complete(made, urgent)
    waits = [(end.at - urgent.made_at).total_seconds() for end in await _ends(made, urgent)]
    cuts = statistics.quantiles(waits, n=100)
    print(
        f"  level 4 for {TOWNSPEOPLE} meanwhile: p50 {cuts[49] * 1000:.0f} ms, p99 {cuts[98] * 1000:.0f} ms", flush=True
    )
    await _complete(made, calm)


async def _ends(made: Rig, order: Order) -> list[RecipientEnd]:
    codec = Codec(JobOutcome, World.ACTUAL)
    consumer = await tail_consumer(made.where, made.where.name("outcomes", World.ACTUAL))
    found: list[RecipientEnd] = []
    try:
        while len(found) < TOWNSPEOPLE:
            outcome = codec.decode((await asyncio.wait_for(consumer.getone(), 60)).value)
            found += outcome.ends if outcome.order_id == order.id else ()
    finally:
        await consumer.stop()
    return found


def _order(name: str, transport: str, **changed: object) -> Order:
    now = now_utc()
    usual = {"id": f"{name}-{transport}", "municipality": CITY, "areas": (), "texts": TEXTS, "issued_at": now}
    return an_order(**(usual | {"made_at": now, "deliver_until": now + timedelta(hours=1)} | changed))


def _naive(made: Rig, loops: int, usual: bool = False) -> float:
    """CPU a message of as many loops as there are workers, side by side as they are: the median of three short rounds.
    The payload is as long as ours. The ratio knows the sink's authority alone."""
    target = made.sink.origin, made.point, made.env["SONAE_VAPID_KEY"], b"x" * 530, 20 if usual else 100
    with trusted(made.sink.ca, usual), ProcessPoolExecutor(loops, get_context("spawn")) as pool:
        rounds = [[pool.submit(cpu_us, *target) for _ in range(loops)] for _ in range(3)]
        return statistics.median(statistics.mean(one.result() for one in round_) for round_ in rounds)


if __name__ == "__main__":
    main()
