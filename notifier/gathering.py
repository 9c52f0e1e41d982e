"""Whom a revision is for, bucket by bucket: who matches now, who was told before, and what became of subscriptions."""

from collections import defaultdict
from collections.abc import Awaitable, Callable

from redis.asyncio import Redis

from notifier.few import read_few
from notifier.index_reading import Reading
from notifier.ledger import Ledger
from notifier.matches import meant_in
from notifier.moved import predecessors, successors
from notifier.pages import BUCKETS, IndexIncomplete, Keys, bucket_of, current_generation
from notifier.plan import audience_of, is_meant
from notifier.standing import told
from notifier.turns import Work
from schemas.records.decided import Order
from schemas.records.delivered import PlanKind

ByBucket = dict[int, list[str]]
Put = Callable[[int, list[str]], Awaitable[None]]


class Gathering:
    """Reads the ledger and the index for one world. Its methods raise IndexIncomplete and Swapped: do it again."""

    def __init__(self, redis: Redis, namespace: str, ledger: Ledger) -> None:
        self._redis, self._namespace, self._ledger = redis, namespace, ledger
        self._keys: Keys | None = None

    async def reading(self) -> Reading:
        """A look at the index as it is now."""
        return await Reading.begin(self._redis, self._namespace)

    async def few(self, order: Order) -> ByBucket | None:
        """Everyone whom a first plan is for, read in one step; None where they are many, or the index must be looked at
        anew."""
        if self._keys is None:
            try:
                self._keys = await current_generation(self._redis, self._namespace)
            except IndexIncomplete:
                return None
        found = await read_few(self._redis, self._keys, order.municipality)
        if found is None:
            self._keys = None
            return None
        pages, kinds = found
        meant = [is_meant(kind, order) for kind in kinds]
        return {bucket: audience_of(PlanKind.FIRST, meant_in(page, meant), ()) for bucket, page in pages.items()}

    async def of_revision(self, order: Order, kind: PlanKind, work: Work, put: Put) -> None:
        """Everyone whom a first plan, an update or a lift is for, handed on by bucket."""
        reading = await self.reading()
        gained = await self._gained(order, work) if kind is not PlanKind.FIRST else {}

        async def choose(bucket: int) -> None:
            meant = [] if kind is PlanKind.LIFT else await reading.meant(order, bucket)
            owed = [] if kind is PlanKind.FIRST else await self._owed(order, bucket)
            await put(bucket, audience_of(kind, meant, [*owed, *gained.get(bucket, ())]))

        await work.buckets(choose)
        await reading.close()

    async def late(self, order: Order, work: Work, subscribers: list[str] | None) -> ByBucket:
        """Who matches and was never planned, among `subscribers` or everyone."""
        reading, found = await self.reading(), ByBucket()
        some = None if subscribers is None else await reading.meant_of(order, subscribers)

        async def compare(bucket: int) -> None:
            meant = await reading.meant(order, bucket) if some is None else some[bucket]
            planned = told(await self._ledger.of_bucket(order.id, bucket)) if meant else {}
            if names := [name for name in meant if name not in planned]:
                found[bucket] = names

        await work.buckets(compare, range(BUCKETS) if some is None else sorted(some))
        await reading.close()
        return await self._without_moved(order, found)

    async def _owed(self, order: Order, bucket: int) -> list[str]:
        """Who was told in a bucket, without those whose subscription went on under another id."""
        names = await self._told(order, bucket)
        replaced = await successors(self._redis, self._namespace, names)
        return [name for name in names if name not in replaced]

    async def _gained(self, order: Order, work: Work) -> ByBucket:
        """The ids under which those who were told go on, by bucket."""
        gained: ByBucket = defaultdict(list)

        async def follow(bucket: int) -> None:
            moved = await successors(self._redis, self._namespace, await self._told(order, bucket))
            for name in moved.values():
                gained[bucket_of(name)].append(name)

        await work.buckets(follow)
        return gained

    async def _told(self, order: Order, bucket: int) -> list[str]:
        return [name for name, owed in told(await self._ledger.of_bucket(order.id, bucket)).items() if owed]

    async def _without_moved(self, order: Order, late: ByBucket) -> ByBucket:
        """Who goes on under a new id was told under the old one: a phone rings once."""
        names = [name for members in late.values() for name in members]
        before = await predecessors(self._redis, self._namespace, names)
        buckets = {bucket_of(old) for olds in before.values() for old in olds}
        owed = {name for bucket in buckets for name in await self._told(order, bucket)}
        found = {
            bucket: [name for name in members if owed.isdisjoint(before.get(name, ()))]
            for bucket, members in late.items()
        }
        return {bucket: members for bucket, members in found.items() if members}
