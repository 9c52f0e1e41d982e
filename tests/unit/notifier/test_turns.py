"""Slices: the most urgent of those who wait goes next; a large piece of work holds nobody up for more than one."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from notifier.turns import Rank, Turns

works = st.lists(st.tuples(st.sampled_from(list(Rank)), st.integers(1, 4)), min_size=1, max_size=8)


async def _run(turns: Turns, rank: Rank, slices: int, done: list[Rank]) -> None:
    with turns.work(rank) as work:
        for _ in range(slices):
            await asyncio.sleep(0)  # something between two slices, as Redis' answers are
            async with work.slice():
                await asyncio.sleep(0)
                done.append(rank)


@given(works)
async def test_the_most_urgent_goes_first(wanted: list[tuple[Rank, int]]) -> None:
    """Whatever comes together goes strictly by rank, also where the urgent ones have something else to wait for."""
    turns, done = Turns(), list[Rank]()
    async with asyncio.TaskGroup() as group:
        with turns.work(Rank.URGENT) as work:
            async with work.slice():
                for rank, slices in wanted:
                    group.create_task(_run(turns, rank, slices, done))
                await asyncio.sleep(0)
    assert done == sorted(done)
    assert len(done) == sum(slices for _, slices in wanted)


async def test_urgent_work_waits_for_nothing_less_urgent() -> None:
    """In the middle of a thousand slices of a drill: it is done before the drill gets another one."""
    turns, done = Turns(), list[Rank]()
    async with asyncio.TaskGroup() as group:
        group.create_task(_run(turns, Rank.CALM, 1000, done))
        while len(done) < 10:  # noqa: ASYNC110 - slices of a loop, not of time
            await asyncio.sleep(0)
        before = len(done)
        group.create_task(_run(turns, Rank.URGENT, 5, done))
    last = max(place for place, rank in enumerate(done) if rank is Rank.URGENT)
    assert done[before : last + 1].count(Rank.CALM) <= 1, "only the slice that ran already"


async def test_urgent_work_does_not_wait_for_the_slice_that_runs() -> None:
    """A slice of a drill that never ends."""
    turns, done = Turns(), list[Rank]()
    with turns.work(Rank.CALM) as work:
        async with work.slice():
            await asyncio.wait_for(_run(turns, Rank.URGENT, 3, done), 5)
    assert done == [Rank.URGENT] * 3


async def test_who_waits_for_something_slow_keeps_nobody_back() -> None:
    """An urgent order without an index to plan from lets a drill's ends be counted."""
    turns, done = Turns(), list[Rank]()
    with turns.work(Rank.URGENT) as work:
        with work.rest():
            await asyncio.wait_for(_run(turns, Rank.COUNT, 3, done), 5)
        late = asyncio.create_task(_run(turns, Rank.COUNT, 1, done))
        for _ in range(20):
            await asyncio.sleep(0)
        assert len(done) == 3
    await asyncio.wait_for(late, 5)
    assert len(done) == 4


async def test_who_is_cancelled_while_waiting_holds_nobody_up() -> None:
    """Neither before its turn nor in the moment when it came."""
    turns, done = Turns(), list[Rank]()
    with turns.work(Rank.CALM) as work:
        async with work.slice():
            waiting = [asyncio.create_task(_run(turns, Rank.CALM, 1, done)) for _ in range(3)]
            for _ in range(5):
                await asyncio.sleep(0)
            waiting[0].cancel()
        waiting[1].cancel()
        await asyncio.wait(waiting, timeout=5)
    assert done == [Rank.CALM]
