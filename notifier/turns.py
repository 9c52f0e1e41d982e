"""Work in slices: one at a time, and after each the most urgent that waits goes next. So nothing large holds a lock."""

import asyncio
import contextlib
import heapq
import itertools
from collections.abc import AsyncIterator
from enum import IntEnum


class Rank(IntEnum):
    """Who goes first: levels 4, 5 and tsunami; officers' calls; other orders and drills; counting ends."""

    URGENT = 0
    CALL = 1
    CALM = 2
    COUNT = 3


class Turns:
    """Hands out slices. Within a rank, what came first is served first, until it is done."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Rank, int, asyncio.Future[None]]] = []
        self._numbers = itertools.count()
        self._busy = False

    def number(self) -> int:
        """A place in the line, drawn once for all slices of one piece of work."""
        return next(self._numbers)

    @contextlib.asynccontextmanager
    async def slice(self, rank: Rank, number: int) -> AsyncIterator[None]:
        """One slice: keep it short (a tenth of a second), and wait for nothing slow in it."""
        await self._enter(rank, number)
        try:
            yield
        finally:
            self._leave()

    async def _enter(self, rank: Rank, number: int) -> None:
        if not self._busy:
            self._busy = True
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (rank, number, turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._leave()  # it was our turn when we were cancelled: pass it on
            raise

    def _leave(self) -> None:
        while self._waiting:
            *_, turn = heapq.heappop(self._waiting)
            if not turn.done():
                turn.set_result(None)
                return
        self._busy = False
