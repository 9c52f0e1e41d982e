"""The scenario's clock: jumps once all feeds were read and all who follow it wait again; can be held."""

import asyncio
import bisect
from collections.abc import Callable
from datetime import datetime

from local.scenario import Scenario

READ_WITHIN_S = 3.0
"""How long a moment waits for readers that do not come (a killed connector): then time goes on."""


LEAST_PAUSE_S = 0.02


class ScenarioClock:
    """Event time of a replay. Changes wake the waiters; `read(feed)` notes that a feed was read at this moment."""

    def __init__(self, scenario: Scenario, feeds: frozenset[str], speed: float | None) -> None:
        """`speed`: scenario seconds in a real second, or None to go on as soon as all `feeds` were read."""
        self.now = scenario.start
        self.held = True
        self.stop_at: datetime | None = None
        self._moments, self._stops = scenario.moments(), scenario.stops
        self._feeds, self._speed = feeds, speed
        self._read: set[str] = set()
        self._busy: set[str] = set()
        self._changed = asyncio.Condition()

    @property
    def next_moment(self) -> datetime | None:
        """The moment after now, or None at the end."""
        place = bisect.bisect_right(self._moments, self.now)
        return self._moments[place] if place < len(self._moments) else None

    async def read(self, feed: str) -> None:
        """A feed was read now."""
        async with self._changed:
            self._read.add(feed)
            self._changed.notify_all()

    async def hold(self, at: datetime | None = None) -> None:
        """Stand still: now, or as soon as `at` is reached."""
        async with self._changed:
            self.stop_at = at
            self.held = at is None or self.now >= at
            self._changed.notify_all()

    async def resume(self) -> None:
        """Go on until the scenario's next stop."""
        async with self._changed:
            self.held, self.stop_at = False, next((stop for stop in self._stops if stop > self.now), None)
            self._changed.notify_all()

    async def advance(self, to: datetime) -> None:
        """Jump forward; a time before now is refused with ValueError."""
        if to < self.now:
            raise ValueError(f"the clock is at {self.now.isoformat()}: it never goes back")
        async with self._changed:
            self._set(to)
            self._changed.notify_all()

    async def wait_after(self, moment: datetime, seconds: float, who: str = "") -> None:
        """Return once now is after `moment`, or `seconds` have passed; `who` is then busy until they wait again."""
        async with self._changed:
            self._busy.discard(who)
            self._changed.notify_all()
        await self._wait(lambda: self.now > moment, seconds)
        if who and self.now > moment:
            self._busy.add(who)

    async def run(self) -> None:
        """Jump for ever; at the last moment stand still."""
        while True:
            await asyncio.sleep(self._pause_s())
            await self._wait(lambda: self._feeds <= self._read and not self._busy, READ_WITHIN_S)
            self._busy.clear()
            async with self._changed:
                await self._changed.wait_for(lambda: not self.held and self.next_moment is not None)
                self._set(self.next_moment or self.now)
                self._changed.notify_all()

    def _pause_s(self) -> float:
        if self._speed is None or self.next_moment is None:
            return LEAST_PAUSE_S
        return max(LEAST_PAUSE_S, (self.next_moment - self.now).total_seconds() / self._speed)

    def _set(self, to: datetime) -> None:
        self.now = to
        self._read.clear()
        self.held = self.held or (self.stop_at is not None and to >= self.stop_at)

    async def _wait(self, true: Callable[[], bool], seconds: float) -> None:
        async with self._changed:
            try:
                async with asyncio.timeout(seconds):
                    await self._changed.wait_for(true)
            except TimeoutError:
                return
