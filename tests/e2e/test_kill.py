"""Every process killed again and again while events flow: every input reaches its end, nothing is missing.

Kafka and Redis stay up in the first test. `make soak` kills each process 50 times.
"""

import os
import random
import time
from datetime import datetime
from pathlib import Path

import pytest

from local.system import ALL_PARTS
from schemas.process.clock import now_utc
from schemas.records.decided import Order
from schemas.records.delivered import Plan, PlanState
from tests.e2e import rig_audit as audit
from tests.e2e.rig_figures import blackouts, print_counts, print_kills, signs_of_life
from tests.e2e.rig_load import TOWNS, Load, Pace, under_load
from tests.e2e.rig_officers import ORDERING
from tests.e2e.rig_reaper import Reaper
from tests.e2e.rig_refold import recommended, undisturbed
from tests.e2e.rig_topics import Topics, eventually, read_topics
from tests.shown import Shown

pytestmark = [pytest.mark.e2e, pytest.mark.kafka]

SETTLED_WITHIN_S = 45.0
BLACKOUT_S = 10.0
"""The promise for each program, held against the middle one of its kills: a machine that is busy is slower."""

SHORT = pytest.param(3, Pace(), marks=pytest.mark.deadline(300))
LONG = pytest.param(
    50, Pace(speed=60.0, order_s=2.0, newcomer_s=5.0), marks=[pytest.mark.soak, pytest.mark.deadline(3600)]
)


@pytest.mark.parametrize(("times", "pace"), [SHORT, LONG])
async def test_nothing_is_lost_whatever_is_killed(times: int, pace: Pace, tmp_path: Path, shown: Shown) -> None:
    """Each process is killed `times` times, up to three at once; at the end everything adds up."""
    seed = int(os.environ.get("SONAE_TEST_SEED", random.SystemRandom().randrange(1_000_000)))
    async with under_load(tmp_path, pace) as load:
        reaper = Reaper(load.system.supervisor, tuple(sorted(ALL_PARTS)), times, seed, load.pulse)
        await reaper.run()
        now = await load.end()
        topics, wrong = await _settled(load, now)
        signs = signs_of_life(topics, {"index": load.index_moved, "broadcast": [at for *_, at in load.listener.events]})
        with shown():
            print_kills(reaper.kills, signs, seed)
            print_counts(topics, await _more(load, topics, now))
    assert not wrong, "\n".join(wrong[:40])
    assert recommended(topics) == undisturbed(topics)
    slow = {name: seconds for name, seconds in blackouts(reaper.kills, signs).items() if _middle(seconds) > BLACKOUT_S}
    assert slow == {}


@pytest.mark.deadline(300)
async def test_a_lost_redis_and_a_killed_kafka_lose_nothing(tmp_path: Path, shown: Shown) -> None:
    """Redis comes back empty, Kafka with what it had acknowledged: orders go on, and everything adds up."""
    async with under_load(tmp_path, Pace(speed=200.0, order_s=1.0, newcomer_s=3.0)) as load:
        reaper = Reaper(load.system.supervisor, ("redis", "kafka"), 1, 0, load.pulse)
        went_on = []
        await _orders_go_on(load)
        for name in ("redis", "kafka"):
            await reaper.kill(name)
            went_on.append((name, await _orders_go_on(load)))
        now = await load.end()
        topics, wrong = await _settled(load, now)
        with shown():
            for name, seconds in went_on:
                print(
                    f"{name} killed: an order that was issued after it came back had reached all after {seconds:.1f} s"
                )
            print_counts(topics, await _more(load, topics, now))
    assert not wrong, "\n".join(wrong[:40])
    assert recommended(topics) == undisturbed(topics)


async def _orders_go_on(load: Load) -> float:
    """Wait until each town that orders has one issued from now on and told to everyone; after how many seconds."""
    since, began = now_utc(), time.monotonic()

    def done() -> bool:
        issued = {order.id: order.municipality for order in load.witness.of(Order) if order.made_at > since}
        told = {plan.order_id for plan in load.witness.of(Plan) if plan.state is PlanState.COMPLETE and plan.audience}
        return {issued[name] for name in issued.keys() & told} >= ORDERING.keys()

    await load.witness.until(done, "order in every town that reached everyone", 60)
    return time.monotonic() - began


async def _settled(load: Load, now: datetime) -> tuple[Topics, list[str]]:
    """The topics once nothing is wrong any more, or what still is after SETTLED_WITHIN_S."""

    async def look() -> tuple[Topics, list[str]]:
        topics = await read_topics(load.system.where)
        return topics, await _wrong(load, topics, now)

    (topics, wrong), _ = await eventually(look, lambda found: not found[1], SETTLED_WITHIN_S)
    return topics, wrong


async def _wrong(load: Load, topics: Topics, now: datetime) -> list[str]:
    residents, views = load.residents.all, await load.residents.screens()
    return [
        *audit.inputs(topics, load.storm, now),
        *audit.recommendations(topics, load.storm, now),
        *audit.decisions(topics),
        *audit.revisions(topics),
        *audit.deliveries(topics),
        *audit.screens(topics, residents, views),
        *audit.nobody_forgotten(topics, residents, views),
        *audit.stream(topics, load.listener.events, set(TOWNS)),
        *(f"parked: {letter.reason}: {letter.text}" for letter in topics.of("dead-letters")),
    ]


async def _more(load: Load, topics: Topics, now: datetime) -> dict[str, object]:
    sums = await load.residents.sums()
    return {
        "telegrams served": len(load.storm.telegrams(now)),
        "bulletins that they make": len(load.storm.bulletins(now)),
        "values served": len(load.storm.readings(now)),
        "devices": len(load.residents.all),
        "pushes repeated, not shown again": sums.pop("repeats"),
        "pushes too late, not shown": sums.pop("stale"),
        "notifications that rang": sums.pop("rang"),
        "answers of the push service": sums,
        "orders lifted": audit.lifts(topics),
        "officers had to try again": sum(town.tried_again for town in load.desks.values()),
        "devices had to knock again": load.residents.tried_again,
        "the partner's stream broke": load.listener.connections - 1,
    }


def _middle(seconds: list[float]) -> float:
    return sorted(seconds)[len(seconds) // 2]
