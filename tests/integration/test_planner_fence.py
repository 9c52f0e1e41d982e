"""Two planners of one world: one works, the other stands by; one that wakes up after it was replaced harms nothing."""

import asyncio
import functools
import random
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from redis.asyncio import Redis

from local.child import Child, Running
from notifier.fence import Fence, Fenced
from notifier.matches import encode_kind, record_of
from notifier.pages import Keys, bucket_of, new_generation, pointer
from notifier.plan import Match
from notifier.store import connect, text
from notifier.subscriptions.seal import subscriber_id
from schemas.kafka import Publisher, Where
from schemas.process.service import FAULT
from schemas.records.base import World
from schemas.records.decided import Action
from schemas.records.delivered import DeliveryJob, Plan, PlanKind, PlanState
from tests.integration.notifier_orders import order
from tests.integration.notifier_rig import KEY, create_topics, records, settings_for, until

pytestmark = [pytest.mark.kafka, pytest.mark.deadline(180)]
TOPICS = ("dead-letters", "outcomes", "orders", "calls", "resends", "plans", "jobs", "jobs-urgent")
PEOPLE, STOPS = 3000, 3


@dataclass(slots=True)
class Town:
    """A cluster, and an index of 3,000 who want all of one place."""

    publisher: Publisher
    redis: Redis
    env: dict[str, str]

    async def planner(self, number: int, folder: Path) -> Running:
        """One more planner, as a process."""
        env = self.env | {"SONAE_INSTANCE": str(number)}
        return await Running.start(
            Child(f"planner-{number}", (sys.executable, "-m", "notifier", "plan"), env=env), folder
        )

    async def holder(self) -> str:
        """Whose writes Redis takes."""
        return text(await self.redis.get(f"{self.publisher.where.namespace}actual.planner") or b"")

    async def plans(self) -> list[Plan]:
        """Plans as begun, the last of each."""
        found: list[Plan] = await records(self.publisher.where, "plans", World.ACTUAL)
        return list({plan.id: plan for plan in found if plan.state is PlanState.STARTED}.values())


@pytest.fixture
async def world(kafka: str, redis_url: str, namespace: str) -> AsyncIterator[Town]:
    """Topics and an index of our own; no indexer, so that nothing but planners writes."""
    where, redis = Where.of(settings_for(kafka, redis_url, namespace)), connect(redis_url)
    create_topics(where, TOPICS)
    keys = Keys(namespace, new_generation(0, PEOPLE, "none"))
    pages: dict[int, list[bytes]] = {}
    for name in map(_name, range(PEOPLE)):
        pages.setdefault(bucket_of(name), []).append(record_of(name, 0))
    for bucket, rows in pages.items():
        await redis.set(keys.match("14205", bucket), b"".join(rows))
    await redis.rpush(keys.kinds("14205"), encode_kind(Match()))
    await redis.set(pointer(namespace), keys.generation)
    publisher = Publisher(where)
    await publisher.start()
    env = {"SONAE_KAFKA_BOOTSTRAP": kafka, "SONAE_REDIS_URL": redis_url, "SONAE_NAMESPACE": namespace}
    try:
        yield Town(publisher, redis, env | {"SONAE_LOCAL": "1", "SONAE_VERIFY_KEY": KEY})
    finally:
        await publisher.stop()
        await redis.aclose()


def _name(number: int) -> str:
    return subscriber_id(f"https://push.example/{number}")


async def test_who_was_replaced_in_the_middle_of_a_plan_harms_nothing(world: Town, tmp_path: Path) -> None:
    """Stopped at any moment, replaced, and continued: it ends, and each plan has exactly its jobs and people."""
    dice = random.Random(20261123)
    old = await world.planner(0, tmp_path)
    for number in range(STOPS):
        holder = await until(world.holder, "somebody plans")
        before = len(await world.plans())
        feeding = asyncio.create_task(_orders(world, number))
        await until(functools.partial(_more, world, before), "it is at work")
        await asyncio.sleep(dice.uniform(0, 0.05))
        old.send(signal.SIGSTOP)
        new = await world.planner(number + 1, tmp_path)
        await until(functools.partial(_replaced, world, holder), "the other took over")
        old.send(signal.SIGCONT)
        await feeding
        assert await asyncio.wait_for(old.wait(), 20) == f"exit code {FAULT}"
        old = new
    try:
        await until(lambda: _all_sent(world), "every order is planned")
    finally:
        await old.stop()
    await _each_plan_is_whole(world)


async def test_the_second_stands_by_until_the_first_dies(world: Town, tmp_path: Path) -> None:
    """No turns are taken: the first goes on planning, and after its death the second does."""
    first = await world.planner(0, tmp_path)
    holder = await until(world.holder, "somebody plans")
    second = await world.planner(1, tmp_path)
    await _orders(world, 0)
    await until(lambda: _all_sent(world), "all are planned")
    assert await world.holder() == holder
    first.send(signal.SIGKILL)
    try:
        await until(lambda: _replaced(world, holder), "the second took over")
        await world.publisher.send("orders", "14205", order(id="after", case_id="after"))
        await until(lambda: _has(world, "after"), "and plans")
    finally:
        await second.stop()


async def test_a_former_holder_cannot_write(world: Town) -> None:
    """Not one of its commands is carried out, in the very step in which another holds the fence, or nobody does."""
    one, two = (Fence(world.redis, f"{world.publisher.where.namespace}x.", token) for token in ("one", "two"))
    await one.take()
    key = f"{world.publisher.where.namespace}x.value"
    await one.write([("SET", key, "1"), ("INCR", key)])
    await one.release()
    await two.take()
    with pytest.raises(Fenced):
        await one.write([("SET", key, "stale")])
    with pytest.raises(Fenced):
        await one.check()
    assert await world.redis.get(key) == b"2"
    await world.redis.delete(f"{world.publisher.where.namespace}x.planner")
    with pytest.raises(Fenced):
        await two.write([("SET", key, "into an emptied Redis")])
    assert await world.redis.get(key) == b"2"


async def _orders(world: Town, number: int) -> None:
    for part in range(6):
        name = f"order-{number}-{part}"
        await world.publisher.send("orders", "14205", order(id=name, case_id=name))
        await asyncio.sleep(0.02)
    for part in range(3):
        name = f"order-{number}-{part}"
        lift = order(id=name, case_id=name, revision=2, action=Action.LIFT, in_force=False)
        await world.publisher.send("orders", "14205", lift)


async def _more(world: Town, than: int) -> bool:
    return len(await world.plans()) > than


async def _replaced(world: Town, holder: str) -> bool:
    return await world.holder() not in {"", holder}


async def _has(world: Town, order_id: str) -> bool:
    return any(plan.order_id == order_id and plan.audience for plan in await world.plans())


async def _all_sent(world: Town) -> bool:
    plans = await world.plans()
    begun = {(plan.order_id, plan.revision) for plan in plans}
    orders = {(order.id, order.revision) for order in await records(world.publisher.where, "orders", World.ACTUAL)}
    done = {job.id for job in await records(world.publisher.where, "jobs-urgent", World.ACTUAL)}
    done |= {outcome.job_id for outcome in await records(world.publisher.where, "outcomes", World.ACTUAL)}
    return begun >= orders and all(row.job_id in done for plan in plans for row in plan.buckets)


async def _each_plan_is_whole(world: Town) -> None:
    jobs: list[DeliveryJob] = await records(world.publisher.where, "jobs-urgent", World.ACTUAL)
    everyone = Counter(_name(number) for number in range(PEOPLE))
    plans = await world.plans()
    for plan in plans:
        known = {row.job_id: row.count for row in plan.buckets}
        mine = {job.id: job for job in jobs if job.plan_id == plan.id}
        assert mine.keys() <= known.keys(), "a job that its plan does not list"
        assert all(len(job.recipients) == known[name] for name, job in mine.items())
        assert Counter(name for job in mine.values() for name in job.recipients) <= everyone
        if plan.kind is PlanKind.FIRST:
            assert plan.audience in {0, PEOPLE}
