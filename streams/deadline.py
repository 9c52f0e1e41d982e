"""A handler that hangs ends its process: one timer that looks at the event in hand, instead of one for every event."""

import asyncio
from collections.abc import Callable


class Deadline:
    """Calls `overdue` once an event has been in hand for `within_s` seconds. Real time, of the running loop.

    `overdue` must not return to the handler: what hangs is not cancelled.
    """

    def __init__(self, within_s: float, overdue: Callable[[], None]) -> None:
        self._within_s, self._overdue = within_s, overdue
        self._loop = asyncio.get_running_loop()
        self._due: float | None = None
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """An event is in hand from now."""
        self._due = self._loop.time() + self._within_s
        if self._timer is None:
            self._timer = self._loop.call_at(self._due, self._look)

    def end(self) -> None:
        """Nothing is in hand."""
        self._due = None

    def _look(self) -> None:
        self._timer = None
        if self._due is None:
            return
        if self._loop.time() >= self._due:
            self._overdue()
        else:
            self._timer = self._loop.call_at(self._due, self._look)
