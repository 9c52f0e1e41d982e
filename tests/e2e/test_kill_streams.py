"""Workers die by SIGKILL at random while inputs flow: every input reaches its end, in order; repeats are recognised."""

import asyncio
import os
import random
import signal
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from schemas.records.judged import Detection
from tests.integration.counting_worker import Counted, CountingFold, chained
from tests.integration.streams_rig import TOWNS, Line, batch, line, statement
from tests.shown import Shown

pytestmark = [pytest.mark.kafka, pytest.mark.e2e]
INSTANCES = ("a", "b")
STARTED = '"event": "started"'
MOSTLY = 0.8  # how often a worker may finish its start before the next kill; else it may die while starting
EVERY_S, SETTLED_WITHIN_S = 0.1, 60.0


@dataclass
class Sent:
    """What was put in, per town: the counts and chains that a state must end with."""

    ids: set[str] = field(default_factory=set)
    counts: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    chains: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))

    def note(self, town: str, kind: str, record_id: str) -> None:
        """One input more."""
        self.ids.add(record_id)
        self.counts[town][kind] += 1
        self.chains[town][kind] = chained(self.chains[town].get(kind, ""), record_id)

    def is_all_in(self, states: dict[str, Counted]) -> bool:
        """Whether every town's state has counted as many."""
        return all(town in states and Counter(states[town].counts) == counts for town, counts in self.counts.items())


@pytest.mark.parametrize(
    "kills",
    [5, pytest.param(50, marks=[pytest.mark.soak, pytest.mark.deadline(900)])],
    ids=lambda kills: f"{kills}-kills",
)
async def test_nothing_is_lost_when_workers_are_killed(
    kafka: str, namespace: str, tmp_path: Path, kills: int, shown: Shown
) -> None:
    """Two workers share four partitions; one of them is killed every two seconds and started again."""
    async with line(kafka, namespace, tmp_path) as streams:
        over, sent = asyncio.Event(), Sent()
        feeding = asyncio.create_task(_feed(streams, sent, over))
        await _kill(streams, kills)
        over.set()
        await feeding
        states = await _settled(streams, sent)
        detections: list[Detection] = await streams.records("detections")
        letters = await streams.records("dead-letters")
    missing = sent.ids - {detection.subject for detection in detections}
    repeats = len(detections) - len({detection.id for detection in detections})
    slowest = max((d.made_at - d.at).total_seconds() for d in detections)
    with shown():
        print(
            f"\n{len(sent.ids)} inputs, {kills} x SIGKILL: {len(missing)} missing, {repeats} repeated outputs (known "
            f"by their ids), {len(letters)} parked; the slowest input waited {slowest:.1f} s"
        )
    assert missing == set()
    assert letters == []
    assert {town: state.chains for town, state in states.items()} == dict(sent.chains)


async def _feed(streams: Line, sent: Sent, over: asyncio.Event) -> None:
    number = 0
    while not over.is_set():
        number += 1
        for town in random.sample(TOWNS, 3):  # which towns is of no matter; the order within a town is what counts
            made: list[tuple[str, Any]] = [("readings", batch(town, number))]
            made += [("bulletins", statement(town, number))] if number % 3 == 0 else []
            for name, record in made:
                await streams.publisher.begin(name, town, record)
                sent.note(town, type(record).__name__, record.id)
        await asyncio.sleep(EVERY_S)


async def _kill(streams: Line, kills: int) -> None:
    workers = {name: await streams.worker(instance=name) for name in INSTANCES}
    await streams.until("detections", lambda found: len(found) > 0)
    for _ in range(kills):
        name = random.choice(INSTANCES)
        await asyncio.sleep(random.uniform(0.5, 3.5))
        os.kill(workers[name].pid, signal.SIGKILL)
        await workers[name].wait()
        starts = streams.log(name).count(STARTED)
        workers[name] = await streams.worker(instance=name)
        if random.random() < MOSTLY:
            await _started(streams, name, starts)


async def _started(streams: Line, name: str, before: int) -> None:
    async with asyncio.timeout(SETTLED_WITHIN_S):
        while streams.log(name).count(STARTED) == before:  # noqa: ASYNC110 - another process sets no event
            await asyncio.sleep(0.1)


async def _settled(streams: Line, sent: Sent) -> dict[str, Counted]:
    """The states, once every input is in them, or as they are at the deadline: the test then says what lacks."""
    states: dict[str, Counted] = {}
    try:
        async with asyncio.timeout(SETTLED_WITHIN_S):
            while not sent.is_all_in(states := await streams.states("watch-state", CountingFold().decode)):  # noqa: ASYNC110
                await asyncio.sleep(0.5)  # another process sets no event of ours
    except TimeoutError:
        return states
    return states
