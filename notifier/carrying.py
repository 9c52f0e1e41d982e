"""A sealed plan carried out: its record, then its jobs to Kafka in slices; what may no longer be sent ends here.

Each step can be repeated: whoever dies, the next planner goes on behind the last jobs that were surely sent.
"""

import asyncio
from datetime import datetime

from notifier.ledger import Entry, Ledger
from notifier.newest import stop_of
from notifier.plan import completed, is_urgent, job_of, key_of, topic_of
from notifier.standing import Mark
from notifier.turns import Rank, Turns
from schemas.kafka import Publisher
from schemas.process.clock import now_utc
from schemas.process.log import get_logger
from schemas.process.metrics import STAGE_LATENCY
from schemas.records.base import content_id
from schemas.records.decided import Call, Order
from schemas.records.delivered import Bucket, End, JobOutcome, Plan, RecipientEnd

JOBS_AT_ONCE = 32


class Carrying:
    """Sends what the ledger says is to be sent."""

    def __init__(self, ledger: Ledger, publisher: Publisher, turns: Turns) -> None:
        self._ledger, self._publisher, self._turns = ledger, publisher, turns

    async def carry_out(self, plan_id: str, number: int) -> None:
        """All jobs with Kafka, or their recipients ended; returns once that is acknowledged."""
        entry = await self._ledger.entry(plan_id)
        if entry is None or entry.finished:
            return
        await self._publisher.send("plans", entry.plan.order_id, entry.plan)
        for start in range(entry.sent, len(entry.plan.buckets), JOBS_AT_ONCE):
            async with self._turns.slice(rank_of(entry.subject), number):
                await self._slice(entry, range(start, min(start + JOBS_AT_ONCE, len(entry.plan.buckets))))
        await self._ledger.finish(entry.plan)
        _report(entry.plan)
        await self.complete_if_due(plan_id)

    async def complete_if_due(self, plan_id: str) -> None:
        """Say so once every recipient of a plan has an end."""
        if not await self._ledger.is_due(plan_id):
            return
        entry = await self._ledger.entry(plan_id)
        if entry is not None:
            await self._publisher.send("plans", entry.plan.order_id, completed(entry.plan, now_utc()))
            await self._ledger.complete(entry.plan)

    async def _slice(self, entry: Entry, numbers: range) -> None:
        """What was opened before is sent, come what may: it may have been; the rest only if it still may be."""
        stop = stop_of(await self._ledger.newest(entry.plan.order_id), entry.plan.revision, now_utc())
        new = [number for number in numbers if number >= entry.opened]
        if stop is None and entry.subject is not None:
            sizes = {number: entry.plan.buckets[number].count for number in new}
            await self._ledger.open(entry.plan.id, numbers.start, sizes)
            await self._send(entry.plan, entry.subject, list(numbers))
            return
        if entry.subject is not None:
            await self._send(entry.plan, entry.subject, [number for number in numbers if number < entry.opened])
        if stop is not None:
            await self._settle(entry.plan, new, *stop)

    async def _send(self, plan: Plan, subject: Order | Call, numbers: list[int]) -> None:
        rolls = await self._ledger.rolls(plan.id, numbers)
        jobs = [job_of(plan, plan.buckets[n], names, subject) for n, (names, _) in zip(numbers, rolls, strict=True)]
        acks = [await self._publisher.begin(topic_of(subject), key_of(job), job) for job in jobs]
        await asyncio.gather(*acks)

    async def _settle(self, plan: Plan, numbers: list[int], end: End, why: str) -> None:
        """Jobs that were never sent end as what stopped them; the tally marks them when it reads that."""
        for number, (names, marks) in zip(numbers, await self._ledger.rolls(plan.id, numbers), strict=True):
            waiting = [name for name, mark in zip(names, marks, strict=True) if mark == Mark.WAITING]
            if waiting:
                outcome = _outcome(plan, plan.buckets[number], waiting, (end, why), now_utc())
                await self._publisher.send("outcomes", plan.order_id, outcome)


def rank_of(subject: Order | Call | None) -> Rank:
    """Whose slices go first."""
    if subject is None or not is_urgent(subject):
        return Rank.CALM
    return Rank.CALL if isinstance(subject, Call) else Rank.URGENT


def _outcome(plan: Plan, row: Bucket, names: list[str], ended: tuple[End, str], at: datetime) -> JobOutcome:
    end, why = ended
    return JobOutcome(
        id=content_id("unsent", row.job_id, end),
        job_id=row.job_id,
        world=plan.world,
        origin=plan.origin,
        municipality=row.municipality,
        plan_id=plan.id,
        order_id=plan.order_id,
        revision=plan.revision,
        bucket=row.bucket,
        attempt=0,
        ends=tuple(RecipientEnd(name, end, None, why, 0, at) for name in names),
        trace=plan.trace,
        made_at=at,
    )


def _report(plan: Plan) -> None:
    took = (now_utc() - plan.made_at).total_seconds()
    STAGE_LATENCY.labels("plan").observe(took)
    get_logger().info(
        "planned", order=plan.order_id, revision=plan.revision, kind=plan.kind, audience=plan.audience,
        jobs=len(plan.buckets), took_s=round(took, 4), trace=plan.trace.id,
    )  # fmt: skip
