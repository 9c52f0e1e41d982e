"""What the planner knows of orders and plans in Redis: what workers ask, who was planned, how each ended.

Only the planner that holds the fence writes it, and all of it can be read again from the topics. A plan is one hash:
its record, and of each job the packed recipients (`r:<n>`, 11 bytes each) and their marks (`m:<n>`, one byte each).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from redis.asyncio import Redis

from notifier.fence import Command, Fence, Newer
from notifier.layout import Layout, layout_of
from notifier.newest import Newest, fields_of, newest_key, newest_of
from notifier.roll import Rolls, pack, unpack
from notifier.standing import Mark, Marked
from notifier.store import raw, text
from schemas.codec import Codec
from schemas.records.base import World
from schemas.records.decided import Call, CallState, Order
from schemas.records.delivered import Plan, PlanKind

CALL_LIFETIME = timedelta(minutes=10)
KEPT_S = 7 * 86_400
"""What nobody needs any more goes after some days: plans of calls, and of orders that were lifted."""

_EPOCH, _MICRO = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
_LAYOUTS_KEPT = 128
_PLANS_OF_A_REVISION = 100_000


@dataclass(frozen=True, slots=True)
class Entry:
    """A plan as the ledger has it. Jobs before `sent` are with Kafka; before `opened` they may be.

    `partial`: read again from topics after a loss, with only the jobs that had been sent. `names`: the recipients of
    its jobs, where they are at hand because it was sealed just now.
    """

    plan: Plan
    subject: Order | Call | None
    opened: int
    sent: int
    left: int
    finished: bool
    complete: bool
    partial: bool
    names: Sequence[Sequence[str]] | None = None


class Ledger:
    """One world's ledger."""

    def __init__(self, redis: Redis, namespace: str, world: World, fence: Fence) -> None:
        self.redis, self.fence, self.world = redis, fence, world
        self._namespace, self._layouts = namespace, dict[str, Layout]()
        self._orders, self._calls, self._plans = Codec(Order, world), Codec(Call, world), Codec(Plan, world)

    async def is_complete(self) -> bool:
        """Whether it holds all that the topics say."""
        return bool(await self.redis.exists(self._key("ledger")))

    async def mark_complete(self, now: datetime) -> None:
        """All of the topics was read into it."""
        await self.fence.write([("SET", self._key("ledger"), now.isoformat())])

    # -- orders and calls, as workers ask for them

    async def put_order(self, order: Order) -> bool:
        """The newest revision, for workers and for whoever subscribes later. False if a newer one lies there."""
        newest = Newest(order.revision, order.halted, order.deliver_until)
        change = "SADD" if order.in_force else "SREM"
        key = newest_key(self._namespace, self.world, order.id)
        made_us = (order.made_at - _EPOCH) // _MICRO
        return await self.fence.write(
            [
                ("HSET", key, *_flat(fields_of(newest)), "made_us", made_us, "record", self._orders.encode(order)),
                (change, self._key("in-force"), order.id),
            ],
            about=Newer(key, order.revision, made_us),
        )

    async def put_call(self, call: Call) -> None:
        """An open call goes on through all of its steps; an ended one supersedes them."""
        is_open = call.state is CallState.OPEN
        newest = Newest(0 if is_open else call.step + 1, not is_open, call.made_at + CALL_LIFETIME)
        key = newest_key(self._namespace, self.world, call.id)
        await self.fence.write([("HSET", key, *_flat(fields_of(newest))), ("EXPIRE", key, KEPT_S)])

    async def newest(self, order_id: str) -> Newest | None:
        """As workers see it."""
        return await newest_of(self.redis, self._namespace, self.world, order_id)

    async def order(self, order_id: str) -> Order | None:
        """The newest revision's record."""
        packed = await self.redis.hget(newest_key(self._namespace, self.world, order_id), "record")
        return None if packed is None else self._orders.decode(raw(packed))

    async def orders_in_force(self) -> list[Order]:
        """The newest revision of each."""
        ids = sorted(text(name) for name in await self.redis.smembers(self._key("in-force")))
        found = [await self.order(name) for name in ids]
        return [order for order in found if order is not None]

    # -- plans

    async def forget_draft(self, plan_id: str) -> None:
        """What a draft that was never sealed left."""
        await self.fence.write([("DEL", self._plan(plan_id))])

    async def put_rolls(self, plan_id: str, rolls: Rolls) -> None:
        """Recipients of a draft."""
        await self.fence.write(rolls.commands(self._plan(plan_id)))

    async def put_roll(self, plan_id: str, number: int, packed: bytes, marks: bytes) -> None:
        """Recipients of one job, packed, with the marks that they have."""
        await self.fence.write([("HSET", self._plan(plan_id), f"r:{number}", packed, f"m:{number}", marks)])

    async def seal(
        self, plan: Plan, edges: Sequence[str], subject: Order | Call | None, added: int, sent: int, last: Rolls
    ) -> int:
        """From now on the plan is what it is: all of its rolls are here, `added` recipients without an end among them.

        `edges` are the first and last name of each job, `last` the rolls that were not put before. Returns how many
        jobs may be sent from now on: those of `last`, if it marks them as open. Without a subject it is partial: jobs
        may still be added.
        """
        key, fields = self._plan(plan.id), {"record": self._plans.encode(plan), "edges": pack(edges)}
        state: list[Command] = [("HSET", key, "partial", 1)]
        if subject is not None:
            state = [("HDEL", key, "partial"), ("HSET", key, "subject", self._packed(subject))]
        opened = last.first + len(last.names) if last.mark == Mark.OPEN else sent
        await self.fence.write(
            [
                *last.commands(key),
                ("HSET", key, *_flat(fields), "opened", opened, "sent", sent),
                ("HINCRBY", key, "left", added),
                *state,
                ("ZADD", self._of_order(plan.order_id), "NX", await self._place(plan), plan.id),
                ("SADD", self._key("unsent"), plan.id),
            ]
        )
        self._layouts.pop(plan.id, None)
        return opened

    async def entry(self, plan_id: str) -> Entry | None:
        """A sealed plan; None for one that is unknown, or only a draft."""
        names = ("record", "subject", "opened", "sent", "left", "finished", "complete", "partial")
        record, subject, opened, sent, left, *flags = await self.redis.hmget(self._plan(plan_id), list(names))
        if record is None:
            return None
        plan, (finished, complete, partial) = self._plans.decode(raw(record)), (flag is not None for flag in flags)
        about = None if subject is None else self._unpacked(plan, raw(subject))
        return Entry(plan, about, int(opened or 0), int(sent or 0), int(left or 0), finished, complete, partial)

    async def unsent(self) -> list[str]:
        """Sealed plans whose jobs may not all have been sent."""
        return sorted(text(name) for name in await self.redis.smembers(self._key("unsent")))

    async def open(self, plan_id: str, sent: int, opened: int, sizes: Mapping[int, int]) -> None:
        """Jobs before `sent` are with Kafka; those before `opened` may be from now on, new: `sizes` (by number)."""
        marks = [part for n, size in sizes.items() for part in (f"m:{n}", bytes([Mark.OPEN]) * size)]
        await self.fence.write([("HSET", self._plan(plan_id), "sent", sent, "opened", opened, *marks)])

    async def finish(self, plan: Plan) -> None:
        """Every job is with Kafka, or its recipients' ends are: a repeat is recognised from now on."""
        await self.fence.write([("HSET", self._plan(plan.id), "finished", 1), ("SREM", self._key("unsent"), plan.id)])

    async def complete(self, plan: Plan) -> None:
        """It was said that every recipient has an end."""
        commands: list[Command] = [("HSET", self._plan(plan.id), "complete", 1)]
        gone: list[str] = []
        if plan.kind is PlanKind.CALL:
            gone = [self._plan(plan.id), self._of_order(plan.order_id)]
        if plan.kind is PlanKind.LIFT:
            others = [self._plan(name) for name in await self.plans_of(plan.order_id)]
            gone = [*others, self._of_order(plan.order_id), newest_key(self._namespace, self.world, plan.order_id)]
        commands += [("EXPIRE", key, KEPT_S) for key in gone]
        await self.fence.write(commands)

    async def is_due(self, plan_id: str) -> bool:
        """Whether all jobs were sent, every recipient has an end, and that was not yet said."""
        finished, complete, left = await self.redis.hmget(self._plan(plan_id), ["finished", "complete", "left"])
        return finished is not None and complete is None and int(left or 0) == 0

    async def plans_of(self, order_id: str) -> list[str]:
        """An order's sealed plans, revision by revision, in the order in which they were made."""
        found: Any = await self.redis.zrange(self._of_order(order_id), 0, -1)
        return [text(name) for name in found]

    # -- recipients

    async def layout(self, plan_id: str) -> Layout | None:
        """Where a sealed plan's recipients lie."""
        found = self._layouts.pop(plan_id, None) or await self._layout(plan_id)
        if found is not None:
            self._layouts[plan_id] = found
        while len(self._layouts) > _LAYOUTS_KEPT:
            del self._layouts[next(iter(self._layouts))]
        return found

    async def rolls(self, plan_id: str, numbers: Iterable[int]) -> list[Marked]:
        """Recipients and marks of these jobs of a plan."""
        fields = [f"{kind}:{number}" for number in numbers for kind in "rm"]
        found = [raw(value or b"") for value in await self.redis.hmget(self._plan(plan_id), fields)] if fields else []
        return [(unpack(names), marks) for names, marks in zip(found[::2], found[1::2], strict=True)]

    async def of_bucket(self, order_id: str, bucket: int, revision: int | None = None) -> list[Marked]:
        """All that was planned for an order (or one of its revisions) in a bucket, in the order of planning."""
        found: list[Marked] = []
        for plan_id in await self.plans_of(order_id):
            layout = await self.layout(plan_id)
            if layout is not None and revision in {None, layout.revision}:
                found += await self.rolls(plan_id, layout.numbers_in(bucket))
        return found

    async def put_marks(self, marks: Mapping[str, Mapping[int, bytes]], counted: Mapping[str, int]) -> None:
        """New marks by plan and job, and how many recipients of each plan got an end by them."""
        commands: list[Command] = []
        for plan_id, jobs in marks.items():
            fields = [part for number, row in jobs.items() for part in (f"m:{number}", row)]
            commands.append(("HSET", self._plan(plan_id), *fields))
            commands.append(("HINCRBY", self._plan(plan_id), "left", -counted[plan_id]))
        await self.fence.write(commands)

    async def _layout(self, plan_id: str) -> Layout | None:
        record, edges = await self.redis.hmget(self._plan(plan_id), ["record", "edges"])
        if record is None or edges is None:
            return None
        return layout_of(self._plans.decode(raw(record)), unpack(raw(edges)))

    async def _place(self, plan: Plan) -> int:
        """Plans stand by revision; within one, its own plan first, then others by when they were sealed."""
        first = plan.revision * _PLANS_OF_A_REVISION
        if plan.kind is not PlanKind.SUPPLEMENTARY:
            return first
        before = await self.redis.zcount(self._of_order(plan.order_id), first, first + _PLANS_OF_A_REVISION - 1)
        return first + 1 + int(before)

    def _packed(self, subject: Order | Call) -> bytes:
        return self._orders.encode(subject) if isinstance(subject, Order) else self._calls.encode(subject)

    def _unpacked(self, plan: Plan, packed: bytes) -> Order | Call:
        return self._calls.decode(packed) if plan.kind is PlanKind.CALL else self._orders.decode(packed)

    def _key(self, name: str) -> str:
        return f"{self._namespace}{self.world}.{name}"

    def _plan(self, plan_id: str) -> str:
        return self._key(f"plan:{plan_id}")

    def _of_order(self, order_id: str) -> str:
        return self._key(f"plans:{order_id}")


def _flat(fields: Mapping[Any, Any]) -> list[Any]:
    return [part for item in fields.items() for part in item]
