"""Counts ends: the first end of each recipient of a plan; when none is open any more, the plan is complete."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from aiokafka.structs import ConsumerRecord

from notifier.carrying import Carrying
from notifier.layout import Layout
from notifier.ledger import Ledger
from notifier.parked import park
from notifier.polling import batches
from notifier.roll import mark_ends
from notifier.standing import Mark, mark_of
from notifier.turns import Rank, Turns
from schemas.codec import Codec, Unreadable, WrongWorld
from schemas.kafka import Publisher, Where, group_consumer
from schemas.outcomes import OutcomeColumns
from schemas.process.log import get_logger
from schemas.process.metrics import DUPLICATES
from schemas.records.base import World
from schemas.records.delivered import End, JobOutcome

MEMBER = "planner"
FETCHED, AT_ONCE = 200, 2
"""Messages of a fetch, and of one slice: a thousand ends each take some milliseconds, in which nothing else runs."""

Ends = dict[tuple[str, int], list[tuple[str, Mark]]]
"""(plan, number of the job) → who ended how."""


class Counting:
    """Outcomes into the ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def count(self, outcomes: Sequence[JobOutcome]) -> set[str]:
        """Take these in, in one step; returns the plans that they are of. A repeat counts nothing."""
        ends, plans = await self._by_job(outcomes)
        marks: defaultdict[str, dict[int, bytes]] = defaultdict(dict)
        counted: defaultdict[str, int] = defaultdict(int)
        for (plan_id, number), told in ends.items():
            ((names, before),) = await self._ledger.rolls(plan_id, [number])
            after = bytearray(before)
            new, _ = mark_ends(names, after, told)
            DUPLICATES.labels("outcomes").inc(len(told) - new)
            if new:
                marks[plan_id][number] = bytes(after)
                counted[plan_id] += new
        await self._ledger.put_marks(marks, counted)
        return plans

    async def count_in_turn(self, outcomes: Sequence[JobOutcome], turns: Turns) -> set[str]:
        """The same, once nothing more urgent waits."""
        with turns.work(Rank.COUNT) as work:
            async with work.slice():
                return await self.count(outcomes)

    async def _by_job(self, outcomes: Sequence[JobOutcome]) -> tuple[Ends, set[str]]:
        found: Ends = defaultdict(list)
        plans = set()
        for outcome in outcomes:
            layout = await self._ledger.layout(outcome.plan_id)
            if layout is None:
                get_logger().warning("ends of an unknown plan", plan=outcome.plan_id, order=outcome.order_id)
                continue
            plans.add(outcome.plan_id)
            for number, told in _placed(layout, outcome):
                found[outcome.plan_id, number] += told
        return found, plans


async def tally(
    where: Where, world: World, ledger: Ledger, carrying: Carrying, publisher: Publisher, turns: Turns
) -> None:
    """Follow one world's outcomes until cancelled. A batch that comes again counts nothing."""
    codec, counting = Codec(JobOutcome, world), Counting(ledger)
    consumer = group_consumer(where, f"tally-{world}", MEMBER, where.name("outcomes", world), max_records=FETCHED)
    await consumer.start()
    try:
        async for fetched in batches(consumer):
            messages = [message for part in fetched.values() for message in part]
            for start in range(0, len(messages), AT_ONCE):
                outcomes = await _read(messages[start : start + AT_ONCE], codec, publisher)
                for plan_id in sorted(await counting.count_in_turn(outcomes, turns)):
                    await carrying.complete_if_due(plan_id)
            if messages:
                await ledger.fence.check()  # emptied meanwhile: nothing was counted, so nothing is committed
                await consumer.commit()
    finally:
        await consumer.stop()


async def _read(messages: Sequence[ConsumerRecord], codec: Codec[JobOutcome], publisher: Publisher) -> list[JobOutcome]:
    outcomes = []
    for message in messages:
        try:
            outcomes.append(codec.decode(message.value))
        except (Unreadable, WrongWorld) as error:
            await park(publisher, message, codec.world, error)
    return outcomes


def _placed(layout: Layout, outcome: JobOutcome) -> Iterator[tuple[int, list[tuple[str, Mark]]]]:
    """An outcome's ends by the job that holds each: its own, or, for a retry, the one that it came from."""
    number = layout.numbers.get(outcome.job_id)
    if number is not None:
        yield number, marks_of(outcome)
        return
    for name, mark in marks_of(outcome):
        for holding in layout.holding(outcome.bucket, name):
            yield holding, [(name, mark)]


def marks_of(outcome: JobOutcome) -> list[tuple[str, Mark]]:
    """Who ended how; records are made only where the status matters."""
    if isinstance(outcome, OutcomeColumns):
        pairs = outcome.pairs()
        if all(end is not End.GONE for _, end in pairs):
            return [(name, mark_of(end, None)) for name, end in pairs]
    return [(end.subscriber, mark_of(end.end, end.status, end.detail)) for end in outcome.ends]
