"""The planner killed with SIGKILL again and again while orders flow: every order is planned for everyone, once."""

import asyncio
import random
import signal
import sys
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer

from local.child import Child, Running
from notifier import indexer
from notifier.pages import IndexIncomplete, current_generation
from notifier.store import connect
from notifier.subscriptions.profile import Profile
from notifier.subscriptions.seal import sealer_of, subscriber_id
from notifier.subscriptions.store import put
from schemas.kafka import Publisher, Where, tail_consumer
from schemas.process.clock import now_utc
from schemas.records.base import World
from schemas.records.decided import Action
from schemas.records.delivered import DeliveryJob, End, JobOutcome, Plan, PlanKind, PlanState
from tests.integration.notifier_orders import order
from tests.integration.notifier_rig import KEY, create_topics, records, role, settings_for, until

pytestmark = [pytest.mark.kafka, pytest.mark.deadline(240)]
PEOPLE, ORDERS, KILLS = 300, 24, 6
LATER = 10
"""An order is lifted this many orders after it was issued: some while the planner is down, some after it was told."""


@pytest.fixture
async def publisher(kafka: str, redis_url: str, namespace: str) -> AsyncIterator[Publisher]:
    """Topics of our own, 300 indexed subscribers, and a running indexer."""
    settings = settings_for(kafka, redis_url, namespace)
    names = ("subscriptions", "dead-letters", "outcomes", "orders", "calls", "resends", "plans", "jobs", "jobs-urgent")
    create_topics(Where.of(settings), names)
    made, redis = Publisher(Where.of(settings)), connect(redis_url)
    await made.start()

    async def indexed() -> bool:
        try:
            keys = await current_generation(redis, namespace)
        except IndexIncomplete:
            return False
        return sum(int(count) for count in await redis.hvals(keys.services())) == PEOPLE

    try:
        async with role(indexer, settings):
            sealer = sealer_of(KEY)
            await asyncio.gather(*[put(made, sealer, _profile(number), now_utc()) for number in range(PEOPLE)])
            await until(indexed, "everyone is indexed")
            yield made
    finally:
        await made.stop()
        await redis.aclose()


def _profile(number: int) -> Profile:
    return Profile(f"http://127.0.0.1:9/{number}", b"p" * 65, b"a" * 16, "v", "ja", {"14205": ()}, False, None)


async def test_every_order_is_planned_once_for_everyone(
    publisher: Publisher, kafka: str, redis_url: str, namespace: str, tmp_path: Path
) -> None:
    """Orders and their lifts, six kills: no order without a plan, nobody left out, nobody lifted untold."""
    env = {
        "SONAE_KAFKA_BOOTSTRAP": kafka, "SONAE_REDIS_URL": redis_url, "SONAE_NAMESPACE": namespace, "SONAE_LOCAL": "1",
        "SONAE_VERIFY_KEY": KEY,
    }  # fmt: skip
    planner = Child("planner", (sys.executable, "-m", "notifier", "plan"), env=env)
    dice = random.Random(20260921)
    running = await Running.start(planner, tmp_path)
    plans_seen = await tail_consumer(publisher.where, publisher.where.name("plans", World.ACTUAL))
    feeding = asyncio.create_task(_feed(publisher, dice))
    try:
        for _ in range(KILLS):
            await _at_work(plans_seen)
            await asyncio.sleep(dice.uniform(0.0, 0.03))  # somewhere in a plan, which takes about 15 ms
            running.send(signal.SIGKILL)
            await running.wait()
            running = await Running.start(planner, tmp_path)
        await feeding
        plans = await until(lambda: _all_planned(publisher), "every order and lift is planned, every job is there")
    finally:
        feeding.cancel()
        await plans_seen.stop()
        await running.stop()
    everyone = {subscriber_id(_profile(number).endpoint) for number in range(PEOPLE)}
    jobs: list[DeliveryJob] = await records(publisher.where, "jobs-urgent", World.ACTUAL)
    unsent = await _unsent(publisher)
    sent = {plan.id: _recipients(plan, jobs) for plan in plans}
    for plan in plans:
        assert sent[plan.id] + unsent[plan.id] == Counter(everyone if plan.audience else ())
    by_kind = {(plan.order_id, plan.kind): sent[plan.id] for plan in plans}
    for number in range(ORDERS):
        first, lift = by_kind[f"order-{number}", PlanKind.FIRST], by_kind[f"order-{number}", PlanKind.LIFT]
        assert first == lift, "the lift is for exactly those who may have been told"
    told = sum(plan.kind is PlanKind.FIRST and bool(sent[plan.id]) for plan in plans)
    assert told > 0, "every lift overtook its order: nothing was tested"
    repeats = len(jobs) - len({job.id for job in jobs})
    print(f"{KILLS} kills, {told} of {ORDERS} orders told before their lift came, {len(jobs)} jobs, {repeats} repeats")


def _recipients(plan: Plan, jobs: list[DeliveryJob]) -> Counter[str]:
    recipients = {job.id: job.recipients for job in jobs if job.plan_id == plan.id}
    return Counter(name for names in recipients.values() for name in names)


async def _unsent(publisher: Publisher) -> defaultdict[str, Counter[str]]:
    """By plan, whom the planner itself ended as superseded: their jobs were never sent."""
    found: defaultdict[str, dict[str, tuple[str, ...]]] = defaultdict(dict)
    outcomes: list[JobOutcome] = await records(publisher.where, "outcomes", World.ACTUAL)
    for outcome in outcomes:
        assert {end.end for end in outcome.ends} == {End.SUPERSEDED}
        found[outcome.plan_id][outcome.id] = tuple(end.subscriber for end in outcome.ends)
    counts = {plan: Counter(n for names in jobs.values() for n in names) for plan, jobs in found.items()}
    return defaultdict(Counter, counts)


async def _feed(publisher: Publisher, dice: random.Random) -> None:
    for number in range(ORDERS + LATER):
        name, lifted = f"order-{number}", f"order-{number - LATER}"
        if number < ORDERS:
            await publisher.send("orders", "14205", order(id=name, case_id=name))
        if number >= LATER:
            lift = order(id=lifted, case_id=lifted, revision=2, action=Action.LIFT, in_force=False)
            await publisher.send("orders", "14205", lift)
        await asyncio.sleep(dice.uniform(0.0, 1.2))  # orders come at any moment


async def _at_work(plans: AIOKafkaConsumer) -> None:
    """Return when the planner has just written a plan, and has not sent its jobs yet, or only some."""
    async with asyncio.timeout(30):
        while await plans.getmany(timeout_ms=50):
            pass
        while not await plans.getmany(timeout_ms=1000):
            pass


async def _all_planned(publisher: Publisher) -> list[Plan]:
    found: list[Plan] = await records(publisher.where, "plans", World.ACTUAL)
    plans = list({plan.id: plan for plan in found if plan.state is PlanState.STARTED}.values())
    sent = {job.id for job in await records(publisher.where, "jobs-urgent", World.ACTUAL)}
    sent |= {outcome.job_id for outcome in await records(publisher.where, "outcomes", World.ACTUAL)}
    whole = all(bucket.job_id in sent for plan in plans for bucket in plan.buckets)
    return plans if whole and len(plans) == 2 * ORDERS else []
