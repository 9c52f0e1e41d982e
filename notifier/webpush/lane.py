"""The queue before one push service: the most urgent leave first, and who would wait too long is sent home. Pure.

Every origin has a lane of its own, so that one that hangs or throttles never delays the others.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from notifier.webpush.pace import Pace

PATIENCE_S = 2.0
"""Who would have to wait longer goes to `jobs-retry`: a job must not stay open for its slowest push service."""

GRACE_S = 1.0
"""Nobody is sent home sooner, unless others were and nothing was heard since: a connection may just be made."""

LONGEST_WAIT_S, COMING_BACK_PER_S = 60.0, 200.0
RESERVE = 512
"""So many urgent requests may be under way beyond the window: they never wait for answers to what is less urgent."""

Cause = TypeVar("Cause")
Item = TypeVar("Item")
Priority = tuple[int, float]
"""Rank (0 is most urgent), then age: within a rank the newest order comes first."""


@dataclass(slots=True, eq=False)
class Bundle(Generic[Cause, Item]):
    """Recipients that one cause (a job) wants to reach at one origin. `taken` of them have left the lane."""

    cause: Cause
    priority: Priority
    items: list[Item]
    since: float
    taken: int = 0

    @property
    def left(self) -> int:
        """How many still wait."""
        return len(self.items) - self.taken

    def next(self) -> Item:
        """Who is next."""
        return self.items[self.taken]

    def take(self, count: int) -> list[Item]:
        """The next `count`, or all that are left."""
        start, self.taken = self.taken, min(len(self.items), self.taken + count)
        return self.items[start : self.taken]


@dataclass(frozen=True, slots=True)
class Turned(Generic[Cause, Item]):
    """These have to come back in `wait_s` seconds instead of waiting here."""

    bundle: Bundle[Cause, Item]
    items: list[Item]
    wait_s: float


@dataclass(slots=True)
class Lane(Generic[Cause, Item]):
    """One origin's lane."""

    pace: Pace = field(default_factory=Pace)
    queues: dict[Priority, deque[Bundle[Cause, Item]]] = field(default_factory=dict)
    booked_until: float = float("-inf")
    doubted_at: float = float("-inf")

    def put(self, bundle: Bundle[Cause, Item]) -> None:
        """Wait here."""
        self.queues.setdefault(bundle.priority, deque()).append(bundle)

    def ready(self, now: float) -> Priority | None:
        """The priority of what may leave now; None if nothing may, or nobody waits."""
        if not self.queues:
            return None
        first = min(self.queues)
        return first if self._room(first, now) >= min(self.queues[first][0].left, self.pace.worth(now)) else None

    def first(self) -> Bundle[Cause, Item]:
        """Whose turn it is; call it only when somebody is `ready`."""
        return self.queues[min(self.queues)][0]

    def take(self, most: int, now: float) -> list[Item]:
        """Of the `first`, as many as may leave, at most so many. They are under way from now on."""
        bundle = self.first()
        taken = bundle.take(min(most, self._room(bundle.priority, now)))
        if not bundle.left:
            self._leave(bundle)
        self.pace.sent(len(taken), now)
        return taken

    def drop(self, is_over: Callable[[Cause], bool]) -> list[Item]:
        """Nobody whose cause is over waits any more; returns who did."""
        found = [bundle for bundle in self._bundles() if is_over(bundle.cause)]
        for bundle in found:
            self._leave(bundle)
        return [item for bundle in found for item in bundle.take(bundle.left)]

    def turn_away(self, now: float) -> list[Turned[Cause, Item]]:
        """Who would wait longer than PATIENCE_S, and when each should come back: as fast as the service takes them.

        Nobody as long as somebody may leave: then it is we who are slow, and coming back would not help.
        """
        if self.ready(now) is not None:
            return []
        per_s = 0.0 if self.pace.silent_s(now) > GRACE_S else self.pace.per_s(now)
        ahead = int(per_s * PATIENCE_S)
        before = now if self.pace.is_open or self.pace.heard_at <= self.doubted_at else now - GRACE_S
        if sum(bundle.left for bundle in self._bundles()) <= ahead:
            return []
        start = max(now + PATIENCE_S, self.pace.rests_until, self.booked_until)
        turned, step = [], max(per_s, COMING_BACK_PER_S)
        for bundle in self._bundles():
            stays = min(ahead, bundle.left) if bundle.since <= before else bundle.left
            ahead = max(0, ahead - stays)
            for items in _slices(_cut_off(bundle, stays), int(step)):
                turned.append(Turned(bundle, items, min(start - now, max(LONGEST_WAIT_S, self.pace.rests_until - now))))
                start += len(items) / step
            if not bundle.left:
                self._leave(bundle)
        self.booked_until = min(start, now + LONGEST_WAIT_S)
        self.doubted_at = now if turned else self.doubted_at
        return turned

    def _room(self, priority: Priority, now: float) -> int:
        return self.pace.room(now, 0 if priority[0] else RESERVE)

    def _bundles(self) -> list[Bundle[Cause, Item]]:
        return [bundle for priority in sorted(self.queues) for bundle in self.queues[priority]]

    def _leave(self, bundle: Bundle[Cause, Item]) -> None:
        queue = self.queues[bundle.priority]
        queue.remove(bundle)
        if not queue:
            del self.queues[bundle.priority]


def _cut_off(bundle: Bundle[Cause, Item], stays: int) -> list[Item]:
    """Removes all but the next `stays` from a bundle."""
    kept = bundle.taken + stays
    cut = bundle.items[kept:]
    del bundle.items[kept:]
    return cut


def _slices(items: list[Item], size: int) -> Iterator[list[Item]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
