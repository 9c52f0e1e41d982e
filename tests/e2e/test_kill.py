"""Every process killed again and again while events flow: every input reaches its end, nothing is missing.

Kafka and Redis stay up in the first test. `make soak` kills each process 50 times.
"""

import os
import random
from datetime import datetime
from pathlib import Path

import pytest

from local.system import ALL_PARTS
from tests.e2e import rig_audit as audit
from tests.e2e.rig_figures import blackouts, print_counts, print_kills, signs_of_life
from tests.e2e.rig_load import TOWNS, Load, Pace, under_load
from tests.e2e.rig_reaper import Reaper
from tests.e2e.rig_refold import recommended, undisturbed
from tests.e2e.rig_topics import Topics, eventually, read_topics

pytestmark = [pytest.mark.e2e, pytest.mark.kafka]

SETTLED_WITHIN_S = 45.0
BLACKOUT_S = 10.0
"""The promise for each program, held against the middle one of its kills: a machine that is busy is slower."""

SHORT = pytest.param(int(os.environ.get("KTIMES","5")), Pace(), marks=pytest.mark.deadline(300))
LONG = pytest.param(50, Pace(speed=100.0, newcomer_s=5.0), marks=[pytest.mark.soak, pytest.mark.deadline(3600)])


@pytest.mark.parametrize(("times", "pace"), [SHORT, LONG])
async def test_nothing_is_lost_whatever_is_killed(
    times: int, pace: Pace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each process is killed `times` times, one or two at once; at the end everything adds up."""
    seed = int(os.environ.get("SONAE_TEST_SEED", random.SystemRandom().randrange(1_000_000)))
    async with under_load(tmp_path, pace) as load:
        reaper = Reaper(load.system.supervisor, tuple(sorted(ALL_PARTS)), times, seed)
        await reaper.run()
        now = await load.end()
        topics, wrong = await _settled(load, now)
        signs = signs_of_life(topics, {"index": load.index_moved, "broadcast": [at for *_, at in load.listener.events]})
        with capsys.disabled():
            print_kills(reaper.kills, signs, seed)
            print_counts(topics, await _more(load, topics))
    assert wrong == []
    assert recommended(topics) == undisturbed(topics)
    slow = {name: seconds for name, seconds in blackouts(reaper.kills, signs).items() if _middle(seconds) > BLACKOUT_S}
    assert slow == {}


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


async def _more(load: Load, topics: Topics) -> dict[str, object]:
    sums = await load.residents.sums()
    return {
        "devices": len(load.residents.all),
        "pushes repeated, not shown again": sums.pop("repeats"),
        "pushes too late, not shown": sums.pop("stale"),
        "notifications that rang": sums.pop("rang"),
        "answers of the push service": sums,
        "orders lifted": audit.lifts(topics),
        "officers had to try again": sum(town.tried_again for town in load.desks.values()),
        "devices had to knock again": load.residents.tried_again,
        "the partner's stream broke": load.listener.resumed,
    }


def _middle(seconds: list[float]) -> float:
    return sorted(seconds)[len(seconds) // 2]
