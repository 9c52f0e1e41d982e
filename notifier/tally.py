"""Counts ends: the first end of each recipient of a plan; when none is open any more, the plan is complete."""

from aiokafka.structs import ConsumerRecord

from notifier.ledger import Ledger
from notifier.parked import park
from notifier.planning import Planning
from notifier.polling import batches
from schemas.codec import Codec, Unreadable, WrongWorld
from schemas.kafka import Publisher, Where, group_consumer
from schemas.process.metrics import DUPLICATES
from schemas.records.base import World
from schemas.records.delivered import JobOutcome

MEMBER = "planner"


async def tally(where: Where, world: World, ledger: Ledger, planning: Planning, publisher: Publisher) -> None:
    """Follow one world's outcomes until cancelled. A batch that comes again counts nothing."""
    codec = Codec(JobOutcome, world)
    consumer = group_consumer(where, f"tally-{world}", MEMBER, where.name("outcomes", world), max_records=500)
    await consumer.start()
    try:
        async for fetched in batches(consumer):
            plans: set[str] = set()
            for message in (message for messages in fetched.values() for message in messages):
                plans |= await _count(message, codec, ledger, publisher)
            for plan_id in sorted(plans):
                await planning.complete_if_due(plan_id)
            if fetched:
                await ledger.check()  # emptied meanwhile: nothing was counted, so nothing is committed
                await consumer.commit()
    finally:
        await consumer.stop()


async def _count(message: ConsumerRecord, codec: Codec[JobOutcome], ledger: Ledger, publisher: Publisher) -> set[str]:
    try:
        outcome = codec.decode(message.value)
    except (Unreadable, WrongWorld) as error:
        await park(publisher, message, codec.world, error)
        return set()
    counted = await ledger.end(outcome)
    DUPLICATES.labels("outcomes").inc(len(outcome.ends) - counted)
    return {outcome.plan_id}
