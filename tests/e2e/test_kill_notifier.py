"""Indexer, planner, workers and Redis killed again and again while orders flow: planned = ended, nobody is lost.

Real processes, a real Kafka and Redis; Redis comes back empty, so index and ledger are read again from the topics.
`make soak` kills 200 times.
"""

import asyncio
import os
import random
import time
from collections import Counter
from dataclasses import dataclass

import pytest

from notifier.webpush.pace import FIRST_WINDOW
from schemas.records.decided import Order
from schemas.records.delivered import End, JobOutcome
from tests.e2e import rig_audit as audit
from tests.e2e.rig_notifier import THROTTLE, TOWNS, Notifier, incomplete, orders_all_day, running_notifier
from tests.e2e.rig_residents import Residents
from tests.e2e.rig_topics import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.kafka]

PEOPLE = 40
VICTIMS = ("plan", "deliver", "deliver-1", "index", "redis")
BACK_WITHIN_S, SETTLED_WITHIN_S = 60.0, 60.0
IN_FLIGHT = 2 * FIRST_WINDOW
"""Requests that a worker has under way at one push service: these devices do not let its window grow far."""


@dataclass(frozen=True, slots=True)
class Kill:
    """What was killed, how long its place was empty, and what devices got twice meanwhile."""

    name: str
    away_s: float
    repeats: int


SHORT = pytest.param(7, 0.4, marks=pytest.mark.deadline(180))
LONG = pytest.param(200, 1.0, marks=[pytest.mark.soak, pytest.mark.deadline(5400)])


@pytest.mark.parametrize(("times", "pause_s"), [SHORT, LONG])
async def test_every_delivery_ends_whatever_is_killed(
    times: int, pause_s: float, capsys: pytest.CaptureFixture[str]
) -> None:
    """At the end everything planned has ended, every device shows what it should, and no repeat rang twice."""
    seed = int(os.environ.get("SONAE_TEST_SEED", random.SystemRandom().randrange(1_000_000)))
    dice, ending = random.Random(seed), asyncio.Event()
    async with running_notifier() as notifier:
        for place in TOWNS:
            await notifier.settle(place, PEOPLE)
        await notifier.settled(await notifier.issue(TOWNS[0]), 30)
        await _one_throttled_holds_nobody(notifier)
        feeding = asyncio.create_task(orders_all_day(notifier, dice, ending, pause_s))
        kills = [await _kill(notifier, name, dice) for name in _victims(times, dice)]
        ending.set()
        await feeding
        topics, done = await eventually(notifier.topics, lambda found: not incomplete(found), SETTLED_WITHIN_S)
        views = await Residents(notifier.system).screens()
        with capsys.disabled():
            _print(kills, topics.of("outcomes"), seed)
        assert done, "\n".join(incomplete(topics)[:20])
        wrong = [
            *audit.screens(topics, notifier.residents, views),
            *audit.nobody_forgotten(topics, notifier.residents, views),
            *(f"parked: {letter.reason}: {letter.text}" for letter in topics.of("dead-letters")),
        ]
        assert not wrong, "\n".join(wrong[:20])
        assert max(kill.repeats for kill in kills) <= IN_FLIGHT + _busiest_second(topics.of("outcomes"))


async def _one_throttled_holds_nobody(notifier: Notifier) -> None:
    """One device's service asks for patience: the others, and the next order, do not wait."""
    (slow,) = await notifier.settle(TOWNS[0], 1)
    await _known(notifier, slow.subscriber)
    await notifier.behave(slow, THROTTLE)
    first = await notifier.issue(TOWNS[0])
    second = await notifier.issue(TOWNS[0])
    account, both = await notifier.settled(first, 30), await notifier.settled(second, 30)
    assert account.ends[slow.subscriber] is both.ends[slow.subscriber] is End.ACCEPTED
    at = await _ended_at(notifier, (first, second))
    waited = min(at[order.id, slow.subscriber] for order in (first, second))
    others = max(moment for (_, name), moment in at.items() if name != slow.subscriber)
    assert others < waited


async def _known(notifier: Notifier, subscriber: str) -> None:
    """Return when orders reach somebody who just subscribed."""
    probe = await notifier.issue(TOWNS[0])
    _, found = await eventually(lambda: notifier.account(probe), lambda account: subscriber in account.ends, 40)
    assert found, "the new subscriber got an order in force"
    await notifier.settled(await notifier.lift(probe), 30)


async def _ended_at(notifier: Notifier, orders: tuple[Order, ...]) -> dict[tuple[str, str], float]:
    """When each delivery of these orders ended (epoch seconds)."""
    names = {order.id for order in orders}
    outcomes: list[JobOutcome] = (await notifier.topics()).of("outcomes")
    ends = [(outcome.order_id, end) for outcome in outcomes if outcome.order_id in names for end in outcome.ends]
    return {(order_id, end.subscriber): end.at.timestamp() for order_id, end in reversed(ends)}


def _busiest_second(outcomes: list[JobOutcome]) -> int:
    """Deliveries that ended within one progress interval, at most."""
    ends = (end for outcome in outcomes for end in outcome.ends)
    return max(Counter(int(end.at.timestamp()) for end in ends).values())


def _victims(times: int, dice: random.Random) -> list[str]:
    """Each about as often; Redis, which all have to come back from, less."""
    row = [name for name in VICTIMS for _ in range(1 + times // (5 if name != "redis" else 10))]
    dice.shuffle(row)
    return [*VICTIMS, *row][:times]


async def _kill(notifier: Notifier, name: str, dice: random.Random) -> Kill:
    """SIGKILL in the middle of a town's order; returns once it is ready again and repeats have been seen."""
    supervisor, before = notifier.system.supervisor, await notifier.repeats()
    await notifier.issue(dice.choice(TOWNS))
    await asyncio.sleep(dice.uniform(0, 0.25))  # anywhere in its work: that is what is tested
    began = time.monotonic()
    await supervisor.back(name, supervisor.kill(name), BACK_WITHIN_S)
    away_s = time.monotonic() - began
    await asyncio.sleep(1.0)  # what its successor repeats comes now
    return Kill(name, away_s, await notifier.repeats() - before)


def _print(kills: list[Kill], outcomes: list[JobOutcome], seed: int) -> None:
    ends = Counter(str(end.end) for outcome in outcomes for end in outcome.ends)
    print(f"\n{len(kills)} kills (seed {seed}); ends as written: {dict(ends)}")
    for name in VICTIMS:
        mine = [kill for kill in kills if kill.name == name]
        if mine:
            away = max(kill.away_s for kill in mine)
            repeats = [kill.repeats for kill in mine]
            print(f"  {name:<10} {len(mine)} ×, away at most {away:.1f} s, repeats per kill {repeats}")
