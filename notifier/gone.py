"""Whom a push service called gone is erased: reads outcomes of all worlds, writes `subscriptions`.

Only 404 and 410 are the service's word. An outcome `gone` without a status means that the worker found no such
subscriber in its page; that is never a reason to erase one.
"""

from collections.abc import Mapping

from aiokafka.structs import ConsumerRecord
from redis.asyncio import Redis

from notifier.entries import unpack
from notifier.index_seal import Opener
from notifier.pages import IndexIncomplete
from notifier.polling import batches
from notifier.standing import is_gone
from notifier.subscriptions.store import erase
from notifier.taking import read_sealed
from schemas.codec import Codec, Unreadable, WrongWorld
from schemas.kafka import Publisher, Where, group_consumer
from schemas.process.clock import now_utc
from schemas.process.log import get_logger
from schemas.records.base import World
from schemas.records.delivered import JobOutcome, RecipientEnd

GROUP, MEMBER = "index-gone", "indexer"


async def erase_gone(where: Where, redis: Redis, opener: Opener, publisher: Publisher) -> None:
    """Follow outcomes until cancelled. A repeat erases nobody twice: who is not in the index is left alone."""
    codecs = {where.name("outcomes", world): Codec(JobOutcome, world) for world in World}
    consumer = group_consumer(where, GROUP, MEMBER, *codecs)
    await consumer.start()
    try:
        async for fetched in batches(consumer):
            for part, messages in fetched.items():
                ends = {end.subscriber: end for end in _gone(messages, codecs[part.topic])}
                for subscriber in await _unheard_since(where.namespace, redis, opener, ends):
                    await erase(publisher, subscriber, now_utc())
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


async def _unheard_since(namespace: str, redis: Redis, opener: Opener, ends: Mapping[str, RecipientEnd]) -> list[str]:
    """Those in the index who have not subscribed again since they were called gone."""
    try:
        sealed = await read_sealed(redis, namespace, ends)
        seals = opener.of(sealed.keys)
    except IndexIncomplete:
        return []  # the same device will be called gone again when it is sent to again
    return [
        name
        for name, raw, entry, _ in sealed.found
        if unpack(seals.entries.open(entry, raw)).updated_us <= int(ends[name].at.timestamp() * 1e6)
    ]
