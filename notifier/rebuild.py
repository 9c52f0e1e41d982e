"""A lost ledger, read again from Kafka: orders already planned, plans, the jobs' recipients, and their ends."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from aiokafka import AIOKafkaConsumer, TopicPartition

from notifier.ledger import Ledger
from schemas.codec import Codec, Unreadable, WrongWorld
from schemas.kafka import Where, group_consumer, partitions_of, read_to_end
from schemas.process.clock import now_utc
from schemas.process.log import get_logger
from schemas.records.base import World
from schemas.records.decided import Order
from schemas.records.delivered import DeliveryJob, JobOutcome, Plan, PlanState
from schemas.topics import topic

Record = TypeVar("Record")
_READER = "rebuild"


@dataclass(slots=True)
class Seen:
    """What the topics showed: plans as begun, which are complete, and which jobs were sent."""

    plans: dict[str, Plan] = field(default_factory=dict)
    complete: set[str] = field(default_factory=set)
    jobs: set[str] = field(default_factory=set)

    def is_finished(self, plan: Plan, now: datetime) -> bool:
        """Whether all of its jobs were sent: seen, or so long ago that the topic no longer has them."""
        if plan.id in self.complete or all(bucket.job_id in self.jobs for bucket in plan.buckets):
            return True
        return now - plan.made_at > timedelta(days=topic("jobs").retention_days)


async def rebuild(where: Where, world: World, group: str, ledger: Ledger) -> None:
    """Write everything anew. What the group has not committed yet is left out: it will be planned."""
    get_logger().warning("rebuilding the ledger of orders from its topics", world=world)
    seen = Seen()
    await _orders(where, world, group, ledger)
    await _plans(where, world, ledger, seen)
    await _jobs(where, world, ledger, seen)
    await _ends(where, world, ledger)
    for plan in seen.plans.values():
        if seen.is_finished(plan, now_utc()):
            await ledger.finish(plan, ())
        if plan.id in seen.complete:
            await ledger.complete(plan)


async def _orders(where: Where, world: World, group: str, ledger: Ledger) -> None:
    planned = await _committed(where, group, where.name("orders", world))
    newest: dict[str, Order] = {}
    async for (part, offset), order in _read(where, world, "orders", Order):
        if offset < planned.get(part, 0) and order.revision >= getattr(newest.get(order.id), "revision", 0):
            newest[order.id] = order
    for order in newest.values():
        await ledger.put_order(order)


async def _plans(where: Where, world: World, ledger: Ledger, seen: Seen) -> None:
    async for _, plan in _read(where, world, "plans", Plan):
        if plan.state is PlanState.COMPLETE:
            seen.complete.add(plan.id)
            continue
        seen.plans[plan.id] = plan
        await ledger.begin(plan)


async def _jobs(where: Where, world: World, ledger: Ledger, seen: Seen) -> None:
    for name in ("jobs", "jobs-urgent"):
        async for _, job in _read(where, world, name, DeliveryJob):
            seen.jobs.add(job.id)
            await ledger.open([job])
            await ledger.plan_standings(job.order_id, job.revision, job.recipients)


async def _ends(where: Where, world: World, ledger: Ledger) -> None:
    async for _, outcome in _read(where, world, "outcomes", JobOutcome):
        if not await ledger.end(
            outcome
        ):  # its job is no longer in the topic; what it says of its recipients still counts
            await ledger.end_standings(outcome.order_id, outcome.revision, outcome.ends)


async def _read(
    where: Where, world: World, name: str, kind: type[Record]
) -> AsyncIterator[tuple[tuple[int, int], Record]]:
    """((partition, offset), record) of all that can be read."""
    codec = Codec(kind, world)
    async for message in read_to_end(where, where.name(name, world)):
        try:
            yield (message.partition, message.offset), codec.decode(message.value)
        except (Unreadable, WrongWorld) as error:  # it was parked when it first came
            get_logger().warning("left out", topic=message.topic, offset=message.offset, reason=str(error))


async def _committed(where: Where, group: str, physical: str) -> dict[int, int]:
    """The next offset of the group per partition; nothing is joined or committed."""
    consumer: AIOKafkaConsumer = group_consumer(where, group, _READER)
    await consumer.start()
    try:
        found: dict[int, Any] = {
            part: await consumer.committed(TopicPartition(physical, part))
            for part in await partitions_of(consumer, physical)
        }
    finally:
        await consumer.stop()
    return {part: offset for part, offset in found.items() if offset is not None}
