"""A sealed plan carried out: its record, then its jobs to Kafka in slices; what may no longer be sent ends here.

Each step can be repeated: whoever dies, the next planner goes on behind the last jobs that were surely sent.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from aiokafka.structs import RecordMetadata

from notifier.ledger import Entry, Ledger
from notifier.newest import stop_of
from notifier.plan import completed, is_urgent, job_of, key_of, topic_of
from notifier.standing import Mark
from notifier.turns import Rank, Turns, Work
from schemas.kafka import Publisher
from schemas.process.clock import now_utc
from schemas.process.log import get_logger
from schemas.process.metrics import STAGE_LATENCY
from schemas.records.base import content_id
from schemas.records.decided import Call, Order
from schemas.records.delivered import Bucket, End, JobOutcome, Plan, RecipientEnd

JOBS_AT_ONCE = 8
"""A slice, and what goes to Kafka in one request: some milliseconds of encoding, which others have to wait for."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """A plan that may no longer be sent: its jobs from number `first` on never were, and end as `end`."""

    plan: Plan
    first: int
    end: End
    why: str


class Carrying:
    """Sends what the ledger says is to be sent."""

    def __init__(self, ledger: Ledger, publisher: Publisher, calm: Publisher, turns: Turns) -> None:
        """A producer has one request under way: what is urgent has one that never waits for `calm`'s jobs."""
        self._ledger, self._publisher, self._calm, self._turns = ledger, publisher, calm, turns

    async def carry_out(self, plan_id: str, work: Work, sealed: Entry | None = None) -> Stopped | None:
        """All jobs with Kafka, acknowledged; or those that were opened before something stopped it: settle the rest.

        `sealed`: the plan as it was sealed just now.
        """
        entry = sealed or await self._ledger.entry(plan_id)
        if entry is None or entry.finished:
            return None
        await self._way(entry.subject).send("plans", entry.plan.order_id, entry.plan)
        at, end = entry.sent, len(entry.plan.buckets)
        while at < end:
            until = entry.opened  # these may be with Kafka already: they are sent whatever came meanwhile
            if at >= entry.opened:
                until, stop = (
                    end,
                    stop_of(await self._ledger.newest(entry.plan.order_id), entry.plan.revision, now_utc()),
                )
                if stop:
                    return Stopped(entry.plan, at, *stop)
            numbers = range(at, min(at + JOBS_AT_ONCE, until))
            async with work.slice():
                acks = await self._send(entry, numbers)
            await asyncio.gather(*acks)
            at = numbers.stop
        await self._finish(entry.plan)
        return None

    async def settle(self, stopped: Stopped | None) -> None:
        """Jobs that were never sent end as what stopped them; the tally marks them when it reads that.

        What took its place is planned meanwhile: nobody in these jobs was told.
        """
        if stopped is None:
            return
        plan = stopped.plan
        with self._turns.work(Rank.COUNT) as work:
            for start in range(stopped.first, len(plan.buckets), JOBS_AT_ONCE):
                async with work.slice():
                    await self._end(stopped, range(start, min(start + JOBS_AT_ONCE, len(plan.buckets))))
        await self._finish(plan)

    async def complete_if_due(self, plan_id: str) -> None:
        """Say so once every recipient of a plan has an end."""
        if not await self._ledger.is_due(plan_id):
            return
        entry = await self._ledger.entry(plan_id)
        if entry is not None:
            await self._calm.send("plans", entry.plan.order_id, completed(entry.plan, now_utc()))
            await self._ledger.complete(entry.plan)

    async def _send(self, entry: Entry, numbers: range) -> list[asyncio.Future[RecordMetadata]]:
        plan, subject = entry.plan, entry.subject
        if subject is None:
            raise RuntimeError(f"plan {plan.id} has jobs to send, and nothing to say in them")
        new = {number: plan.buckets[number].count for number in numbers if number >= entry.opened}
        if new or numbers.start > entry.sent:
            await self._ledger.open(plan.id, numbers.start, max(entry.opened, numbers.stop), new)
        recipients = await self._recipients(entry, numbers)
        jobs = [job_of(plan, plan.buckets[n], names, subject) for n, names in zip(numbers, recipients, strict=True)]
        return [await self._way(subject).begin(topic_of(subject), key_of(job), job) for job in jobs]

    def _way(self, subject: Order | Call | None) -> Publisher:
        return self._publisher if rank_of(subject) is Rank.URGENT else self._calm

    async def _recipients(self, entry: Entry, numbers: range) -> Sequence[Sequence[str]]:
        if entry.names is not None:
            return entry.names[numbers.start : numbers.stop]
        return [names for names, _ in await self._ledger.rolls(entry.plan.id, numbers)]

    async def _end(self, stopped: Stopped, numbers: range) -> None:
        plan, acks = stopped.plan, []
        for number, (names, marks) in zip(numbers, await self._ledger.rolls(plan.id, numbers), strict=True):
            waiting = [name for name, mark in zip(names, marks, strict=True) if mark == Mark.WAITING]
            if waiting:
                outcome = _outcome(stopped, plan.buckets[number], waiting, now_utc())
                acks.append(await self._calm.begin("outcomes", plan.order_id, outcome))
        await asyncio.gather(*acks)

    async def _finish(self, plan: Plan) -> None:
        await self._ledger.finish(plan)
        _report(plan)
        await self.complete_if_due(plan.id)


def rank_of(subject: Order | Call | None) -> Rank:
    """Whose slices go first."""
    if subject is None or not is_urgent(subject):
        return Rank.CALM
    return Rank.CALL if isinstance(subject, Call) else Rank.URGENT


def _outcome(stopped: Stopped, row: Bucket, names: list[str], at: datetime) -> JobOutcome:
    plan = stopped.plan
    return JobOutcome(
        id=content_id("unsent", row.job_id, stopped.end),
        job_id=row.job_id,
        world=plan.world,
        origin=plan.origin,
        municipality=row.municipality,
        plan_id=plan.id,
        order_id=plan.order_id,
        revision=plan.revision,
        bucket=row.bucket,
        attempt=0,
        ends=tuple(RecipientEnd(name, stopped.end, None, stopped.why, 0, at) for name in names),
        trace=plan.trace,
        made_at=at,
    )


def _report(plan: Plan) -> None:
    took = (now_utc() - plan.made_at).total_seconds()
    STAGE_LATENCY.labels("fanout").observe(took)
    get_logger().info(
        "planned", order=plan.order_id, revision=plan.revision, kind=plan.kind, audience=plan.audience,
        jobs=len(plan.buckets), took_s=round(took, 4), trace=plan.trace.id,
    )  # fmt: skip
