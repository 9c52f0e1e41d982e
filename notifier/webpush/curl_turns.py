"""When libcurl is called: once for all that is ready in a turn of the event loop, and when it wants to be."""

import asyncio
from collections.abc import Callable


class Turns:
    """Calls `turn` once in a turn of the event loop at most, however often it is asked for. Times are seconds."""

    def __init__(self, loop: asyncio.AbstractEventLoop, turn: Callable[[], None]) -> None:
        self._loop, self._turn = loop, turn
        self._wanted = self._taken = self._next_is_set = self._closed = False
        self._timer: asyncio.TimerHandle | None = None

    def ready(self) -> None:
        """A socket is: now, unless it was its turn a moment ago."""
        if not self._taken:
            self._take()

    def soon(self) -> None:
        """In the event loop's next turn."""
        self._wanted = True
        self._set_next()

    def within(self, wait_s: float) -> None:
        """After this time at the latest. A timer that comes too early is left: often asked for, seldom due."""
        at = self._loop.time() + wait_s
        if self._timer is not None:
            if self._timer.when() <= at:
                return
            self._timer.cancel()
        self._timer = self._loop.call_at(at, self._wake)

    def close(self) -> None:
        """No turn any more."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()

    def _take(self) -> None:
        self._wanted, self._taken = False, True
        self._set_next()
        if not self._closed:
            self._turn()

    def _set_next(self) -> None:
        if not self._next_is_set:
            self._next_is_set = True
            self._loop.call_soon(self._next)

    def _next(self) -> None:
        """Comes before whatever the event loop finds ready meanwhile."""
        self._next_is_set = self._taken = False
        if self._wanted:
            self._take()

    def _wake(self) -> None:
        self._timer = None
        if self._taken:
            self.soon()
        else:
            self._take()
