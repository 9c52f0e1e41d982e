"""What the planner knows of orders in Redis: newest revisions, who was planned, who has no end yet. Rebuilt if lost.

Only the planner's process writes it. All of it can be read again from `orders`, `plans`, the jobs and `outcomes`.
"""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from redis.asyncio import Redis
from redis.typing import EncodableT, FieldT

from notifier.newest import Newest, fields_of, newest_key, newest_of
from notifier.standing import ended, planned
from notifier.store import raw, text
from schemas.codec import Codec
from schemas.records.base import World
from schemas.records.decided import Call, CallState, Order
from schemas.records.delivered import DeliveryJob, JobOutcome, Plan, PlanKind, RecipientEnd

CALL_LIFETIME = timedelta(minutes=10)
KEPT = timedelta(days=7)
_CHUNK = 5000


class LedgerLost(RuntimeError):
    """Redis was emptied under the running planner: start anew and rebuild."""


class Ledger:
    """One world's ledger."""

    def __init__(self, redis: Redis, namespace: str, world: World) -> None:
        self.redis, self._namespace, self._world = redis, namespace, world
        self._orders, self._plans = Codec(Order, world), Codec(Plan, world)
        self._standings = asyncio.Lock()  # standings are read, changed and written by two tasks of this process

    # -- the whole

    async def is_complete(self) -> bool:
        """Whether it holds all that the topics say."""
        return bool(await self.redis.exists(self._key("ledger")))

    async def mark_complete(self, now: datetime) -> None:
        """All of the topics was read into it."""
        await self.redis.set(self._key("ledger"), now.isoformat())

    async def check(self) -> None:
        """Raises LedgerLost."""
        if not await self.is_complete():
            raise LedgerLost("the ledger of orders is gone from Redis")

    # -- orders and calls

    async def put_order(self, order: Order) -> None:
        """The newest revision, for workers and for whoever subscribes later."""
        fields = fields_of(Newest(order.revision, order.halted, order.deliver_until))
        fields["record"] = self._orders.encode(order)
        pipe = self.redis.pipeline(transaction=True)
        pipe.hset(newest_key(self._namespace, self._world, order.id), mapping=fields)
        if order.in_force:
            pipe.sadd(self._key("in-force"), order.id)
        else:
            pipe.srem(self._key("in-force"), order.id)
        await pipe.execute()

    async def put_call(self, call: Call) -> None:
        """An open call goes on through all of its steps; an ended one supersedes them."""
        is_open = call.state is CallState.OPEN
        newest = Newest(0 if is_open else call.step + 1, not is_open, call.made_at + CALL_LIFETIME)
        key = newest_key(self._namespace, self._world, call.id)
        await self.redis.hset(key, mapping=fields_of(newest))
        await self.redis.expire(key, KEPT)

    async def newest(self, order_id: str) -> Newest | None:
        """As workers see it."""
        return await newest_of(self.redis, self._namespace, self._world, order_id)

    async def orders_in_force(self) -> list[Order]:
        """The newest revision of each."""
        ids = [text(name) for name in await self.redis.smembers(self._key("in-force"))]
        found = [await self.redis.hget(newest_key(self._namespace, self._world, name), "record") for name in ids]
        return [self._orders.decode(raw(packed)) for packed in found if packed is not None]

    # -- plans

    async def begin(self, plan: Plan) -> None:
        """A plan as it was written down."""
        await self.redis.hset(self._plan(plan.id), "record", self._plans.encode(plan))

    async def open(self, jobs: Iterable[DeliveryJob]) -> None:
        """These recipients have no end yet; before their jobs are sent, or an end could come in too early."""
        pipe = self.redis.pipeline(transaction=False)
        for job in jobs:
            pipe.sadd(self._open(job.plan_id), *job.recipients)
            pipe.expire(self._open(job.plan_id), KEPT)
        await pipe.execute()

    async def finish(self, plan: Plan, jobs: Iterable[DeliveryJob]) -> None:
        """All jobs are acknowledged: from now on it counts who was planned, and a repeat is recognised."""
        names = [name for job in jobs for name in job.recipients]
        await self.plan_standings(plan.order_id, plan.revision, names)
        await self.redis.hset(self._plan(plan.id), "finished", 1)

    async def is_finished(self, plan_id: str) -> bool:
        """Whether all of its jobs were sent."""
        return bool(await self.redis.hexists(self._plan(plan_id), "finished"))

    async def plan(self, plan_id: str) -> Plan | None:
        """The plan as begun."""
        packed = await self.redis.hget(self._plan(plan_id), "record")
        return None if packed is None else self._plans.decode(raw(packed))

    async def is_due(self, plan_id: str) -> bool:
        """Whether all jobs were sent, every recipient has an end, and that was not yet said."""
        pipe = self.redis.pipeline(transaction=True)
        pipe.hexists(self._plan(plan_id), "finished")
        pipe.hexists(self._plan(plan_id), "complete")
        pipe.scard(self._open(plan_id))
        finished, complete, left = await pipe.execute()
        return bool(finished) and not complete and left == 0

    async def complete(self, plan: Plan) -> None:
        """It was said that every recipient has an end. What nobody needs any more goes after some days."""
        await self.redis.hset(self._plan(plan.id), "complete", 1)
        if plan.kind in {PlanKind.SUPPLEMENTARY, PlanKind.CALL}:
            await self.redis.expire(self._plan(plan.id), KEPT)
        if plan.kind is PlanKind.LIFT:
            for key in (self._standing(plan.order_id), newest_key(self._namespace, self._world, plan.order_id)):
                await self.redis.expire(key, KEPT)

    # -- recipients

    async def standings(self, order_id: str) -> dict[str, str]:
        """Everyone who was planned for any revision, with what became of it."""
        found = await self.redis.hgetall(self._standing(order_id))
        return {text(name): text(standing) for name, standing in found.items()}

    async def unplanned(self, order_id: str, names: Sequence[str]) -> list[str]:
        """Those of `names` who were never planned for this order."""
        if not names:
            return []
        found = await self.redis.hmget(self._standing(order_id), list(names))
        return [name for name, standing in zip(names, found, strict=True) if standing is None]

    async def plan_standings(self, order_id: str, revision: int, names: Sequence[str]) -> None:
        """These were planned for a revision."""
        await self._change(order_id, [(name, None) for name in names], revision)

    async def end(self, outcome: JobOutcome) -> int:
        """Ends that count: the first of each recipient of a plan. Returns how many; a repeat counts nothing."""
        pipe = self.redis.pipeline(transaction=False)
        for end in outcome.ends:
            pipe.srem(self._open(outcome.plan_id), end.subscriber)
        first = await pipe.execute()
        counted = [end for end, removed in zip(outcome.ends, first, strict=True) if removed]
        await self.end_standings(outcome.order_id, outcome.revision, counted)
        return len(counted)

    async def end_standings(self, order_id: str, revision: int, ends: Iterable[RecipientEnd]) -> None:
        """These deliveries of a revision ended."""
        await self._change(order_id, [(end.subscriber, end) for end in ends], revision)

    async def _change(self, order_id: str, changes: Sequence[tuple[str, RecipientEnd | None]], revision: int) -> None:
        key = self._standing(order_id)
        for chunk in _chunks(changes):
            async with self._standings:
                before = await self.redis.hmget(key, [name for name, _ in chunk])
                after: dict[FieldT, EncodableT] = {
                    name: _moved(None if found is None else text(found), end, revision)
                    for (name, end), found in zip(chunk, before, strict=True)
                }
                await self.redis.hset(key, mapping=after)

    # -- supplementary plans on their way

    async def hold(self, plan_id: str, packed: bytes) -> None:
        """What a supplementary plan needs to be sent again: no message in Kafka would bring it back."""
        await self.redis.hset(self._key("held"), plan_id, packed)

    async def release(self, plan_id: str) -> None:
        """It was sent."""
        await self.redis.hdel(self._key("held"), plan_id)

    async def held(self) -> list[bytes]:
        """All that may not have been sent."""
        return [raw(packed) for packed in await self.redis.hvals(self._key("held"))]

    def _key(self, name: str) -> str:
        return f"{self._namespace}{self._world}.{name}"

    def _plan(self, plan_id: str) -> str:
        return self._key(f"plan:{plan_id}")

    def _open(self, plan_id: str) -> str:
        return self._key(f"open:{plan_id}")

    def _standing(self, order_id: str) -> str:
        return self._key(f"standing:{order_id}")


def _moved(standing: str | None, end: RecipientEnd | None, revision: int) -> str:
    return planned(standing, revision) if end is None else ended(standing, end, revision)


def _chunks(changes: Sequence[tuple[str, RecipientEnd | None]]) -> Iterator[Sequence[tuple[str, RecipientEnd | None]]]:
    for start in range(0, len(changes), _CHUNK):
        yield changes[start : start + _CHUNK]
