"""Where recipients of all jobs wait for their push services and leave in chunks: a lane per origin, one task for all.

Whoever leaves was asked about (is the revision still the newest?) at most FRESH_S ago and is encrypted just then, so
that a waiting million costs an urgent one nothing; between two chunks the event loop is free.
"""

import asyncio
import contextlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import NamedTuple, Protocol

from notifier.delivery.errand import NOWHERE, Chunk, Errand, Site
from notifier.delivery.hearing import Answers, Clock, hear
from notifier.delivery.known import StaleError
from notifier.delivery.letters import stopped
from notifier.delivery.wrapping import Heads, most_of, wrapped
from notifier.entries import Entry
from notifier.guard import Asked, Latest, Reason, deliver_until, stops_job
from notifier.webpush.lane import Bundle, Lane, Turned
from notifier.webpush.send import Ended, Later
from notifier.webpush.transport import Transport
from schemas.records.base import World
from schemas.records.delivered import End

TICK_S = 0.02
"""How often newest revisions are asked for and ends are remembered while something is on its way."""

HURRY_S = 0.1
"""How long others let something urgent pass that is not in its lane yet: some questions to Redis."""

_LAST_TRY = timedelta(seconds=1.5)
_TOO_SLOW = Ended(End.EXPIRED, None, "the push service was too slow until deliver_until had passed", "expired")


class Newest(Protocol):
    """Where the newest revisions are known; Known does it."""

    def latest(self, order_id: str) -> Latest | None:
        """The newest revision, None if nobody knows; raises StaleError if that was asked too long ago."""

    async def refresh(self, order_ids: Iterable[str]) -> None:
        """Ask for the newest revisions of these orders."""


class Memory(Protocol):
    """Where ends are remembered; Remembered does it."""

    async def keep(self, notes: Mapping[str, bytes]) -> None:
        """Append to what is remembered of these job ids."""


class Cause(NamedTuple):
    """Why recipients wait in a lane."""

    errand: Errand
    site: Site


@dataclass(slots=True)
class Office:
    """The lanes of one worker process; `run` never ends, but by a fault."""

    world: World
    known: Newest
    remembered: Memory
    transport: Transport
    heads: Heads
    clock: Clock
    _errands: dict[str, Errand] = field(default_factory=dict)
    _lanes: dict[str, Lane[Cause, Entry]] = field(default_factory=dict)
    _answers: list[tuple[Chunk, Answers]] = field(default_factory=list)
    _stirred: asyncio.Event = field(default_factory=asyncio.Event)
    _due: asyncio.Event = field(default_factory=asyncio.Event)
    _hurried: int = 0
    _hurry_until: float = float("-inf")

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._turning())
            group.create_task(self._ticking())

    def take(self, errand: Errand, stacks: Mapping[Site, list[Entry]]) -> None:
        """These recipients wait from now on; their errand was asked about a moment ago."""
        self._errands[errand.job.id] = errand
        errand.waiting = sum(map(len, stacks.values()))
        now = self.clock.steady()
        for site, entries in stacks.items():
            bundle = Bundle(Cause(errand, site), errand.priority, entries, now)
            self._lanes.setdefault(site.origin, Lane()).put(bundle)
        errand.settle()
        self._due.set()
        self._stirred.set()

    @contextlib.contextmanager
    def hurry(self) -> Iterator[None]:
        """Something urgent is being opened: meanwhile, for HURRY_S at most, nothing else takes a turn before it."""
        self._hurried += 1
        self._hurry_until = self.clock.steady() + HURRY_S
        try:
            yield
        finally:
            self._hurried -= 1
            self._stirred.set()

    def close(self, errand: Errand) -> None:
        """It is over: all of its recipients were heard of."""
        self._errands.pop(errand.job.id, None)

    def hand_on(self, errand: Errand) -> None:
        """Nobody of it waits here any more: who did goes on in a job of its own, at once."""
        names = self._dropped(errand)
        if names:
            errand.later(names, NOWHERE, Later(self.clock.now(), None, "moved"))
            errand.gone(len(names))

    def asked(self, errand: Errand) -> Asked:
        """The job, asked about now; raises StaleError if that has to be asked anew first."""
        return Asked(errand.job, self.world, self.known.latest(errand.job.order_id), self.clock.now())

    # -- turns

    async def _turning(self) -> None:
        while True:
            await self._stirred.wait()
            self._stirred.clear()
            while self._turn():  # noqa: ASYNC110 - a turn for others, nothing is waited for
                await asyncio.sleep(0)

    def _turn(self) -> bool:
        """Hear all that was answered and send one chunk; whether more may leave at once."""
        answers, self._answers = self._answers, []
        for chunk, some in answers:
            self._learn(chunk, some)
        lane = self._first(self.clock.steady())
        if lane is None:
            return False
        try:
            self._send(lane)
        except StaleError:
            self._due.set()
            return False
        return True

    def _first(self, now: float) -> Lane[Cause, Entry] | None:
        """The lane of the most urgent who may leave; lanes that are alike take turns."""
        ready = [(first, origin) for origin, lane in self._lanes.items() if (first := lane.ready(now)) is not None]
        if not ready:
            return None
        first, origin = min(ready, key=lambda one: one[0])
        if first[0] > 0 and self._hurried and now < self._hurry_until:
            return None
        lane = self._lanes[origin] = self._lanes.pop(origin)
        return lane

    def _send(self, lane: Lane[Cause, Entry]) -> None:
        bundle, now = lane.first(), self.clock.now()
        errand, site = bundle.cause
        asked = self.asked(errand)
        reason = stops_job(asked)
        if reason is not None:
            self._stop(errand, reason)
            return
        left_at = self.clock.steady()
        entries = lane.take(most_of(bundle.next(), urgent=bundle.priority[0] == 0), left_at)
        posts, refused = wrapped(errand, site, entries)
        for name, ended in refused:
            errand.ended([name], site.host, ended, now)
        lane.pace.unsent(len(refused))
        errand.gone(len(refused))
        errand.left(len(posts))
        until = deliver_until(asked)
        chunk = Chunk(errand, site, until, left_at)
        head = self.heads.of(errand, site, until, now)
        self.transport.post(site.origin, head, posts, partial(self._hear, chunk))

    def _hear(self, chunk: Chunk, answers: Answers) -> None:
        self._answers.append((chunk, answers))
        self._stirred.set()

    def _learn(self, chunk: Chunk, answers: Answers) -> None:
        pace, now = self._lanes[chunk.site.origin].pace, self.clock.steady()
        for lesson in hear(chunk, answers, self.clock):
            pace.heard(lesson.meaning, lesson.tries, now, now - chunk.left_at, lesson.told_s)
            if lesson.distrusted:
                self.heads.distrust(chunk.site)

    # -- ticks

    async def _ticking(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TICK_S if self._errands else None):
                    await self._due.wait()
            self._due.clear()
            await self._tick()
            self._stirred.set()

    async def _tick(self) -> None:
        await self.known.refresh({errand.job.order_id for errand in self._errands.values()})
        for errand in list(self._errands.values()):
            if errand.waiting:
                self._look_again(errand)
        self._turn_away()
        notes = {name: note for name, errand in self._errands.items() if (note := errand.sheet.notes())}
        if notes:
            await self.remembered.keep(notes)

    def _look_again(self, errand: Errand) -> None:
        """Who waits behind a service that hangs hears of a newer revision, too."""
        try:
            reason = stops_job(self.asked(errand))
        except StaleError:  # it came in while the others were asked about
            return
        if reason is not None:
            self._stop(errand, reason)

    def _stop(self, errand: Errand, reason: Reason) -> None:
        names = self._dropped(errand)
        if names:
            errand.ended(names, NOWHERE, stopped(reason), self.clock.now())
            errand.gone(len(names))

    def _dropped(self, errand: Errand) -> list[str]:
        """Those of it who waited in a lane: they wait there no more."""
        dropped = (lane.drop(lambda cause: cause.errand is errand) for lane in self._lanes.values())
        return [entry.subscriber for entries in dropped for entry in entries]

    def _turn_away(self) -> None:
        now = self.clock.steady()
        for lane in self._lanes.values():
            for turned in lane.turn_away(now):
                self._come_back(turned)

    def _come_back(self, turned: Turned[Cause, Entry]) -> None:
        errand, site = turned.bundle.cause
        names, now = [entry.subscriber for entry in turned.items], self.clock.now()
        until = deliver_until(Asked(errand.job, self.world, None, now))
        at = min(now + timedelta(seconds=turned.wait_s * (1 + self.clock.spread() / 2)), until - _LAST_TRY)
        if at <= now:
            errand.ended(names, site.host, _TOO_SLOW, now)
        else:
            errand.later(names, site.host, Later(at, None, "paced"))
        errand.gone(len(names))
