"""Whom a revision is for, bucket by bucket: who matches now, who was told before, and what became of subscriptions.

Buckets are read some at a time, as many as fit into a short slice, so that what is urgent never waits for a million.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from redis.asyncio import Redis

from notifier.audience import Reading
from notifier.ledger import Ledger
from notifier.moved import predecessors, successors
from notifier.pages import BUCKETS, bucket_of
from notifier.plan import audience_of
from notifier.standing import told
from notifier.turns import Rank, Turns
from schemas.records.decided import Order
from schemas.records.delivered import PlanKind

SLICE_S = 0.05
"""What a slice should take: half of what an urgent order may wait for one."""

Found = TypeVar("Found")
ByBucket = dict[int, list[str]]


@dataclass(slots=True)
class Work:
    """One piece of work's place in the line."""

    turns: Turns
    rank: Rank
    number: int = field(init=False)

    def __post_init__(self) -> None:
        self.number = self.turns.number()

    async def buckets(
        self, read: Callable[[int], Awaitable[Found]], wanted: Iterable[int] = range(BUCKETS)
    ) -> AsyncIterator[tuple[int, Found]]:
        """What `read` finds in each bucket; as many a slice as the last ones' time allows."""
        left, at_once = list(wanted), 1
        while left:
            now, left = left[:at_once], left[at_once:]
            began = time.monotonic()
            async with self.turns.slice(self.rank, self.number):
                found = await asyncio.gather(*[read(bucket) for bucket in now])
            each = (time.monotonic() - began) / len(now)
            at_once = max(1, min(BUCKETS, int(SLICE_S / max(each, 1e-6))))
            for bucket, one in zip(now, found, strict=True):
                yield bucket, one


class Gathering:
    """Reads the ledger and the index for one world."""

    def __init__(self, redis: Redis, namespace: str, ledger: Ledger) -> None:
        self._redis, self._namespace, self._ledger = redis, namespace, ledger

    async def reading(self) -> Reading:
        """Raises IndexIncomplete."""
        return await Reading.begin(self._redis, self._namespace)

    async def of_revision(self, order: Order, kind: PlanKind, work: Work) -> AsyncIterator[tuple[int, list[str]]]:
        """Everyone whom a first plan, an update or a lift is for, by bucket. Raises IndexIncomplete or Swapped."""
        reading = await self.reading()
        gained = await self._gained(order, work) if kind is not PlanKind.FIRST else {}

        async def chosen(bucket: int) -> list[str]:
            meant = [] if kind is PlanKind.LIFT else await reading.meant(order, bucket)
            owed = [] if kind is PlanKind.FIRST else await self._owed(order, bucket)
            return audience_of(kind, meant, [*owed, *gained.get(bucket, ())])

        async for bucket, names in work.buckets(chosen):
            yield bucket, names
        await reading.close()

    async def late(self, order: Order, work: Work, subscribers: list[str] | None) -> ByBucket:
        """Who matches and was never planned, among `subscribers` or everyone. Raises IndexIncomplete, Swapped."""
        reading = await self.reading()
        some = None if subscribers is None else await reading.meant_of(order, subscribers)

        async def unplanned(bucket: int) -> list[str]:
            meant = await reading.meant(order, bucket) if some is None else some[bucket]
            planned = told(await self._ledger.of_bucket(order.id, bucket)) if meant else {}
            return [name for name in meant if name not in planned]

        found = {b: names async for b, names in work.buckets(unplanned, range(BUCKETS) if some is None else some)}
        await reading.close()
        return await self._without_moved(order, {bucket: names for bucket, names in found.items() if names})

    async def _owed(self, order: Order, bucket: int) -> list[str]:
        """Who was told in a bucket, without those whose subscription went on under another id."""
        names = [name for name, owed in told(await self._ledger.of_bucket(order.id, bucket)).items() if owed]
        replaced = await successors(self._redis, self._namespace, names)
        return [name for name in names if name not in replaced]

    async def _gained(self, order: Order, work: Work) -> ByBucket:
        """The ids under which those who were told go on, by bucket."""

        async def moved(bucket: int) -> Iterable[str]:
            names = [name for name, owed in told(await self._ledger.of_bucket(order.id, bucket)).items() if owed]
            return (await successors(self._redis, self._namespace, names)).values()

        gained: ByBucket = defaultdict(list)
        async for _, names in work.buckets(moved):
            for name in names:
                gained[bucket_of(name)].append(name)
        return gained

    async def _without_moved(self, order: Order, late: ByBucket) -> ByBucket:
        """Who goes on under a new id was told under the old one: a phone rings once."""
        names = [name for members in late.values() for name in members]
        before = await predecessors(self._redis, self._namespace, names)
        buckets = {bucket_of(old) for olds in before.values() for old in olds}
        standing: dict[str, bool] = {}
        for bucket in buckets:
            standing |= told(await self._ledger.of_bucket(order.id, bucket))
        found = {
            bucket: [name for name in members if not any(standing.get(old) for old in before.get(name, ()))]
            for bucket, members in late.items()
        }
        return {bucket: members for bucket, members in found.items() if members}
