"""Whom a push service called gone is erased: reads outcomes of all worlds, writes `subscriptions`.

Only 404 and 410 are the service's word. An outcome `gone` without a status means that the worker found no such
subscriber in its page; that is never a reason to erase one.
"""

from aiokafka.structs import ConsumerRecord
from redis.asyncio import Redis

from notifier.pages import IndexIncomplete, current_generation
from notifier.polling import batches
from notifier.standing import is_gone
from notifier.store import raw
from notifier.subscriptions.placing import decode_known
from notifier.subscriptions.store import erase
from schemas.codec import Codec, Unreadable, WrongWorld
from schemas.kafka import Publisher, Where, group_consumer
from schemas.process.clock import now_utc
from schemas.process.log import get_logger
from schemas.records.base import World
from schemas.records.delivered import JobOutcome, RecipientEnd

GROUP, MEMBER = "index-gone", "indexer"


async def erase_gone(where: Where, redis: Redis, publisher: Publisher) -> None:
    """Follow outcomes until cancelled. A repeat erases nobody twice: who is not in the index is left alone."""
    codecs = {where.name("outcomes", world): Codec(JobOutcome, world) for world in World}
    consumer = group_consumer(where, GROUP, MEMBER, *codecs)
    await consumer.start()
    try:
        async for fetched in batches(consumer):
            for part, messages in fetched.items():
                for end in _gone(messages, codecs[part.topic]):
                    await _erase(where.namespace, redis, publisher, end)
            if fetched:
                await consumer.commit()
    finally:
        await consumer.stop()


def _gone(messages: list[ConsumerRecord], codec: Codec[JobOutcome]) -> list[RecipientEnd]:
    found = []
    for message in messages:
        try:
            outcome = codec.decode(message.value)
        except (Unreadable, WrongWorld) as error:  # the planner, who counts outcomes, parks it
            get_logger().warning("outcome unreadable", topic=message.topic, offset=message.offset, reason=str(error))
            continue
        found += [end for end in outcome.ends if is_gone(end)]
    return found


async def _erase(namespace: str, redis: Redis, publisher: Publisher, end: RecipientEnd) -> None:
    try:
        keys = await current_generation(redis, namespace)
    except IndexIncomplete:
        return  # the same device will be called gone again when it is sent to again
    packed = await redis.hget(keys.where(), end.subscriber)
    if packed is None:
        return
    if decode_known(raw(packed)).updated_us <= int(end.at.timestamp() * 1e6):
        await erase(publisher, end.subscriber, now_utc())
