"""One order, call or latecomer through its plan: read pages, draft, write the plan, then its jobs, then remember.

Every step can be repeated: a process that dies anywhere here does the same again with the same ids.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import msgspec
from redis.asyncio import Redis

from notifier.index_writer import read_known
from notifier.ledger import Ledger
from notifier.pages import (
    IndexIncomplete,
    Keys,
    bucket_of,
    current_generation,
    officer_place,
    officers_place,
    read_matches,
    read_matches_of,
)
from notifier.plan import (
    Audience,
    Drafted,
    Page,
    audience_of,
    by_page,
    completed,
    draft,
    draft_call,
    is_meant,
    key_of,
    kind_of,
    may_be_drilled,
    pages_of,
    plan_id,
)
from notifier.standing import was_told
from notifier.subscriptions.placing import Known
from schemas.kafka import Publisher
from schemas.process.clock import now_utc
from schemas.process.log import get_logger
from schemas.process.metrics import DUPLICATES, STAGE_LATENCY
from schemas.records.base import Trace
from schemas.records.decided import Call, CallState, Order
from schemas.records.delivered import Plan, PlanKind

Read = TypeVar("Read")
_JOBS_AT_ONCE = 32
_INDEX_POLL_S = 0.1


class Planning:
    """Plans one thing at a time: orders, calls and latecomers come from different tasks."""

    def __init__(self, redis: Redis, namespace: str, ledger: Ledger, publisher: Publisher) -> None:
        self._redis, self._namespace = redis, namespace
        self._ledger, self._publisher = ledger, publisher
        self._turn = asyncio.Lock()
        self.in_force: dict[str, Order] = {}

    async def load(self) -> None:
        """The orders in force, as the ledger has them."""
        self.in_force = {order.id: order for order in await self._ledger.orders_in_force()}

    async def order(self, order: Order) -> None:
        """One record of `orders`: newer revisions are planned, halts only noted, what is older is left out."""
        async with self._turn:
            newest = await self._ledger.newest(order.id)
            if newest is not None and newest.revision > order.revision:
                DUPLICATES.labels("orders").inc()
                return
            await self._ledger.put_order(order)
            self.in_force.pop(order.id, None)
            if order.in_force:
                self.in_force[order.id] = order
            if not order.halted:
                await self._plan_order(order)

    async def call(self, call: Call) -> None:
        """One record of `calls`: an open one is planned for the officers it names, or for all of the desk."""
        async with self._turn:
            await self._ledger.put_call(call)
            if call.state is not CallState.OPEN:
                return
            places = [officer_place(name) for name in call.officers] or [officers_place(call.municipality)]
            matches = await self._whole(lambda keys: read_matches(self._redis, keys, places))
            audience = pages_of(matches, lambda match: may_be_drilled(match, call.world))
            drafted = draft_call(call, audience, now_utc())
            if not audience:
                get_logger().error("nobody can be woken: no device", call=call.id, officers=call.officers)
            if await self._ledger.is_finished(drafted.plan.id):
                await self.complete_if_due(drafted.plan.id)
            else:
                await self._send(drafted)

    async def latecomers(self, order_id: str, subscribers: Sequence[str] | None = None) -> None:
        """Who matches an order in force but was never planned for it: among `subscribers`, or among everyone."""
        async with self._turn:
            order = self.in_force.get(order_id)
            if order is None or order.halted or order.deliver_until <= now_utc():
                return
            if not await self._ledger.is_finished(plan_id(order)):
                return  # its own plan comes first: `orders` brings it again
            meant = await self._meant(order, subscribers)
            pages = {name: page for page, members in meant.items() for name in members}
            late = await self._ledger.unplanned(order.id, list(pages))
            if late:
                await self._supplement(order, by_page({name: pages[name] for name in late}))

    async def resume(self) -> None:
        """Send what supplementary plans of a former life may not have sent."""
        for packed in await self._ledger.held():
            order, audience, trace = _unpack(packed)
            await self._send_held(draft(order, PlanKind.SUPPLEMENTARY, audience, trace, now_utc()))

    async def complete_if_due(self, plan_id: str) -> None:
        """Say so once every recipient of a plan has an end."""
        if not await self._ledger.is_due(plan_id):
            return
        plan = await self._ledger.plan(plan_id)
        if plan is None:
            return
        await self._publisher.send("plans", plan.order_id, completed(plan, now_utc()))
        await self._ledger.complete(plan)

    async def _plan_order(self, order: Order) -> None:
        if await self._ledger.is_finished(plan_id(order)):
            DUPLICATES.labels("orders").inc()
            await self.complete_if_due(plan_id(order))  # a former life may have ended just before it said so
            return
        kind = kind_of(order)
        meant = {} if kind is PlanKind.LIFT else await self._meant(order, None)
        told = {} if kind is PlanKind.FIRST else await self._told(order)
        await self._send(draft(order, kind, audience_of(kind, meant, told), order.trace, now_utc()))

    async def _meant(self, order: Order, subscribers: Sequence[str] | None) -> Audience:
        place = order.municipality
        if subscribers is None:
            matches = await self._whole(lambda keys: read_matches(self._redis, keys, [place]))
        else:
            matches = await self._whole(lambda keys: read_matches_of(self._redis, keys, place, subscribers))
        return pages_of(matches, lambda match: is_meant(match, order))

    async def _told(self, order: Order) -> dict[str, Page]:
        """Who was told before, and where each lies now; who left is looked for, in vain, where the order was."""
        names = [name for name, standing in (await self._ledger.standings(order.id)).items() if was_told(standing)]
        known = await self._whole(lambda keys: read_known(self._redis, keys, names))
        return {name: (_place(known.get(name), order.municipality), bucket_of(name)) for name in names}

    async def _supplement(self, order: Order, audience: Audience) -> None:
        trace = Trace(order.trace.id, now_utc())  # the subscriber acted now; the order's own latency is another matter
        drafted = draft(order, PlanKind.SUPPLEMENTARY, audience, trace, now_utc())
        await self._ledger.hold(drafted.plan.id, _pack(order, audience, trace))
        await self._send_held(drafted)

    async def _send_held(self, drafted: Drafted) -> None:
        await self._send(drafted)
        await self._ledger.release(drafted.plan.id)

    async def _send(self, drafted: Drafted) -> None:
        await self._ledger.begin(drafted.plan)
        await self._publisher.send("plans", drafted.plan.order_id, drafted.plan)
        await self._send_jobs(drafted)
        await self._ledger.finish(drafted.plan, drafted.jobs)
        _report(drafted.plan)
        await self.complete_if_due(drafted.plan.id)

    async def _send_jobs(self, drafted: Drafted) -> None:
        acks = []
        for start in range(0, len(drafted.jobs), _JOBS_AT_ONCE):
            jobs = drafted.jobs[start : start + _JOBS_AT_ONCE]
            await self._ledger.open(jobs)
            acks += [await self._publisher.begin(drafted.topic, key_of(job), job) for job in jobs]
        await asyncio.gather(*acks)

    async def _whole(self, read: Callable[[Keys], Awaitable[Read]]) -> Read:
        """What `read` finds in one complete index; waits for one rather than plan for nobody."""
        while True:
            try:
                keys = await current_generation(self._redis, self._namespace)
                found = await read(keys)
                if await current_generation(self._redis, self._namespace) == keys:
                    return found  # else pages were swapped out under the reading
            except IndexIncomplete:
                await asyncio.sleep(_INDEX_POLL_S)


def _place(known: Known | None, municipality: str) -> str:
    if known is None or not known.places or municipality in known.places:
        return municipality
    return known.places[0]


def _report(plan: Plan) -> None:
    took = (now_utc() - plan.made_at).total_seconds()
    STAGE_LATENCY.labels("fanout").observe(took)
    get_logger().info(
        "planned", order=plan.order_id, revision=plan.revision, kind=plan.kind, audience=plan.audience,
        jobs=len(plan.buckets), took_s=round(took, 4), trace=plan.trace.id,
    )  # fmt: skip


def _pack(order: Order, audience: Audience, trace: Trace) -> bytes:
    return msgspec.msgpack.encode(
        (order, [(place, bucket, names) for (place, bucket), names in audience.items()], trace)
    )


def _unpack(packed: bytes) -> tuple[Order, Audience, Trace]:
    order, pages, trace = _HELD.decode(packed)
    return order, {(place, bucket): names for place, bucket, names in pages}, trace


_HELD = msgspec.msgpack.Decoder(tuple[Order, list[tuple[str, int, tuple[str, ...]]], Trace])
