"""From a record to a plan that is carried out: orders, calls, latecomers and resends, each in slices by its urgency.

Every step can be repeated: a process that dies anywhere here does the same again with the same ids. Records of one
order wait for each other; records of different orders do not.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from notifier.carrying import Carrying, Stopped, rank_of
from notifier.drafting import Draft, begin_draft
from notifier.gathering import ByBucket, Gathering
from notifier.index_reading import Swapped
from notifier.ledger import Entry as LedgerEntry
from notifier.ledger import Ledger
from notifier.newest import stop_of
from notifier.pages import IndexIncomplete
from notifier.plan import (
    call_plan,
    call_plan_id,
    chunks_of,
    digest_of,
    kind_of,
    order_plan,
    plan_id,
    supplementary_id,
)
from notifier.resend import ends_of, refusal_of, resend_plan_id, tried_again
from notifier.standing import latest
from notifier.turns import Rank, Turns, Work
from schemas.process.clock import now_utc
from schemas.process.log import get_logger
from schemas.process.metrics import DUPLICATES
from schemas.records.base import Trace
from schemas.records.decided import Call, CallState, Order, Resend
from schemas.records.delivered import End, PlanKind

INDEX_POLL_S = 0.1
NOTED_AT_ONCE = 16
"""Records that are noted at the same time: each takes a connection to Redis."""

Found = TypeVar("Found")


class Overtaken(Exception):
    """While a revision was being drafted, it was superseded or halted."""


class Planning:
    """Plans for one world. Its methods run at the same time, each as a task."""

    def __init__(self, ledger: Ledger, gathering: Gathering, carrying: Carrying, turns: Turns) -> None:
        self._ledger, self._gathering = ledger, gathering
        self._carrying, self._turns = carrying, turns
        self._one_order: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self.in_force: dict[str, Order] = {}

    async def load(self) -> None:
        """The orders in force, as the ledger has them."""
        self.in_force = {order.id: order for order in await self._ledger.orders_in_force()}

    async def note(self, records: Sequence[Order | Call | Resend]) -> None:
        """What workers and running plans must know at once: the newest revision, a halt, the end of a call."""
        about: defaultdict[str, list[Order | Call]] = defaultdict(list)
        for record in records:
            if not isinstance(record, Resend):
                about[record.id].append(record)
        alike = list(about.values())
        for start in range(0, len(alike), NOTED_AT_ONCE):
            await asyncio.gather(*map(self._note, alike[start : start + NOTED_AT_ONCE]))

    async def plan(self, record: Order | Call | Resend) -> None:
        """A record to its end: a plan whose jobs are with Kafka, or the reason why there is none."""
        about = record.order_id if isinstance(record, Resend) else record.id
        async with self._one_order[about]:
            stopped = await self._plan(record)
        await self._carrying.settle(stopped)

    async def resume(self, name: str) -> None:
        """Carry out a plan that a former life sealed and did not send to its end."""
        entry = await self._ledger.entry(name)
        if entry is None or (entry.partial and entry.plan.kind is not PlanKind.SUPPLEMENTARY):
            return  # it comes again with its order, and gets the jobs that are missing
        async with self._one_order[entry.plan.order_id]:
            with self._turns.work(rank_of(entry.subject)) as work:
                stopped = await self._carrying.carry_out(name, work)
        await self._carrying.settle(stopped)

    async def latecomers(self, order_id: str, subscribers: Sequence[str] | None = None) -> None:
        """Who matches an order in force but was never planned for it: among `subscribers`, or among everyone."""
        stopped = None
        async with self._one_order[order_id]:
            order = self.in_force.get(order_id)
            if order is None or order.halted or order.deliver_until <= now_utc():
                return
            first = await self._ledger.entry(plan_id(order))
            if first is None or not first.finished:
                return  # its own plan comes first: `orders` brings it again
            names = None if subscribers is None else list(subscribers)
            with self._turns.work(max(rank_of(order), Rank.LATE)) as work:
                late = await self._whole(lambda: self._gathering.late(order, work, names), work)
                if late:
                    stopped = await self._supplement(order, late, work)
        await self._carrying.settle(stopped)

    async def _plan(self, record: Order | Call | Resend) -> Stopped | None:
        match record:
            case Order():
                with self._turns.work(rank_of(record)) as work:
                    return await self._order(record, work)
            case Call():
                with self._turns.work(rank_of(record)) as work:
                    return await self._call(record, work)
            case Resend():
                return await self._resend(record)

    async def _note(self, records: Sequence[Order | Call]) -> None:
        """All that came about one order or one call, in its order."""
        for record in records:
            if isinstance(record, Call):
                await self._ledger.put_call(record)
            elif await self._ledger.put_order(record):
                self.in_force.pop(record.id, None)
                if record.in_force:
                    self.in_force[record.id] = record

    async def _order(self, order: Order, work: Work) -> Stopped | None:
        name = plan_id(order)
        async with work.slice():
            entry, few = await asyncio.gather(self._ledger.entry(name), self._few(order))
        if entry is not None and entry.finished:
            DUPLICATES.labels("orders").inc()
            await self._carrying.complete_if_due(name)  # a former life may have ended just before it said so
            return None
        if entry is None and order.halted:
            return None  # only said that sending stops; nothing of it was planned
        sealed = None
        if entry is None or entry.partial:
            try:
                sealed = await self._draft_order(order, work, entry, few)
            except Overtaken:  # a plan for nobody more: the newer one is for all
                await (await self._begin(order, entry)).seal(order)
        return await self._carrying.carry_out(name, work, sealed)

    async def _few(self, order: Order) -> ByBucket | None:
        """Whom a first plan is for, if they are few, and if it is still to be sent."""
        if kind_of(order) is not PlanKind.FIRST:
            return None
        few, newest = await asyncio.gather(self._gathering.few(order), self._ledger.newest(order.id))
        return None if stop_of(newest, order.revision, now_utc()) else few

    async def _draft_order(
        self, order: Order, work: Work, entry: LedgerEntry | None, few: ByBucket | None
    ) -> LedgerEntry | None:
        """Sealed in the end; the entry, if it is at hand."""
        if entry is not None or few is None:
            return await self._whole(lambda: self._draft_many(order, work, entry), work)
        draft = await self._begin(order, None)
        for bucket, names in few.items():
            await draft.add(order.municipality, bucket, names)
        return await draft.seal(order, opens=True)

    async def _draft_many(self, order: Order, work: Work, entry: LedgerEntry | None) -> LedgerEntry | None:
        draft = await self._begin(order, entry)

        async def put(bucket: int, names: list[str]) -> None:
            if names and await self._is_overtaken(order.id, order.revision):
                raise Overtaken
            await draft.add(order.municipality, bucket, names)

        await self._gathering.of_revision(order, draft.plan.kind, work, put)
        return await draft.seal(order)

    async def _begin(self, order: Order, entry: LedgerEntry | None) -> Draft:
        plan = order_plan(order, plan_id(order), kind_of(order), order.trace, now_utc())
        return await begin_draft(self._ledger, plan, entry)

    async def _is_overtaken(self, order_id: str, revision: int) -> bool:
        """Superseded or halted. What only came too late is planned for everyone, and ends as expired."""
        stop = stop_of(await self._ledger.newest(order_id), revision, now_utc())
        return stop is not None and stop[0] is not End.EXPIRED

    async def _call(self, call: Call, work: Work) -> Stopped | None:
        if call.state is not CallState.OPEN:
            return None
        name, sealed = call_plan_id(call), None
        async with work.slice():
            entry = await self._ledger.entry(name)
        if entry is None or entry.partial:
            sealed = await self._whole(lambda: self._draft_call(call, work, entry), work)
        stopped = await self._carrying.carry_out(name, work, sealed)
        await self._carrying.complete_if_due(name)
        return stopped

    async def _draft_call(self, call: Call, work: Work, entry: LedgerEntry | None) -> LedgerEntry | None:
        async with work.slice():
            reading = await self._gathering.reading()
            draft = await begin_draft(self._ledger, call_plan(call, now_utc()), entry)
            if not await self._is_overtaken(call.id, call.step):
                woken = await reading.woken(call)
                for (place, bucket), names in woken.items():
                    await draft.add(place, bucket, names)
                if not woken:
                    get_logger().error("nobody can be woken: no device", call=call.id, officers=call.officers)
            await reading.close()
            return await draft.seal(call)

    async def _supplement(self, order: Order, late: dict[int, list[str]], work: Work) -> Stopped | None:
        chunks = chunks_of({(order.municipality, bucket): names for bucket, names in late.items()})
        name = supplementary_id(order, digest_of(chunk.digest for chunk in chunks))
        trace = Trace(order.trace.id, now_utc())  # the subscriber acted now; the order's own latency is another matter
        plan = order_plan(order, name, PlanKind.SUPPLEMENTARY, trace, now_utc())
        draft = await begin_draft(self._ledger, plan, await self._ledger.entry(name))
        for bucket, names in sorted(late.items()):
            await draft.add(order.municipality, bucket, names)
        return await self._carrying.carry_out(name, work, await draft.seal(order))

    async def _resend(self, resend: Resend) -> Stopped | None:
        name, order = resend_plan_id(resend), await self._ledger.order(resend.order_id)
        entry = await self._ledger.entry(name)
        if entry is not None and entry.finished:
            DUPLICATES.labels("resends").inc()
            await self._carrying.complete_if_due(name)
            return None
        refusal = refusal_of(resend, order, now_utc())
        if order is None or (refusal is not None and entry is None):
            about = {"order": resend.order_id, "revision": resend.revision, "officer": resend.officer}
            get_logger().error("not sent again", reason=refusal, resend=resend.id, **about)
            return None
        with self._turns.work(rank_of(order)) as work:
            if entry is None or entry.partial:
                await self._draft_resend(resend, order, work, entry)
            return await self._carrying.carry_out(name, work)

    async def _draft_resend(self, resend: Resend, order: Order, work: Work, entry: LedgerEntry | None) -> None:
        plan = order_plan(order, resend_plan_id(resend), PlanKind.SUPPLEMENTARY, resend.trace, now_utc(), resend.id)
        draft = await begin_draft(self._ledger, plan, entry)

        async def choose(bucket: int) -> None:
            ends = latest(await self._ledger.of_bucket(order.id, bucket, resend.revision))
            await draft.add(order.municipality, bucket, sorted(tried_again(ends.items(), ends_of(resend))))

        await work.buckets(choose)
        await draft.seal(order)

    async def _whole(self, read: Callable[[], Awaitable[Found]], work: Work) -> Found:
        """What `read` does with one complete index; waits for one rather than plan for nobody."""
        while True:
            try:
                return await read()
            except IndexIncomplete:
                with work.rest():
                    await asyncio.sleep(INDEX_POLL_S)
            except Swapped:
                continue
