"""From an order to plans and jobs, and from outcomes to complete plans: the planner on a real Kafka and Redis."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from redis.asyncio import Redis

from notifier import indexer, planner
from notifier.matches import read_matches_of
from notifier.newest import newest_of
from notifier.pages import IndexIncomplete, changes, current_generation
from notifier.settings import NotifierSettings
from notifier.store import connect
from notifier.subscriptions.profile import Profile, officer_places
from notifier.subscriptions.seal import sealer_of, subscriber_id
from notifier.subscriptions.store import put
from schemas.kafka import Publisher, Where
from schemas.process.clock import now_utc
from schemas.records.base import OrderType, World
from schemas.records.decided import Action, CallState
from schemas.records.delivered import DeliveryJob, End, Plan, PlanKind, PlanState
from tests.integration.notifier_orders import call, order, outcome
from tests.integration.notifier_rig import KEY, create_topics, records, role, settings_for, until

pytestmark = pytest.mark.kafka
ACTUAL = World.ACTUAL
TOPICS = ("subscriptions", "dead-letters", "outcomes", "orders", "calls", "resends", "plans", "jobs", "jobs-urgent")


@dataclass(slots=True)
class Rig:
    """A notifier's indexer and planner, and the hands that feed them."""

    settings: NotifierSettings
    publisher: Publisher
    redis: Redis

    @property
    def where(self) -> Where:
        """The cluster and the test's namespace."""
        return self.publisher.where

    async def subscribe(self, name: str, places: dict[str, tuple[str, ...]], drills: bool = False) -> str:
        """A device under a made-up endpoint; returns its subscriber id."""
        profile = Profile(f"http://127.0.0.1:9/{name}", b"p" * 65, b"a" * 16, "v", "ja", places, drills, None)
        await put(self.publisher, sealer_of(KEY), profile, now_utc())
        return subscriber_id(profile.endpoint)

    async def plans(self, state: PlanState = PlanState.STARTED, world: World = ACTUAL) -> list[Plan]:
        """Plans in one state, in the order they were made."""
        found: list[Plan] = await records(self.where, "plans", world)
        return sorted((plan for plan in found if plan.state is state), key=lambda plan: plan.made_at)

    async def jobs(self, plan: Plan, topic: str = "jobs-urgent") -> list[DeliveryJob]:
        """All jobs of a plan."""
        found: list[DeliveryJob] = await records(self.where, topic, plan.world)
        return [job for job in found if job.plan_id == plan.id]

    async def planned(self, kind: PlanKind, world: World = ACTUAL) -> Plan:
        """The first plan of this kind, once it is there."""

        async def found() -> list[Plan]:
            return [plan for plan in await self.plans(world=world) if plan.kind is kind]

        plans: list[Plan] = await until(found, f"a plan of kind {kind}")
        return plans[0]

    async def recipients(self, plan: Plan, topic: str = "jobs-urgent") -> set[str]:
        """Everyone in a plan's jobs, once all jobs are there."""

        async def found() -> list[DeliveryJob]:
            jobs = await self.jobs(plan, topic)
            return jobs if len({job.id for job in jobs}) == len(plan.buckets) else []

        jobs = await until(found, "all jobs") if plan.buckets else []
        return {name for job in jobs for name in job.recipients}

    async def end(self, plan: Plan, end: End, names: set[str], status: int | None = 201) -> None:
        """These recipients of a plan end like this."""
        for job in await self.jobs(plan):
            ends = {name: end for name in job.recipients if name in names}
            if ends:
                await self.publisher.send("outcomes", job.order_id, outcome(job, ends, status))


@pytest.fixture
async def rig(kafka: str, redis_url: str, namespace: str) -> AsyncIterator[Rig]:
    """Topics, a publisher and a running indexer; each test starts its own planner."""
    settings = settings_for(kafka, redis_url, namespace)
    create_topics(Where.of(settings), TOPICS)
    publisher, redis = Publisher(Where.of(settings)), connect(redis_url)
    await publisher.start()
    try:
        async with role(indexer, settings):
            yield Rig(settings, publisher, redis)
    finally:
        await publisher.stop()
        await redis.aclose()


async def test_an_order_is_planned_for_who_it_is_for(rig: Rig) -> None:
    """A plan counts its audience before the first job; an order for one area leaves the other area's people asleep."""
    here = await rig.subscribe("here", {"14100": ("1410011",)})
    whole = await rig.subscribe("whole", {"14100": ()})
    await rig.subscribe("there", {"14100": ("1410012",)})
    await rig.subscribe("elsewhere", {"14205": ()})
    async with role(planner, rig.settings):
        await until(lambda: indexed(rig, 4), "four subscribers")
        await rig.publisher.send("orders", "14100", order(municipality="14100", areas=("1410011",)))
        plan = await rig.planned(PlanKind.FIRST)
        assert (plan.audience, plan.order_id, plan.revision) == (2, "order-1", 1)
        assert await rig.recipients(plan) == {here, whole}
    newest = await newest_of(rig.redis, rig.where.namespace, ACTUAL, "order-1")
    assert newest is not None
    assert (newest.revision, newest.halted) == (1, False)


async def test_an_update_and_a_lift_reach_those_told_before(rig: Rig) -> None:
    """Who was told gets the all-clear, wherever they moved; who was never reached, or is gone, does not."""
    told, failed, gone, moved = [
        await rig.subscribe(name, {"14205": ()}) for name in ("told", "failed", "gone", "moved")
    ]
    async with role(planner, rig.settings):
        await until(lambda: indexed(rig, 4), "four subscribers")
        await rig.publisher.send("orders", "14205", order())
        first = await rig.planned(PlanKind.FIRST)
        assert await rig.recipients(first) == {told, failed, gone, moved}
        await rig.end(first, End.ACCEPTED, {told, moved})
        await rig.end(first, End.FAILED, {failed}, status=400)
        await rig.end(first, End.GONE, {gone}, status=410)
        (complete,) = await until(lambda: rig.plans(PlanState.COMPLETE), "the first plan is complete")
        assert (complete.id, complete.audience) == (first.id, 4)
        await until(lambda: indexed(rig, 3), "the gone device is erased")

        await rig.subscribe("moved", {"14204": ()})
        await until(lambda: _lies(rig, moved, "14204"), "moved to Kamakura")
        await rig.publisher.send("orders", "14205", order(revision=2, action=Action.LIFT, in_force=False))
        lift = await rig.planned(PlanKind.LIFT)
        assert await rig.recipients(lift) == {told, moved}


async def test_who_comes_late_gets_an_order_in_force(rig: Rig) -> None:
    """A device that subscribes after the plan gets the order at once, once; after the lift nobody does."""
    early = await rig.subscribe("early", {"14205": ()})
    async with role(planner, rig.settings):
        await until(lambda: indexed(rig, 1), "one subscriber")
        await rig.publisher.send("orders", "14205", order())
        assert await rig.recipients(await rig.planned(PlanKind.FIRST)) == {early}
        late = await rig.subscribe("late", {"14205": ()})
        supplement = await rig.planned(PlanKind.SUPPLEMENTARY)
        assert await rig.recipients(supplement) == {late}
        await rig.subscribe("late", {"14205": (), "14204": ()})
        await rig.publisher.send("orders", "14205", order(revision=2, action=Action.LIFT, in_force=False))
        await rig.planned(PlanKind.LIFT)
        later = await rig.subscribe("later", {"14205": ()})
        await until(lambda: _lies(rig, later, "14205"), "indexed")
        await rig.publisher.send("orders", "14205", order(id="order-2", case_id="case-2"))
        await until(lambda: _count(rig, "order-2"), "another order, planned after")
    assert len([plan for plan in await rig.plans() if plan.kind is PlanKind.SUPPLEMENTARY]) == 1


async def test_a_drill_asks_for_consent(rig: Rig) -> None:
    """An exercise reaches only opted-in devices, and never pushes ahead of real orders."""
    await rig.subscribe("no", {"14205": ()})
    yes = await rig.subscribe("yes", {"14205": ()}, drills=True)
    async with role(planner, rig.settings.model_copy(update={"world": World.EXERCISE})):
        await until(lambda: indexed(rig, 2), "two subscribers")
        await rig.publisher.send("orders", "14205", order(world=World.EXERCISE))
        plan = await rig.planned(PlanKind.FIRST, World.EXERCISE)
        assert await rig.recipients(plan, "jobs") == {yes}


async def test_level_three_is_not_urgent(rig: Rig) -> None:
    """Level 3 goes behind what is urgent; its audience of nobody is complete at once."""
    async with role(planner, rig.settings):
        mild = order(level=3, order_type=OrderType.ELDERLY_EVACUATION)
        await rig.publisher.send("orders", "14205", mild)
        (complete,) = await until(lambda: rig.plans(PlanState.COMPLETE), "nobody is told at once")
        assert complete.audience == 0
    assert await records(rig.where, "jobs-urgent", ACTUAL) == []


async def test_a_call_wakes_the_officers_it_names(rig: Rig) -> None:
    """A call reaches the devices of its officers, then the next; acknowledged, nothing more is sent."""
    devices = {}
    for name in ("sato", "suzuki"):
        profile = Profile(f"http://127.0.0.1:9/{name}", b"p" * 65, b"a" * 16, "v", "ja", {}, False, name)
        profile = Profile(
            **{f: getattr(profile, f) for f in profile.__slots__} | {"places": officer_places(name, ("14205",))}
        )
        await put(rig.publisher, sealer_of(KEY), profile, now_utc())
        devices[name] = subscriber_id(profile.endpoint)
    async with role(planner, rig.settings):
        await until(lambda: indexed(rig, 2), "two devices")
        await rig.publisher.send("calls", "14205", call())
        first = await rig.planned(PlanKind.CALL)
        assert await rig.recipients(first) == {devices["sato"]}
        await rig.publisher.send("calls", "14205", call(step=2, officers=()))
        _, second = await until(lambda: _two(rig), "the second step")
        assert await rig.recipients(second) == set(devices.values())
        await rig.publisher.send("calls", "14205", call(step=2, state=CallState.ACKNOWLEDGED, acknowledged_by="sato"))

        async def acknowledged() -> bool:
            newest = await newest_of(rig.redis, rig.where.namespace, ACTUAL, "call-1")
            return newest is not None and newest.halted and newest.revision > 2

        await until(acknowledged, "workers are told")
    assert len(await rig.plans()) == 2


async def test_a_planner_that_dies_does_the_same_again(rig: Rig) -> None:
    """Restarted, even on an empty Redis: no second plan, and the lift still finds whom the first one told."""
    names = {await rig.subscribe(f"d{number}", {"14205": ()}) for number in range(40)}
    await until(lambda: indexed(rig, 40), "forty subscribers")
    await rig.publisher.send("orders", "14205", order())
    async with role(planner, rig.settings):
        first = await rig.planned(PlanKind.FIRST)
        assert await rig.recipients(first) == names
        await rig.end(first, End.ACCEPTED, names)
        await until(lambda: rig.plans(PlanState.COMPLETE), "complete")
    await _lose_ledger(rig)
    await rig.publisher.send("orders", "14205", order(revision=2, action=Action.LIFT, in_force=False))
    async with role(planner, rig.settings):
        lift = await rig.planned(PlanKind.LIFT)
        assert await rig.recipients(lift) == names
    assert {plan.id for plan in await rig.plans()} == {first.id, lift.id}


async def test_a_ledger_lost_in_the_middle_is_whole_again(rig: Rig) -> None:
    """Redis emptied while half of the ends were in: the other half completes the plan, and the lift misses nobody."""
    names = sorted([await rig.subscribe(f"d{number}", {"14205": ()}) for number in range(20)])
    await until(lambda: indexed(rig, 20), "twenty subscribers")
    async with role(planner, rig.settings):
        await rig.publisher.send("orders", "14205", order())
        first = await rig.planned(PlanKind.FIRST)
        assert await rig.recipients(first) == set(names)
        await rig.end(first, End.ACCEPTED, set(names[:10]))
        await until(lambda: _open(rig, first, 10), "ten ends")
    await _lose_ledger(rig)
    async with role(planner, rig.settings):
        await until(lambda: _open(rig, first, 10), "ten ends, read again")
        await rig.end(first, End.EXPIRED, set(names[10:]), status=None)
        (complete,) = await until(lambda: rig.plans(PlanState.COMPLETE), "complete")
        assert (complete.id, complete.audience) == (first.id, 20)
        await rig.publisher.send("orders", "14205", order(revision=2, action=Action.LIFT, in_force=False))
        assert await rig.recipients(await rig.planned(PlanKind.LIFT)) == set(names[:10])
    assert len(await rig.plans()) == 2


async def test_who_came_while_nobody_planned_is_found(rig: Rig) -> None:
    """The planner was down, or the index was rebuilt: everyone is compared with who was planned, and nobody twice."""
    await rig.subscribe("early", {"14205": ()})
    await until(lambda: indexed(rig, 1), "one subscriber")
    async with role(planner, rig.settings):
        await rig.publisher.send("orders", "14205", order())
        await rig.recipients(await rig.planned(PlanKind.FIRST))
    late = await rig.subscribe("late", {"14205": ()})
    await until(lambda: indexed(rig, 2), "two subscribers")
    async with role(planner, rig.settings):
        assert await rig.recipients(await rig.planned(PlanKind.SUPPLEMENTARY)) == {late}
        await rig.redis.xadd(changes(rig.where.namespace), {"generation": "rebuilt"})
        last = await rig.subscribe("last", {"14205": ()})

        async def two() -> list[Plan]:
            plans = [plan for plan in await rig.plans() if plan.kind is PlanKind.SUPPLEMENTARY]
            return plans if len(plans) == 2 else []

        _, second = await until(two, "a plan for the last one alone")
        assert await rig.recipients(second) == {last}


async def test_a_halt_sends_nothing(rig: Rig) -> None:
    """A halted revision is noted for the workers and planned for nobody."""
    async with role(planner, rig.settings):
        await rig.publisher.send("orders", "14205", order(halted=True))

        async def halted() -> bool:
            newest = await newest_of(rig.redis, rig.where.namespace, ACTUAL, "order-1")
            return newest is not None and newest.halted

        await until(halted, "workers are told")
    assert await rig.plans() == []


async def test_unreadable_orders_are_parked(rig: Rig) -> None:
    """Bytes that are no order go to dead-letters, and the next order is planned."""
    async with role(planner, rig.settings):
        await rig.publisher.resend(rig.where.name("orders", ACTUAL), b"14205", b"\x00junk", None)
        await rig.publisher.send("orders", "14205", order())
        await rig.planned(PlanKind.FIRST)
    (letter,) = await records(rig.where, "dead-letters", None)
    assert (letter.program, letter.reason, letter.body) == ("notifier", "Unreadable", b"\x00junk")


async def indexed(rig: Rig, count: int) -> bool:
    """Whether the index holds so many subscribers."""
    return await _size(rig) == count


async def _size(rig: Rig) -> int:
    try:
        keys = await current_generation(rig.redis, rig.where.namespace)
    except IndexIncomplete:
        return -1
    return sum(int(count) for count in await rig.redis.hvals(keys.services()))


async def _lies(rig: Rig, subscriber: str, place: str) -> bool:
    keys = await current_generation(rig.redis, rig.where.namespace)
    found = await read_matches_of(rig.redis, keys, place, [subscriber])
    return any(subscriber in members for members in found.values())


async def _count(rig: Rig, order_id: str) -> int:
    return len([plan for plan in await rig.plans() if plan.order_id == order_id])


async def _two(rig: Rig) -> list[Plan]:
    plans = await rig.plans()
    return plans if len(plans) == 2 else []


async def _open(rig: Rig, plan: Plan, count: int) -> bool:
    left = await rig.redis.hget(f"{rig.where.namespace}actual.plan:{plan.id}", "left")
    return left is not None and int(left) == count


async def _lose_ledger(rig: Rig) -> None:
    async for key in rig.redis.scan_iter(match=f"{rig.where.namespace}actual.*"):
        await rig.redis.delete(key)
