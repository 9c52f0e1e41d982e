"""Two workers of *watch* share partitions and die by SIGKILL while rivers rise: detections are as if none had died."""

import asyncio
import json
import os
import random
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from schemas.process.clock import now_utc
from streams.kafka_side import SideReader
from tests.e2e.rig_rising import Fed, facts_of, rising, undisturbed
from tests.integration.streams_rig import ACTUAL, WATCH, Line, line
from tests.shown import Shown

pytestmark = [pytest.mark.kafka, pytest.mark.e2e]
INSTANCES = ("a", "b")
SEED = int(os.environ.get("SONAE_TEST_SEED", time.time_ns() % 10_000))
INPUTS = ("readings", "bulletins")
STARTED, HANDLED_WITHIN_S = '"event": "started"', 60.0
MOSTLY = 0.8  # how often a worker may finish its start before the next kill; else it may die while starting


@pytest.mark.parametrize(
    ("kills", "rounds"),
    [(8, 80), pytest.param(200, 430, marks=[pytest.mark.soak, pytest.mark.deadline(3600)])],
    ids=["8-kills", "200-kills"],
)
async def test_what_is_detected_is_what_an_undisturbed_run_detects(
    kafka: str, namespace: str, tmp_path: Path, kills: int, rounds: int, shown: Shown
) -> None:
    """Every input handled, the same threshold, trend and bulletin detections: none missing, none that should not be."""
    chance, story = random.Random(SEED), rising(rounds, now_utc())
    expected, over = undisturbed(story), asyncio.Event()
    async with line(kafka, namespace, tmp_path) as streams:
        feeding = asyncio.create_task(_feed(streams, story, over))
        await _kill(streams, kills, chance)
        over.set()
        await feeding
        left = await _handled(streams)
        detections = await streams.records("detections")
        letters = await streams.records("dead-letters")
        restored = {name: _restored(streams, name) for name in INSTANCES}
    found = facts_of(detections)
    repeats = len(detections) - len({detection.id for detection in detections})
    with shown():
        print(
            f"\nseed {SEED}: {sum(map(len, story))} inputs, {kills} x SIGKILL, partitions held (how often) {restored}: "
            f"{dict(Counter(kind for _, kind in found))}, {len(expected - found)} "
            f"missing, {len(found - expected)} that should not be, {repeats} repeats known by their ids, "
            f"{len(letters)} parked"
        )
    assert {kind for _, kind in expected} == {"threshold", "trend", "bulletin"}
    assert all(restored.values()), "each of the two held partitions"
    assert left == {}
    assert expected - found == set()
    assert found - expected == set()
    assert letters == []


async def _feed(streams: Line, story: list[list[Fed]], over: asyncio.Event) -> None:
    """Slowly while there are kills to come, then all that is left."""
    for one in story:
        for fed in one:
            await streams.publisher.begin(fed.topic, fed.record.municipality, fed.record)
        if not over.is_set():
            await asyncio.sleep(0.3 if len(story) < 100 else 2.0)


async def _kill(streams: Line, kills: int, chance: random.Random) -> None:
    workers = {name: await streams.worker(WATCH, instance=name) for name in INSTANCES}
    for name in INSTANCES:
        await _started(streams, name, 0)
    for _ in range(kills):
        name = chance.choice(INSTANCES)
        await asyncio.sleep(chance.uniform(0.2, 2.0))
        os.kill(workers[name].pid, signal.SIGKILL)
        await workers[name].wait()
        starts = streams.log(name).count(STARTED)
        workers[name] = await streams.worker(WATCH, instance=name)
        if chance.random() < MOSTLY:
            await _started(streams, name, starts)


def _restored(streams: Line, name: str) -> dict[int, int]:
    """How often a worker read the state of which partition."""
    lines = [line for line in streams.log(name).splitlines() if '"partition restored"' in line]
    return dict(sorted(Counter(int(json.loads(line)["partition"]) for line in lines).items()))


async def _started(streams: Line, name: str, before: int) -> None:
    async with asyncio.timeout(HANDLED_WITHIN_S):
        while streams.log(name).count(STARTED) == before:  # noqa: ASYNC110 - another process sets no event
            await asyncio.sleep(0.1)


async def _handled(streams: Line) -> dict[tuple[str, int], int]:
    """Inputs that were not committed when the time was up: none, once all are."""
    reader = SideReader(streams.where, f"watch-{ACTUAL}")
    await reader.start()
    topics = [streams.where.name(name, ACTUAL) for name in INPUTS]
    ends, left = await reader.ends(topics, range(4)), dict[tuple[str, int], int]()
    try:
        async with asyncio.timeout(HANDLED_WITHIN_S):
            while left := await _left(reader, topics, ends):  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.2)
    except TimeoutError:
        return left
    finally:
        await reader.stop()
    return {}


async def _left(reader: SideReader, topics: list[str], ends: dict[tuple[str, int], int]) -> dict[tuple[str, int], int]:
    left = dict[tuple[str, int], int]()
    for partition in range(4):
        committed = await reader.next_offsets(topics, partition)
        left |= {(t, partition): ends[t, partition] - at for t, at in committed.items() if at < ends[t, partition]}
    return left
