"""Work in slices, one at a time; while something urgent is under way, nothing less urgent gets another slice.

So nothing large holds a lock. Urgent orders have a line of their own: they wait for each other, and not even for the
slice of anything else that runs already.
"""

import asyncio
import contextlib
import heapq
import itertools
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum

from notifier.pages import BUCKETS

SLICE_S = 0.05
"""What a slice should take: less than anybody notices."""


class Rank(IntEnum):
    """Who goes first: levels 4, 5 and tsunami; officers' calls; who comes late; other orders and drills; counting ends.

    At its start a planner looks for latecomers of every order in force: a new one does not wait for that.
    """

    URGENT = 0
    CALL = 1
    LATE = 2
    CALM = 3
    COUNT = 4


@dataclass(slots=True)
class _Line:
    """Who waits for a slice, and whether somebody has one."""

    waiting: list[tuple[Rank, int, asyncio.Future[None]]] = field(default_factory=list)
    busy: bool = False


class Turns:
    """Hands out slices. Within a rank, what came first goes first whenever it is ready."""

    def __init__(self) -> None:
        self._lines = _Line(), _Line()
        self._under_way: Counter[Rank] = Counter()
        self._numbers = itertools.count()

    @contextlib.contextmanager
    def work(self, rank: Rank) -> Iterator["Work"]:
        """Work that keeps what is less urgent back until it is done, also while it has no slice."""
        self._under_way[rank] += 1
        try:
            yield Work(self, rank, next(self._numbers))
        finally:
            self._under_way[rank] -= 1
            self._pass_on()

    @contextlib.contextmanager
    def rest(self, rank: Rank) -> Iterator[None]:
        """Meanwhile work under way keeps nobody back: it waits for something slow."""
        self._under_way[rank] -= 1
        self._pass_on()
        try:
            yield
        finally:
            self._under_way[rank] += 1

    async def enter(self, rank: Rank, number: int) -> None:
        """Wait for a slice."""
        line = self._line(rank)
        if not line.busy and self._is_first(rank):
            line.busy = True
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(line.waiting, (rank, number, turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.leave(rank)  # it was our turn when we were cancelled: pass it on
            raise

    def leave(self, rank: Rank) -> None:
        """The slice is over."""
        self._line(rank).busy = False
        self._pass_on()

    def _line(self, rank: Rank) -> "_Line":
        return self._lines[rank is not Rank.URGENT]

    def _pass_on(self) -> None:
        for line in self._lines:
            while line.waiting and line.waiting[0][2].done():
                heapq.heappop(line.waiting)
            if not line.busy and line.waiting and self._is_first(line.waiting[0][0]):
                line.busy = True
                heapq.heappop(line.waiting)[2].set_result(None)

    def _is_first(self, rank: Rank) -> bool:
        return not any(self._under_way[other] for other in Rank if other < rank)


class Work:
    """One piece of work's place in the line."""

    def __init__(self, turns: Turns, rank: Rank, number: int) -> None:
        self._turns, self._rank, self._number = turns, rank, number

    @contextlib.asynccontextmanager
    async def slice(self) -> AsyncIterator[None]:
        """One slice: keep it short, and wait for nothing slow in it."""
        await self._turns.enter(self._rank, self._number)
        try:
            yield
        finally:
            self._turns.leave(self._rank)

    def rest(self) -> contextlib.AbstractContextManager[None]:
        """Meanwhile it keeps nobody back."""
        return self._turns.rest(self._rank)

    async def buckets(self, do: Callable[[int], Awaitable[object]], wanted: Iterable[int] = range(BUCKETS)) -> None:
        """Do it for each bucket, as many a slice as fit in by the time that the last ones took."""
        left, at_once, loop = list(wanted), 1, asyncio.get_running_loop()
        while left:
            now, left = left[:at_once], left[at_once:]
            async with self.slice():
                began = loop.time()
                await asyncio.gather(*[do(bucket) for bucket in now])
                each = (loop.time() - began) / len(now)
            at_once = max(1, min(BUCKETS, int(SLICE_S / max(each, 1e-6))))
