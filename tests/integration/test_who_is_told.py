"""Issue, revise, lift, while people come, move, change endpoints and are reached or not: who must hear, hears once.

A random walk on a real planner, indexer, Kafka and Redis, held against a model that knows only the promise.
"""

import os
import random
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from notifier import indexer, planner
from notifier.matches import read_matches
from notifier.pages import IndexIncomplete, current_generation
from notifier.store import connect
from notifier.subscriptions.profile import Profile
from notifier.subscriptions.seal import sealer_of, subscriber_id
from notifier.subscriptions.store import erase, put
from schemas.kafka import Publisher, Where
from schemas.process.clock import now_utc
from schemas.records.base import World
from schemas.records.decided import Action
from schemas.records.delivered import DeliveryJob, End, Plan, PlanState
from tests.integration.notifier_orders import order, outcome
from tests.integration.notifier_rig import KEY, create_topics, records, role, settings_for, until
from tests.integration.test_planner import TOPICS, Rig

pytestmark = [pytest.mark.kafka, pytest.mark.deadline(180)]
HERE, THERE = "1410011", "1410012"
ENDS = (End.ACCEPTED, End.ACCEPTED, End.FAILED, End.EXPIRED, End.SUPERSEDED, End.REFUSED)
STEPS = int(os.environ.get("SONAE_TEST_STEPS", "14"))


@dataclass(slots=True)
class Model:
    """Who wants which area, what was planned of each revision for whom, and how it ended."""

    wants: dict[str, str] = field(default_factory=dict)
    planned: dict[int, dict[str, End | None]] = field(default_factory=dict)
    went_on: dict[str, str] = field(default_factory=dict)
    revision: int = 0

    def meant(self) -> set[str]:
        """Who matches now."""
        return {name for name, area in self.wants.items() if area == HERE}

    def told(self) -> set[str]:
        """Who was accepted, or has no end, in any revision, as each is known now."""
        ends = [(name, end) for one in self.planned.values() for name, end in one.items()]
        return {self.now(name) for name, end in ends if end in {None, End.ACCEPTED}}

    def now(self, name: str) -> str:
        """The id under which a device goes on."""
        while name in self.went_on:
            name = self.went_on[name]
        return name

    def came(self, name: str) -> None:
        """Somebody subscribed, moved here, or goes on under a new id: the order in force reaches who never had it."""
        had = {planned for one in self.planned.values() for planned in one}
        if self.wants[name] == HERE and name not in had and name not in self.told():
            self.planned[self.revision][name] = None

    def next(self, audience: set[str]) -> None:
        """A revision is planned."""
        self.revision += 1
        self.planned[self.revision] = dict.fromkeys(audience)


@dataclass(slots=True)
class Walk:
    """The model, and the hands that do the same to the real thing."""

    rig: Rig
    dice: random.Random
    model: Model = field(default_factory=Model)
    endpoints: dict[str, str] = field(default_factory=dict)

    async def comes(self, replaces: str | None = None) -> None:
        """A new subscription; with `replaces`, of a device that had another before."""
        endpoint = f"http://127.0.0.1:9/{len(self.endpoints)}"
        name = subscriber_id(endpoint)
        self.endpoints[name] = endpoint
        area = self.model.wants.pop(replaces) if replaces else self.dice.choice((HERE, THERE))
        if replaces:
            self.model.went_on[replaces] = name
        self.model.wants[name] = area
        await self._put(name, replaces)
        self.model.came(name)

    async def moves(self) -> None:
        """Somebody wants the other area now."""
        name = self.dice.choice(sorted(self.model.wants))
        self.model.wants[name] = THERE if self.model.wants[name] == HERE else HERE
        await self._put(name, None)
        self.model.came(name)

    async def changes_endpoint(self) -> None:
        """A browser gave a device another endpoint."""
        await self.comes(replaces=self.dice.choice(sorted(self.model.wants)))

    async def some_end(self) -> None:
        """Workers say how some deliveries of some revision ended."""
        revision = self.dice.choice(sorted(self.model.planned))
        waiting = [name for name, end in self.model.planned[revision].items() if end is None]
        ends = {name: self.dice.choice(ENDS) for name in waiting if self.dice.random() < 0.5}
        for job in await self.jobs(revision):
            told = {name: ends[name] for name in job.recipients if name in ends}
            if told:
                await self.rig.publisher.send("outcomes", job.order_id, outcome(job, told))
        self.model.planned[revision] |= ends

    async def revises(self) -> None:
        """An update: who was told, and who matches now."""
        self.model.next(self.model.meant() | self.model.told() if self.model.revision else self.model.meant())
        action = Action.REVISE if self.model.revision > 1 else Action.ISSUE
        one = order(municipality="14100", areas=(HERE,), revision=self.model.revision, action=action)
        await self.rig.publisher.send("orders", "14100", one)

    async def lifts(self) -> None:
        """It is over: for who was told, and for nobody else."""
        self.model.next(self.model.told())
        one = order(
            municipality="14100", areas=(HERE,), revision=self.model.revision, action=Action.LIFT, in_force=False
        )
        await self.rig.publisher.send("orders", "14100", one)

    async def jobs(self, revision: int) -> list[DeliveryJob]:
        """All jobs of a revision, a repeat once."""
        found: list[DeliveryJob] = await records(self.rig.where, "jobs-urgent", World.ACTUAL)
        return list({job.id: job for job in found if job.revision == revision}.values())

    async def agrees(self) -> bool:
        """Whether everyone is planned as the model says, the counts are right, and every end is counted."""
        if not await self.is_indexed():
            return False
        plans: list[Plan] = await self.rig.plans(PlanState.STARTED)
        for revision, planned in self.model.planned.items():
            told = Counter(name for job in await self.jobs(revision) for name in job.recipients)
            mine = {plan.id: plan for plan in plans if plan.revision == revision}
            if told != Counter(planned.keys()) or sum(plan.audience for plan in mine.values()) != len(planned):
                return False
            waiting = sum(end is None for end in planned.values())
            if await self._left(mine) != waiting:
                return False
        return True

    async def is_indexed(self) -> bool:
        """Whether the index holds exactly those who are there, each with what it wants."""
        try:
            keys = await current_generation(self.rig.redis, self.rig.where.namespace)
        except IndexIncomplete:
            return False
        pages = (await read_matches(self.rig.redis, keys, ["14100"])).values()
        return {name: match.areas for page in pages for name, match in page.items()} == {
            name: (area,) for name, area in self.model.wants.items()
        }

    def said(self) -> str:
        """What the model holds, for a report."""
        sizes = {number: len(planned) for number, planned in self.model.planned.items()}
        return f"revisions {sizes}, {len(self.model.wants)} people"

    async def _left(self, plans: dict[str, Plan]) -> int:
        keys = [f"{self.rig.where.namespace}actual.plan:{name}" for name in plans]
        return sum([int(await self.rig.redis.hget(key, "left") or 0) for key in keys])

    async def _put(self, name: str, replaces: str | None) -> None:
        places: dict[str, tuple[str, ...]] = {"14100": (self.model.wants[name],)}
        profile = Profile(self.endpoints[name], b"p" * 65, b"a" * 16, "v", "ja", places, False, None, replaces=replaces)
        await put(self.rig.publisher, sealer_of(KEY), profile, now_utc())
        if replaces is not None:  # as the door does it
            await erase(self.rig.publisher, replaces, now_utc())


@pytest.fixture
async def walk(kafka: str, redis_url: str, namespace: str) -> AsyncIterator[Walk]:
    """A planner and an indexer, and dice whose seed is in the report."""
    seed = int(os.environ.get("SONAE_TEST_SEED", random.SystemRandom().randrange(1_000_000)))
    settings = settings_for(kafka, redis_url, namespace)
    create_topics(Where.of(settings), TOPICS)
    publisher, redis = Publisher(Where.of(settings)), connect(redis_url)
    await publisher.start()
    print(f"seed {seed}")
    try:
        async with role(indexer, settings), role(planner, settings):
            yield Walk(Rig(settings, publisher, redis), random.Random(seed))
    finally:
        await publisher.stop()
        await redis.aclose()


async def test_who_must_hear_hears_once(walk: Walk) -> None:
    """Twelve people, an order, a random day, and its lift: each revision is planned for exactly whom it is owed."""
    for _ in range(12):
        walk.model.planned.setdefault(0, {})
        await walk.comes()
    walk.model.planned.clear()
    await until(walk.is_indexed, "everyone is indexed")
    await walk.revises()
    await until(walk.agrees, walk.said())
    steps = (walk.comes, walk.moves, walk.changes_endpoint, walk.some_end, walk.some_end, walk.revises)
    for _ in range(STEPS):
        step = walk.dice.choice(steps)
        await step()
        await until(walk.agrees, f"after {step.__name__}: {walk.said()}")
    await walk.lifts()
    await until(walk.agrees, f"after the lift: {walk.said()}")
