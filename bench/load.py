"""What else goes on while latency is measured: readings from every gauge, and a large fan-out that never ends.

The readings are written where connectors write them, the orders where *decide* does; everything behind them is real.
"""

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from local.system import System
from notifier.pages import index_state
from notifier.store import connect
from notifier.subscriptions.profile import Profile
from notifier.subscriptions.seal import NONCE_BYTES, sealer_of
from notifier.webpush.keys import VapidKey
from schemas.codec import Codec
from schemas.kafka import Publisher, tail_consumer
from schemas.outcomes import OutcomeColumns
from schemas.process.clock import clock_from, now_utc
from schemas.records.base import Hazard, OrderType, Origin, Trace, World, content_id
from schemas.records.decided import Action, Order, Text
from schemas.records.delivered import JobOutcome, Plan, PlanState
from schemas.records.observed import PollOutcome, Quality, Reading, ReadingBatch
from schemas.reference import municipalities
from schemas.stations import Gauge, gauges

TICK_S, ASKED_S = 0.05, 0.5
STEP, BEHIND = timedelta(seconds=1), timedelta(minutes=4)
"""Each reading is newer than the one before it, some minutes old when it comes, and none lies ahead of the scenario's
clock: gauges that lag hours behind would all be silent."""
CALM_M = -5.0
AT_ONCE, INDEXED_S = 500, 300.0


@dataclass(slots=True)
class Done:
    """What the load amounted to."""

    readings: int = 0
    pushes: int = 0
    plans: set[str] = field(default_factory=set)
    began: float = field(default_factory=time.monotonic)

    def told(self, people: int) -> str:
        """In one line."""
        took = time.monotonic() - self.began
        fan_outs = f"{self.pushes / took:,.0f} pushes/s of fan-outs to {people:,} ({len(self.plans)} to their end)"
        return f"meanwhile {self.readings / took:,.0f} readings/s, {fan_outs}"


async def subscribe(system: System, town: str, people: int, origin: str) -> None:
    """So many subscribers of one municipality, as the API would have written them; one key pair for all of them."""
    sealer, key = sealer_of(system.env["SONAE_SEALING_KEY"]), VapidKey.of(system.env["SONAE_VAPID_KEY"])
    point = ec.generate_private_key(ec.SECP256R1()).public_key()
    p256dh = point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    publisher = Publisher(system.where)
    await publisher.start()
    acks: list[asyncio.Future[object]] = []
    for number in range(people):
        endpoint = f"{origin}/fcm/send/{number:08d}{'x' * 140}"
        profile = Profile(endpoint, p256dh, os.urandom(16), key.key_id, "ja", {town: ()}, False, None)
        record = sealer.seal(profile, os.urandom(NONCE_BYTES), now_utc())
        acks.append(await publisher.begin("subscriptions", record.subscriber, record))
        if len(acks) == AT_ONCE:
            await asyncio.gather(*acks)
            acks.clear()
    await asyncio.gather(*acks)
    await publisher.stop()
    await _indexed(system)


async def _indexed(system: System) -> None:
    """Returns once the index holds everything that `subscriptions` held when it was called."""
    physical = system.where.name("subscriptions", None)
    consumer = await tail_consumer(system.where, physical)
    ends = await consumer.end_offsets(list(consumer.assignment()))
    await consumer.stop()
    redis = connect(system.redis_url)
    async with asyncio.timeout(INDEXED_S):
        while True:
            state = await index_state(redis, system.where.namespace)
            if state and all(state.offsets.get(part.partition, 0) >= end for part, end in ends.items()):
                break
            await asyncio.sleep(0.5)
    await redis.aclose()


@contextlib.asynccontextmanager
async def load(system: System, per_second: int, town: str) -> AsyncIterator[Done]:
    """Both loads for the block."""
    done, publisher = Done(), Publisher(system.where)
    await publisher.start()
    tasks = [
        asyncio.create_task(_readings(system, publisher, per_second, done)),
        asyncio.create_task(_fan_outs(system, publisher, town, done)),
        asyncio.create_task(_pushes(system, done)),
    ]
    try:
        yield done
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        await publisher.stop()
    faults = [one for one in ended if isinstance(one, Exception)]
    if faults:
        raise faults[0]


async def _readings(system: System, publisher: Publisher, per_second: int, done: Done) -> None:
    """Every gauge in turn, in batches of its municipality."""
    clock = clock_from(system.env.get("SONAE_CLOCK"))
    now, asked, at = await clock.now(), time.monotonic(), datetime.min.replace(tzinfo=UTC)
    towns = _towns()
    owed, last = 0.0, time.monotonic()
    try:
        for number in count():
            while owed < 1:
                await asyncio.sleep(TICK_S)
                owed, last = owed + (time.monotonic() - last) * per_second, time.monotonic()
            if last - asked > ASKED_S:
                now, asked = await clock.now(), last
            place = number % len(towns)
            at = at if place else min(now, max(at + STEP, now - BEHIND))
            town, own = towns[place]
            batch = _batch(town, own, at, number)
            await publisher.begin("readings", town, batch)
            owed -= len(batch.readings)
            done.readings += len(batch.readings)
    finally:
        await clock.close()


@cache
def _towns() -> list[tuple[str, list[Gauge]]]:
    by_town: dict[str, list[Gauge]] = {}
    for gauge in gauges().values():
        for town in gauge.municipalities:
            by_town.setdefault(town, []).append(gauge)
    return sorted(by_town.items())


def _batch(town: str, own: list[Gauge], at: datetime, number: int) -> ReadingBatch:
    batch_id = content_id("load", town, number)
    readings = tuple(Reading(g.station, "stage", CALM_M, "m", at, Quality.VALID, 0) for g in own)
    return ReadingBatch(
        *(batch_id, World.ACTUAL, Origin.REPLAY, "load", town, at, PollOutcome.NEW, None),
        *(tuple(g.station for g in own), readings, Trace(batch_id, now_utc()), now_utc()),
    )


async def _fan_outs(system: System, publisher: Publisher, town: str, done: Done) -> None:
    """A level 3 order for everybody there; the next when the last plan is complete."""
    codec, plans = Codec(Plan, World.ACTUAL), system.where.name("plans", World.ACTUAL)
    consumer = await tail_consumer(system.where, plans, from_start=False)
    try:
        for number in count(1):
            order = _order(town, number)
            await publisher.send("orders", town, order)
            while order.id not in done.plans:
                plan = codec.decode((await consumer.getone()).value)
                if plan.state is PlanState.COMPLETE and is_load(plan.order_id):
                    done.plans.add(plan.order_id)
    finally:
        await consumer.stop()


async def _pushes(system: System, done: Done) -> None:
    """Counts whom the fan-outs reached."""
    codec = Codec(JobOutcome, World.ACTUAL)
    consumer = await tail_consumer(system.where, system.where.name("outcomes", World.ACTUAL), from_start=False)
    try:
        while True:
            outcome = codec.decode((await consumer.getone()).value)
            if is_load(outcome.order_id):
                done.pushes += len(outcome.pairs() if isinstance(outcome, OutcomeColumns) else outcome.ends)
    finally:
        await consumer.stop()


def is_load(order_id: str) -> bool:
    """Whether an order is the load's and none that is measured."""
    return order_id.startswith("load-")


def _order(town: str, number: int) -> Order:
    now = now_utc()
    return Order(
        id=f"load-{number}", revision=1, world=World.ACTUAL, origin=Origin.REPLAY, municipality=town,
        municipality_name=municipalities()[town].name, case_id=f"load-{number}", hazard=Hazard.FLOOD,
        action=Action.ISSUE, order_type=OrderType.ELDERLY_EVACUATION, level=3, areas=(), districts=(),
        texts=(Text("ja", "高齢者等避難", "計測用です。"),), in_force=True, halted=False, issued_at=now,
        deliver_until=now + timedelta(hours=1), decided_by=("a", "b"), policy_id=None, recommendation_id=None,
        trace=Trace(f"load-{number}", now), made_at=now,
    )  # fmt: skip
