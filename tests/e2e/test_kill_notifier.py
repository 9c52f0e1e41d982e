"""Indexer, planner, workers and Redis killed again and again while orders flow: planned = ended, nobody is lost.

Real processes, a real Kafka and Redis; Redis comes back empty, so index and ledger are read again from the topics.
`make soak` kills 200 times.
"""

import asyncio
import os
import random
import time
from collections import Counter
from statistics import median

import pytest

from local.processes import Supervisor
from notifier.delivery.work import PROGRESS_S
from notifier.webpush.pace import FIRST_WINDOW
from schemas.records.decided import Order
from schemas.records.delivered import End, JobOutcome
from tests.e2e import rig_audit as audit
from tests.e2e.rig_notifier import THROTTLE, TOWNS, Notifier, incomplete, orders_all_day, running_notifier
from tests.e2e.rig_reaper import Kill
from tests.e2e.rig_repeats import Pushes, Repeat, by_kill
from tests.e2e.rig_residents import Residents
from tests.e2e.rig_topics import Topics, eventually
from tests.shown import Shown

pytestmark = [pytest.mark.e2e, pytest.mark.kafka]

PEOPLE = 40
VICTIMS = ("plan", "deliver", "deliver-1", "index", "redis")
SENDERS = frozenset({"deliver", "deliver-1", "redis"})
"""Whose death may repeat pushes: a worker knows alone what it just sent, and Redis remembers it for all."""

BACK_WITHIN_S, SETTLED_WITHIN_S, FLOWS_S = 60.0, 60.0, 1.0

SHORT = pytest.param(7, 0.4, marks=pytest.mark.deadline(180))
LONG = pytest.param(200, 1.0, marks=[pytest.mark.soak, pytest.mark.deadline(5400)])


@pytest.mark.parametrize(("times", "pause_s"), [SHORT, LONG])
async def test_every_delivery_ends_whatever_is_killed(times: int, pause_s: float, shown: Shown) -> None:
    """At the end everything planned has ended, every device shows what it should, and no repeat rang twice."""
    seed = int(os.environ.get("SONAE_TEST_SEED", random.SystemRandom().randrange(1_000_000)))
    dice, ending = random.Random(seed), asyncio.Event()
    async with running_notifier() as notifier:
        for place in TOWNS:
            await notifier.settle(place, PEOPLE)
        await notifier.settled(await notifier.issue(TOWNS[0]), 30)
        await _one_throttled_holds_nobody(notifier)
        feeding = asyncio.create_task(orders_all_day(notifier, dice, ending, pause_s))
        kills, pushes = [], Pushes(notifier.system.url("push"))
        for name in _victims(times, dice):
            kills.append(await _kill(notifier, name, dice))
            await pushes.follow()
        ending.set()
        await feeding
        (topics, wrong), _ = await eventually(
            lambda: _all_of_it(notifier), lambda found: not found[1], SETTLED_WITHIN_S
        )
        await pushes.follow()
        explained = by_kill(pushes.repeats(), kills, SENDERS)
        with shown():
            _print(kills, explained, topics, seed)
        assert not wrong, "\n".join(wrong[:20])
        assert not _too_many(kills, explained, pushes)


async def _all_of_it(notifier: Notifier) -> tuple[Topics, list[str]]:
    """What the topics hold now, and what is wrong with it, or on the screens."""
    topics, views = await notifier.topics(), await Residents(notifier.system).screens()
    return topics, [
        *incomplete(topics),
        *audit.screens(topics, notifier.residents, views),
        *audit.nobody_forgotten(topics, notifier.residents, views),
        *(f"parked: {letter.reason}: {letter.text}" for letter in topics.of("dead-letters")),
    ]


def _too_many(kills: list[Kill], explained: dict[int, list[Repeat]], pushes: Pushes) -> list[str]:
    """Repeats of anything but requests in flight and what ended in the last progress interval, kill by kill."""
    wrong = [f"{len(explained[-1])} repeats without a kill"] if -1 in explained else []
    for number, repeats in explained.items():
        kill = kills[number]
        known = sum(repeat.first < kill.at - PROGRESS_S for repeat in repeats)
        windows = {"redis": 2}.get(kill.name, 1)  # both workers' requests, or one's
        most = windows * FIRST_WINDOW + pushes.within(kill.at - PROGRESS_S, kill.at)
        if kill.name not in SENDERS or known or len(repeats) > most:
            wrong.append(f"kill {number} ({kill.name}): {len(repeats)} repeats, {known} of them known for longer")
    return wrong


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


def _victims(times: int, dice: random.Random) -> list[str]:
    """Each about as often; Redis, which all have to come back from, less."""
    row = [name for name in VICTIMS for _ in range(1 + times // (4 if name != "redis" else 8))]
    dice.shuffle(row)
    return [*VICTIMS, *row][:times]


async def _kill(notifier: Notifier, name: str, dice: random.Random) -> Kill:
    """SIGKILL in the middle of a town's order; returns once it is ready again and work flows."""
    supervisor = notifier.system.supervisor
    await notifier.issue(dice.choice(TOWNS))
    await asyncio.sleep(dice.uniform(0, 0.25))  # anywhere in its work: that is what is tested
    killed, at = await _dead(supervisor, name), time.time()
    await supervisor.back(name, killed, BACK_WITHIN_S)
    away_s = time.time() - at
    await asyncio.sleep(FLOWS_S)
    return Kill(name, at, away_s)


async def _dead(supervisor: Supervisor, name: str) -> int:
    """Killed, also while it starts; one that just ended by itself, as Redis was lost, is waited for."""
    async with asyncio.timeout(BACK_WITHIN_S):
        while True:
            try:
                return supervisor.kill(name)
            except ProcessLookupError:
                await asyncio.sleep(0.05)


def _print(kills: list[Kill], explained: dict[int, list[Repeat]], topics: Topics, seed: int) -> None:
    outcomes: list[JobOutcome] = topics.of("outcomes")
    ends = Counter(str(end.end) for outcome in outcomes for end in outcome.ends)
    print(f"\n{len(kills)} kills (seed {seed}); {len(topics.of('orders'))} revisions; ends as written: {dict(ends)}")
    for name in VICTIMS:
        mine = {number: kill for number, kill in enumerate(kills) if kill.name == name}
        if mine:
            away = [kill.away_s for kill in mine.values()]
            repeats = [len(explained.get(number, [])) for number in mine]
            old = [kill.at - repeat.first for number, kill in mine.items() for repeat in explained.get(number, [])]
            print(
                f"  {name:<10} {len(mine)} ×, away {median(away):.1f} s, at most {max(away):.1f} s; repeats per kill "
                f"{min(repeats)} / {median(repeats):.0f} / {max(repeats)}, {sum(repeats)} in all"
                + (f", got {max(old):.2f} to {min(old):.2f} s before the kill" if old else "")
            )
