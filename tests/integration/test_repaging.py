"""An index that outgrows its pages, or shrinks in them: laid out anew while people come and go and workers read."""

import asyncio
import contextlib
import functools
import random
import signal
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from local.child import Child, Running
from notifier import indexer
from notifier.moved import predecessors, successors
from notifier.pages import Keys, Spread, busy_key, changes, current_generation, index_state, pointer, raw_id, writer_key
from notifier.subscriptions.store import erase
from schemas.process.clock import now_utc
from schemas.process.health import Health
from tests.integration.notifier_rig import KEY, until
from tests.integration.small_pages import spread
from tests.integration.test_indexer import Rig, pytestmark, rig

__all__ = ["pytestmark", "rig"]
PLACE = "14205"
GROWN = 40
SMALL, LARGE = spread(1), spread(64)
KILL_AFTER_S = (0.1, 0.2, 0.35)


@contextlib.asynccontextmanager
async def indexing(rig: Rig) -> AsyncIterator[None]:
    """An indexer with small pages, for the length of the block."""
    running = asyncio.create_task(indexer.body(rig.settings, Health(), SMALL))
    try:
        yield
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


async def test_it_grows_and_shrinks_while_workers_read(rig: Rig) -> None:
    """More pages for more people and fewer for few; at no moment is anybody missing; one generation is left."""
    async with indexing(rig):
        first = await _alone(rig, lambda bits: bits == SMALL.least_bits)
        stay = {await rig.subscribe(f"stay{number}", PLACE) for number in range(2)}
        await rig.holds(PLACE, stay)
        watching = asyncio.create_task(_never_without(rig, stay))
        came = {await rig.subscribe(f"came{number}", PLACE) for number in range(GROWN)}
        grown = await _alone(rig, lambda bits: bits > first)
        await rig.holds(PLACE, stay | came)
        for name in sorted(came):
            await erase(rig.publisher, name, now_utc())
        await rig.holds(PLACE, stay)
        assert SMALL.fits(len(stay), await _alone(rig, lambda bits: bits < grown))
        assert not watching.done(), "somebody was missing for a moment"
        watching.cancel()
    changed: Any = await rig.redis.xrange(changes(rig.namespace))
    assert len([fields for _, fields in changed if b"generation" in fields]) >= 3, "planners hear of each generation"


async def test_who_became_whom_outlives_what_the_topic_forgot(rig: Rig) -> None:
    """A middle one of a chain is compacted away; the lift must still find the phone at its end."""
    async with indexing(rig):
        await _alone(rig, lambda bits: bits == SMALL.least_bits)
        names = [await rig.subscribe(f"d{number}", PLACE) for number in range(12)]
        await rig.holds(PLACE, set(names))
        keys = await current_generation(rig.redis, rig.namespace)
        old, new = "0" * 22, names[0]  # as two subscriptions did that the topic no longer holds
        await rig.redis.hset(keys.moved(), raw_id(old), raw_id(new))
        await rig.redis.hset(keys.came_from(), raw_id(new), raw_id(old))
        names += [await rig.subscribe(f"more{number}", PLACE) for number in range(12)]
        await _alone(rig, lambda bits: bits > keys.bits)
    assert await successors(rig.redis, rig.namespace, [old]) == {old: new}
    assert await predecessors(rig.redis, rig.namespace, [new]) == {new: (old,)}


async def test_it_waits_while_people_are_told(rig: Rig) -> None:
    """A fan-out has Redis to itself: nothing is laid out anew under it, and everything afterwards."""
    await rig.redis.set(busy_key(rig.namespace), "1")
    async with indexing(rig):
        await _alone(rig, lambda bits: bits == SMALL.least_bits)
        names = {await rig.subscribe(f"d{number}", PLACE) for number in range(10)}
        await rig.holds(PLACE, names)
        before = await current_generation(rig.redis, rig.namespace)
        names |= {await rig.subscribe(f"more{number}", PLACE) for number in range(20)}
        await rig.holds(PLACE, names)
        assert await current_generation(rig.redis, rig.namespace) == before
        await rig.redis.delete(busy_key(rig.namespace))
        await _alone(rig, lambda bits: bits > before.bits)
        await rig.holds(PLACE, names)


@dataclass(slots=True)
class Crowd:
    """Devices that come and go; `here` is who subscribed last."""

    rig: Rig
    dice: random.Random
    here: dict[int, str] = field(default_factory=dict)

    async def stir(self, steps: int, most: int) -> None:
        """So many steps: somebody of `most` comes, comes again, or leaves."""
        for _ in range(steps):
            number = self.dice.randrange(most)
            if number in self.here and self.dice.random() < 0.3:
                await erase(self.rig.publisher, self.here.pop(number), now_utc())
            else:
                self.here[number] = await self.rig.subscribe(f"d{number}", PLACE)


@pytest.mark.deadline(180)
async def test_killed_anywhere_it_begins_again_and_loses_nobody(rig: Rig, tmp_path: Path) -> None:
    """kill -9 while it is laid out anew, now in more pages, now in fewer: who is here is there, in one generation."""
    crowd = Crowd(rig, random.Random(20261124))
    await crowd.stir(300, 200)
    for number, pause_s in enumerate(KILL_AFTER_S):
        turn = await rig.redis.get(writer_key(rig.namespace))
        running = await _process(rig, (LARGE, SMALL)[number % 2], tmp_path)
        stirring = asyncio.create_task(crowd.stir(30, 200))
        await until(functools.partial(_began, rig, turn), "it writes")
        await asyncio.sleep(pause_s)
        running.send(signal.SIGKILL)
        await running.wait()
        await stirring
    last = await _process(rig, SMALL, tmp_path)
    try:
        await rig.holds(PLACE, set(crowd.here.values()))
        await until(functools.partial(_fits, rig, len(crowd.here)), "it fits, and is alone")
        assert await rig.page(PLACE) == set(crowd.here.values())
    finally:
        await last.stop()
    counted = await rig.redis.hgetall((await current_generation(rig.redis, rig.namespace)).services())
    assert counted == {b"loopback": str(len(crowd.here)).encode()}


async def _process(rig: Rig, pages: Spread, folder: Path) -> Running:
    env = {
        "SONAE_KAFKA_BOOTSTRAP": rig.settings.kafka_bootstrap,
        "SONAE_REDIS_URL": rig.settings.redis_url,
        "SONAE_NAMESPACE": rig.namespace,
        "SONAE_SEALING_KEY": KEY,
        "SONAE_LOCAL": "1",
    }
    argv = (sys.executable, "-m", "tests.integration.small_pages", str(pages.per_page))
    return await Running.start(Child("index", argv, env=env), folder)


async def _began(rig: Rig, turn: bytes | str | None) -> bool:
    return await rig.redis.get(writer_key(rig.namespace)) != turn


async def _fits(rig: Rig, people: int) -> bool:
    keys = await current_generation(rig.redis, rig.namespace)
    return SMALL.fits(people, keys.bits) and await rig.is_alone(keys.generation)


async def _alone(rig: Rig, wanted: Callable[[int], bool]) -> int:
    """Wait for an index with so many bits and nothing beside it; how many those are."""

    async def there() -> int | None:
        state = await index_state(rig.redis, rig.namespace)
        bits = 0 if state is None else Keys(rig.namespace, state.generation).bits
        return bits if state is not None and wanted(bits) and await rig.is_alone(state.generation) else None

    return int(await until(there, "another layout, and no other generation"))


async def _never_without(rig: Rig, names: set[str]) -> None:
    while True:
        assert await rig.redis.exists(pointer(rig.namespace))
        found = await rig.page(PLACE)
        assert names <= found, f"{len(names - found)} are missing"
        await asyncio.sleep(0.001)
