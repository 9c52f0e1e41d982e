"""The one timer behind all events: it sees the event that hangs, and none that was handled in time."""

import asyncio

import pytest

from streams.deadline import Deadline

WITHIN_S = 0.02


async def test_an_event_that_hangs_is_overdue() -> None:
    """Also one that began long after the timer was set for another."""
    overdue = asyncio.Event()
    deadline = Deadline(WITHIN_S, overdue.set)
    deadline.begin()
    deadline.end()
    await asyncio.sleep(WITHIN_S / 2)
    deadline.begin()
    began = asyncio.get_running_loop().time()
    async with asyncio.timeout(10):
        await overdue.wait()
    assert asyncio.get_running_loop().time() - began >= WITHIN_S


@pytest.mark.parametrize("count", [1, 20])
async def test_events_that_are_handled_in_time_never_are(count: int) -> None:
    """However many follow each other, for longer than one of them may take."""
    overdue, loop, slowest = asyncio.Event(), asyncio.get_running_loop(), 0.0
    deadline = Deadline(WITHIN_S * 4, overdue.set)
    for _ in range(count):
        began = loop.time()
        deadline.begin()
        await asyncio.sleep(WITHIN_S / 2)
        deadline.end()
        slowest = max(slowest, loop.time() - began)
    await asyncio.sleep(WITHIN_S * 5)
    assert not overdue.is_set() or slowest >= WITHIN_S * 4  # this process itself was held up: then it was not in time
