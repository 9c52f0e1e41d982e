"""Slices: the most urgent of those who wait goes next; a large piece of work holds nobody up for more than one."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from notifier.turns import Rank, Turns

ranks = st.lists(st.sampled_from(list(Rank)), min_size=1, max_size=8)


async def _run(turns: Turns, rank: Rank, slices: int, done: list[tuple[Rank, int]]) -> None:
    number = turns.number()
    for _ in range(slices):
        async with turns.slice(rank, number):
            await asyncio.sleep(0)
            done.append((rank, number))


@given(ranks)
async def test_the_most_urgent_goes_next(wanted: list[Rank]) -> None:
    """While one holds the turn all others come; then all goes by rank, and within a rank by arrival."""
    turns, done = Turns(), list[tuple[Rank, int]]()
    async with asyncio.TaskGroup() as group, turns.slice(Rank.COUNT, turns.number()):
        for rank in wanted:
            group.create_task(_run(turns, rank, 1, done))
        await asyncio.sleep(0)
    assert done == sorted(done)
    assert len(done) == len(wanted)


async def test_urgent_work_waits_for_one_slice_only() -> None:
    """In the middle of a thousand slices of a drill."""
    turns, done = Turns(), list[tuple[Rank, int]]()
    async with asyncio.TaskGroup() as group:
        group.create_task(_run(turns, Rank.CALM, 1000, done))
        while len(done) < 10:  # noqa: ASYNC110 - slices of a loop, not of time
            await asyncio.sleep(0)
        group.create_task(_run(turns, Rank.URGENT, 1, done))
    at = next(place for place, (rank, _) in enumerate(done) if rank is Rank.URGENT)
    assert at <= 12


async def test_who_is_cancelled_while_waiting_holds_nobody_up() -> None:
    """Neither before its turn nor in the moment when it came."""
    turns, done = Turns(), list[tuple[Rank, int]]()
    async with turns.slice(Rank.CALM, turns.number()):
        waiting = [asyncio.create_task(_run(turns, Rank.CALM, 1, done)) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
    waiting[1].cancel()
    await asyncio.wait(waiting, timeout=5)
    assert len(done) == 1
