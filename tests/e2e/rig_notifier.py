"""The notifier alone, as processes: orders go in on their topic, devices of the virtual push service show them."""

import asyncio
import contextlib
import itertools
import random
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import httpx
from rich.console import Console

from local.ledger import Account, accounts
from local.system import System, Wanted
from local.up import running
from notifier.subscriptions.profile import Profile
from notifier.subscriptions.seal import sealer_of, subscriber_id
from notifier.subscriptions.store import put
from notifier.webpush.keys import VapidKey, from_b64url
from schemas.kafka import Publisher
from schemas.process.clock import now_utc
from schemas.records.decided import Action, Order, Text
from schemas.records.delivered import Plan, PlanState
from tests.e2e.rig_residents import Resident
from tests.e2e.rig_topics import Topics, eventually, read_topics
from tests.integration.notifier_orders import order

TOWNS = ("14205", "14204", "14206")
PARTS = frozenset({"index", "plan", "deliver"})
READ = ("orders", "plans", "outcomes", "dead-letters")
SEND_FOR = timedelta(minutes=20)
THROTTLE = {"kind": "throttle", "times": 2, "retry_after": "3"}


@dataclass(slots=True)
class Notifier:
    """A running indexer, planner and two workers, with their Kafka, Redis and push service."""

    system: System
    publisher: Publisher
    residents: list[Resident] = field(default_factory=list)
    issued: dict[str, Order] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=itertools.count)

    async def settle(self, place: str, count: int) -> list[Resident]:
        """Devices that subscribed, straight onto the topic that the door writes."""
        key = VapidKey.of(self.system.env["SONAE_VAPID_KEY"])
        wish = {"count": count, "application_key": key.public_text, "label": place, "behaviour": {"kind": "ok"}}
        async with httpx.AsyncClient(base_url=self.system.url("push"), timeout=30) as push:
            made = (await push.post("/devices", json=wish)).raise_for_status().json()
        sealer, found = sealer_of(self.system.env["SONAE_SEALING_KEY"]), []
        for device in made:
            endpoint, keys = device["subscription"]["endpoint"], device["subscription"]["keys"]
            known = {"p256dh": from_b64url(keys["p256dh"]), "auth": from_b64url(keys["auth"]), "places": {place: ()}}
            await put(self.publisher, sealer, _profile(endpoint, key.key_id, known), now_utc())
            found.append(Resident(device["id"], subscriber_id(endpoint), place, False, "ok", now_utc()))
        self.residents += found
        return found

    async def behave(self, resident: Resident, behaviour: dict[str, object]) -> None:
        """From now on the push service answers for a device like this."""
        async with httpx.AsyncClient(base_url=self.system.url("push"), timeout=30) as push:
            answer = await push.patch(f"/devices/{resident.device}", json={"behaviour": behaviour})
            answer.raise_for_status()

    async def issue(self, place: str) -> Order:
        """A new order for a town."""
        name = f"order-{next(self.numbers)}"
        return await self._send(order(id=name, case_id=name, municipality=place, deliver_until=now_utc() + SEND_FOR))

    async def revise(self, before: Order) -> Order:
        """The next revision of an order."""
        text = (Text("ja", "避難指示", "対象の地域を広げました。"),)
        return await self._send(_next(before, action=Action.REVISE, texts=text))

    async def lift(self, before: Order) -> Order:
        """It is over."""
        return await self._send(_next(before, action=Action.LIFT, in_force=False))

    async def topics(self) -> Topics:
        """Everything about orders, as it is now."""
        return await read_topics(self.system.where, names=READ)

    async def account(self, which: Order) -> Account:
        """One revision's account, as it is now."""
        topics = await self.topics()
        records = [*topics.of("orders"), *topics.of("plans"), *topics.of("outcomes")]
        return accounts(records)[which.id, which.revision]

    async def settled(self, which: Order, seconds: float) -> Account:
        """The account of a revision once everyone planned, at least one, has an end; fails after these seconds."""
        found, done = await eventually(lambda: self.account(which), lambda a: a.settled and a.planned > 0, seconds)
        assert done, f"{which.id} revision {which.revision} after {seconds:.0f} s: {found.counts()}"
        return found

    async def _send(self, one: Order) -> Order:
        await self.publisher.send("orders", one.municipality, one)
        self.issued[one.id] = one
        return one


@contextlib.asynccontextmanager
async def running_notifier() -> AsyncIterator[Notifier]:
    """Everything that the notifier's core needs, and no more."""
    wanted = Wanted(None, None, workers=2, parts=PARTS)
    async with running(wanted, Console(width=160)) as system:
        publisher = Publisher(system.where)
        await publisher.start()
        try:
            yield Notifier(system, publisher)
        finally:
            await publisher.stop()


async def orders_all_day(notifier: Notifier, dice: random.Random, ending: asyncio.Event, pause_s: float) -> None:
    """Orders come, change and are lifted in all towns, and somebody subscribes now and then, until told to end."""
    standing: list[Order] = []
    while not ending.is_set():
        standing += [await notifier.issue(place) for place in TOWNS]
        if dice.random() < 0.7:
            at = dice.randrange(len(standing))
            standing[at] = await notifier.revise(standing[at])
        while len(standing) > 2 * len(TOWNS):
            await notifier.lift(standing.pop(dice.randrange(len(TOWNS))))
        if dice.random() < 0.5:
            await notifier.settle(dice.choice(TOWNS), 1)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(ending.wait(), dice.uniform(0, 2 * pause_s))


def incomplete(topics: Topics) -> list[str]:
    """Order revisions whose ends do not add up, and plans that nobody called complete."""
    books = accounts([*topics.of("orders"), *topics.of("plans"), *topics.of("outcomes")])
    wrong = [f"{name}: planned {b.planned}, ended {len(b.ends)}" for name, b in books.items() if not b.settled]
    plans: list[Plan] = topics.of("plans")
    open_plans = {p.id for p in plans} - {p.id for p in plans if p.state is PlanState.COMPLETE}
    begun = {(plan.order_id, plan.revision) for plan in plans}
    wrong += [f"plan {name} is not complete" for name in sorted(open_plans)]
    return wrong + [f"{name} has no plan" for name in books.keys() - begun]


def _profile(endpoint: str, vapid_key_id: str, known: Mapping[str, object]) -> Profile:
    facts = {"endpoint": endpoint, "vapid_key_id": vapid_key_id, "lang": "ja", "drills": False, "officer": None}
    return Profile(**(facts | dict(known)))  # type: ignore[arg-type]  # keyword by keyword as its fields are


def _next(before: Order, **changed: object) -> Order:
    kept = {name: getattr(before, name) for name in ("id", "case_id", "municipality", "deliver_until")}
    return order(**(kept | {"revision": before.revision + 1} | changed))
