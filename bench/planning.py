"""How long an order for very many takes to plan and to count, and what an urgent one waits behind it.

    python -m bench.planning [--people 1000000]

A planner of its own on a real Kafka and Redis: a level 3 order for everyone in one place, a level 4 order for another
place in the middle of its planning and of its counting. Outcomes are written as workers write them, one a job.
"""

import argparse
import asyncio
import contextlib
import hashlib
import os
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from aiokafka import AIOKafkaConsumer
from aiokafka.structs import ConsumerRecord
from redis.asyncio import Redis

from local.child import Child, Running
from local.kafka import running_kafka
from local.redis import running_redis
from notifier.matches import encode_kind, record_of
from notifier.pages import Keys, bucket_of, new_generation, pointer
from notifier.plan import Match
from notifier.store import connect
from schemas.admin import sync_topics
from schemas.codec import Codec
from schemas.kafka import Publisher, Where, tail_consumer
from schemas.process.clock import now_utc
from schemas.records.base import OrderType, World, content_id
from schemas.records.decided import Order
from schemas.records.delivered import DeliveryJob, End, JobOutcome, Plan, PlanState, RecipientEnd
from schemas.signing import new_key_pair
from schemas.topics import load_profiles
from tests.integration.notifier_orders import order

CITY, TOWN, TOWNSPEOPLE = "14100", "14205", 1000
TOPICS = ("orders", "calls", "resends", "plans", "jobs", "jobs-urgent", "outcomes", "heartbeats", "dead-letters")
PATIENCE_S = 120.0


async def fill(redis: Redis, namespace: str, place: str, people: int, keys: Keys) -> None:
    """An index in which so many want all of a place."""
    pages: dict[int, list[bytes]] = defaultdict(list)
    for number in range(people):
        name = hashlib.sha256(f"{place}{number}".encode()).hexdigest()[:22]
        pages[bucket_of(name)].append(record_of(name, 0))
    for bucket, rows in pages.items():
        await redis.set(keys.match(place, bucket), b"".join(rows))
    await redis.rpush(keys.kinds(place), encode_kind(Match()))
    await redis.set(pointer(namespace), keys.generation)


class Watch:
    """Follows plans and jobs; a moment is when the broker took a message (UNIX time, seconds)."""

    def __init__(self, where: Where) -> None:
        self._where = where
        self._plans, self._codec = where.name("plans", World.ACTUAL), Codec(Plan, World.ACTUAL)
        self._topics = (self._plans, *(where.name(name, World.ACTUAL) for name in ("jobs", "jobs-urgent")))
        self.started: dict[str, tuple[float, Plan]] = {}
        self.complete: dict[str, float] = {}
        self.jobs: dict[str, list[tuple[float, bytes]]] = defaultdict(list)

    async def run(self) -> None:
        """Until cancelled."""
        consumer: AIOKafkaConsumer = await tail_consumer(self._where, *self._topics)
        try:
            while True:
                fetched = await consumer.getmany(timeout_ms=20, max_records=20)
                for message in (m for messages in fetched.values() for m in messages):
                    self._heard(message)
        finally:
            await consumer.stop()

    def _heard(self, message: ConsumerRecord) -> None:
        at = message.timestamp / 1000
        if message.topic != self._plans:  # a job is not decoded here: that would take the planner's processor
            self.jobs[message.key.decode().split(":")[0]].append((at, message.value))
            return
        plan = self._codec.decode(message.value)
        if plan.state is PlanState.COMPLETE:
            self.complete.setdefault(plan.order_id, at)
        else:
            self.started.setdefault(plan.order_id, (at, plan))

    def is_sent(self, name: str) -> bool:
        """Whether all jobs of an order are there."""
        return name in self.started and len(self.jobs[name]) >= len(self.started[name][1].buckets)


async def until(condition: Callable[[], object], what: str) -> None:
    """Wait for a condition; TimeoutError after PATIENCE_S."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"within {PATIENCE_S:.0f} s: {what}")
        await asyncio.sleep(0.005)


def outcome_of(job: DeliveryJob) -> JobOutcome:
    """Everyone of a job was reached."""
    now = now_utc()
    ends = tuple(RecipientEnd(name, End.ACCEPTED, 201, None, 1, now) for name in job.recipients)
    return JobOutcome(
        content_id("outcome", job.id), job.id, job.world, job.origin, job.municipality, job.plan_id, job.order_id,
        job.revision, job.bucket, 0, ends, job.trace, now,
    )  # fmt: skip


def urgent(name: str) -> Order:
    """避難指示 for the town."""
    return order(id=name, case_id=name, municipality=TOWN)


async def measure(publisher: Publisher, watch: Watch, redis: Redis, pid: int) -> None:
    """One run, printed line by line."""
    before, began = await _memory(redis), now_utc().timestamp()
    calm = order(id="calm", case_id="calm", municipality=CITY, level=3, order_type=OrderType.ELDERLY_EVACUATION)
    await publisher.send("orders", CITY, calm)
    await asyncio.sleep(0.2)
    await _overtake(publisher, watch, "while it is drafted")
    await until(lambda: watch.jobs["calm"], "the first job")
    await _overtake(publisher, watch, "while its jobs are sent")
    await until(lambda: watch.is_sent("calm"), "every job")
    at = sorted(moment for moment, _ in watch.jobs["calm"])
    people = watch.started["calm"][1].audience
    planned = watch.started["calm"][0] - began
    print(
        f"planned {people:,}: plan {planned:.2f} s, jobs {at[0] - began:.2f} to {at[-1] - began:.2f} s after the order"
    )
    print(f"ledger: {(await _memory(redis) - before) / people:.1f} B a recipient")
    await _count(publisher, watch, pid, people)


async def _count(publisher: Publisher, watch: Watch, pid: int, people: int) -> None:
    codec = Codec(DeliveryJob, World.ACTUAL)
    outcomes = [outcome_of(codec.decode(job)) for _, job in watch.jobs["calm"]]
    began, used = now_utc().timestamp(), _cpu_s(pid)
    acks = [await publisher.begin("outcomes", "calm", outcome) for outcome in outcomes]
    counting = asyncio.create_task(until(lambda: "calm" in watch.complete, "everything is counted"))
    await _overtake(publisher, watch, "while its ends are counted")
    await asyncio.gather(*acks)
    await counting
    took, cpu = watch.complete["calm"] - began, _cpu_s(pid) - used
    print(f"counted {people:,} ends in {took:.2f} s, {cpu / people * 1e6:.2f} µs of CPU an end")


async def _overtake(publisher: Publisher, watch: Watch, when: str) -> None:
    name, began = f"urgent {when}", now_utc().timestamp()
    await publisher.send("orders", TOWN, urgent(name))
    await until(lambda: watch.is_sent(name), name)
    last = max(moment for moment, _ in watch.jobs[name])
    print(f"level 4 for {TOWNSPEOPLE:,}, {when}: all its jobs after {(last - began) * 1000:.0f} ms")


async def _memory(redis: Redis) -> int:
    return int((await redis.info("memory"))["used_memory"])


def _cpu_s(pid: int) -> float:
    user, system = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


async def run(people: int) -> None:
    """Start what is needed, measure, stop."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with running_kafka(folder / "kafka", None) as kafka, running_redis(folder / "redis", None) as url:
            where, redis = Where(kafka, "bench-"), connect(url)
            sync_topics(where, load_profiles()["local"], only=TOPICS)
            keys = Keys(where.namespace, new_generation(0, people, "none"))
            for place, count in ((CITY, people), (TOWN, TOWNSPEOPLE)):
                await fill(redis, where.namespace, place, count, keys)
            async with _running(where, url, folder) as (publisher, watch, pid):
                await publisher.send("orders", TOWN, urgent("warm-up"))
                await until(lambda: watch.is_sent("warm-up"), "the planner works")
                await measure(publisher, watch, redis, pid)
            await redis.aclose()


@contextlib.asynccontextmanager
async def _running(where: Where, url: str, folder: Path) -> AsyncIterator[tuple[Publisher, Watch, int]]:
    env = {
        "SONAE_KAFKA_BOOTSTRAP": where.bootstrap,
        "SONAE_REDIS_URL": url,
        "SONAE_NAMESPACE": where.namespace,
        "SONAE_LOCAL": "1",
        "SONAE_VERIFY_KEY": new_key_pair()[1],
    }
    planner = Child("planner", (sys.executable, "-m", "notifier", "plan"), env=env)
    publisher, watch = Publisher(where), Watch(where)
    await publisher.start()
    running = await Running.start(planner, folder)
    watching = asyncio.create_task(watch.run())
    try:
        yield publisher, watch, running.pid
    finally:
        watching.cancel()
        await running.stop()
        await publisher.stop()


def main() -> None:
    """Measure once."""
    parser = argparse.ArgumentParser(prog="python -m bench.planning", description=__doc__)
    parser.add_argument("--people", type=int, default=1_000_000)
    asyncio.run(run(parser.parse_args().people))


if __name__ == "__main__":
    main()
