"""How fast to send to one push service: a rate that grows slowly and halves when told (AIMD), and a breaker.

Every origin has a lane of its own, so one that hangs or throttles never delays the others, and in each lane urgent
parcels overtake. `Pace` is pure (time comes in, in seconds of any steady clock); `Lane` adds the waiting.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from notifier.outcome import Meaning

FIRST_RATE, LOWEST_RATE, HIGHEST_RATE = 2000.0, 2.0, 20_000.0
GROWTH_PER_S = 200.0
HALVE_AT_MOST_EVERY_S = 1.0
BURST_S = 0.05
FAULTS_TO_OPEN = 20
FIRST_REST_S, LONGEST_REST_S = 1.0, 30.0
PATIENCE_S = 2.0
IN_FLIGHT = 128


@dataclass(slots=True)
class Pace:
    """One origin's rate and breaker. `admit` gives a place in time; `heard` learns from how it went."""

    rate: float = FIRST_RATE
    next_at: float = 0.0
    grown_at: float | None = None
    halved_at: float = float("-inf")
    faults: int = 0
    rest_s: float = FIRST_REST_S
    open_until: float = float("-inf")
    probing: bool = False

    def admit(self, now: float) -> float:
        """Seconds to wait before sending. A place is taken unless that is over PATIENCE_S: then come back later."""
        if self.faults >= FAULTS_TO_OPEN:
            return self._admit_probe(now)
        start = max(self.next_at, now - BURST_S)
        wait = max(0.0, start - now)
        if wait <= PATIENCE_S:
            self.next_at = start + 1.0 / self.rate
        return wait

    def heard(self, meaning: Meaning, now: float) -> None:
        """What came of one request. An answer of any kind closes the breaker; asking for less halves the rate."""
        if meaning.label in ("unavailable", "unreached"):
            self._failed(now)
            return
        self.faults, self.probing, self.rest_s = 0, False, FIRST_REST_S
        if meaning.slow_down:
            self._halve(now)
        else:
            self._grow(now)

    def gave_up(self) -> None:
        """A place was taken and not used."""
        self.probing = False

    def _admit_probe(self, now: float) -> float:
        if now < self.open_until:
            return max(PATIENCE_S + 0.001, self.open_until - now)
        if self.probing:
            return PATIENCE_S + self.rest_s
        self.probing = True
        return 0.0

    def _failed(self, now: float) -> None:
        self.faults += 1
        if self.faults < FAULTS_TO_OPEN or now < self.open_until:
            return
        self.probing = False
        self.open_until = now + self.rest_s
        self.rest_s = min(2 * self.rest_s, LONGEST_REST_S)

    def _halve(self, now: float) -> None:
        # Requests already under way will be told the same: that is one hint, not many.
        if now - self.halved_at >= HALVE_AT_MOST_EVERY_S:
            self.rate = max(LOWEST_RATE, self.rate / 2)
            self.halved_at = self.grown_at = now

    def _grow(self, now: float) -> None:
        since = 0.0 if self.grown_at is None else min(1.0, now - self.grown_at)
        self.rate = min(HIGHEST_RATE, self.rate + GROWTH_PER_S * since)
        self.grown_at = now


@dataclass(slots=True)
class Lane:
    """One origin's queue: at most IN_FLIGHT requests at a time, urgent ones first, at the pace that it bears."""

    clock: Callable[[], float]
    pace: Pace = field(default_factory=Pace)
    free: int = IN_FLIGHT
    urgent: deque[asyncio.Future[None]] = field(default_factory=deque)
    ordinary: deque[asyncio.Future[None]] = field(default_factory=deque)

    @asynccontextmanager
    async def place(self, urgent: bool) -> AsyncIterator[float | None]:
        """Wait for a place: None once there is one, or the seconds after which to come back instead."""
        await self._enter(self.urgent if urgent else self.ordinary)
        try:
            wait = self.pace.admit(self.clock())
            if 0 < wait <= PATIENCE_S:
                await asyncio.sleep(wait)
            yield None if wait <= PATIENCE_S else wait
        finally:
            self._leave()

    def heard(self, meaning: Meaning) -> None:
        """Learn from an answer."""
        self.pace.heard(meaning, self.clock())

    async def _enter(self, queue: deque[asyncio.Future[None]]) -> None:
        if self.free > 0:
            self.free -= 1
            return
        called = asyncio.get_running_loop().create_future()
        queue.append(called)
        try:
            await called
        except asyncio.CancelledError:
            if called.done() and not called.cancelled():
                self._leave()  # called and cancelled in the same turn: the place goes to the next
            raise

    def _leave(self) -> None:
        for queue in (self.urgent, self.ordinary):
            while queue:
                called = queue.popleft()
                if not called.done():
                    called.set_result(None)
                    return
        self.free += 1


class Lanes:
    """The lanes by origin, made as they are met."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lanes: dict[str, Lane] = {}

    def of(self, origin: str) -> Lane:
        """The lane of one origin."""
        found = self._lanes.get(origin)
        if found is None:
            found = self._lanes[origin] = Lane(self._clock)
        return found

    def put(self, origin: str, lane: Lane) -> None:
        """Give an origin a lane with a pace of its own from the start."""
        self._lanes[origin] = lane
