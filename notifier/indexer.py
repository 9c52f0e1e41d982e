"""The one indexer: tails `subscriptions` from Kafka into Redis pages, with its offsets, in one transaction.

Lost pages, another topic, or offsets beyond its end: everything is read anew into a fresh generation, which becomes
the current one as a whole once it holds all that the topic held at the start. Pages that no longer fit: `repaging.py`.
"""

import asyncio
import functools

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition

from notifier.audience import tell_audiences
from notifier.generations import Generations, Source
from notifier.gone import erase_gone
from notifier.index_check import check_packing
from notifier.index_seal import opener_of
from notifier.index_turn import Turn
from notifier.indexing import Indexer, Reader
from notifier.pages import SPREAD, Spread
from notifier.polling import batches
from notifier.pulse import beat
from notifier.repaging import keep_fitting
from notifier.settings import NotifierSettings
from notifier.store import connect
from notifier.subscriptions.seal import sealer_of
from notifier.subscriptions.store import TOPIC
from schemas.admin import topic_ids
from schemas.kafka import Publisher, Where, group_consumer, partitions_of
from schemas.process.clock import now_utc
from schemas.process.health import Health

GROUP, MEMBER = "index", "indexer"
"""One name for every indexer: a restarted one takes the place at once, and of two the group serves one at a time."""
BATCH = 1000


class Resume(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka ships no types
    """Wherever the group sends us, reading goes on where the index stands."""

    def __init__(self, consumer: AIOKafkaConsumer, offsets: dict[int, int]) -> None:
        self._consumer, self.offsets = consumer, offsets

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        """Nothing is held per partition."""

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        """Seek before anything is fetched; a partition that was never read begins at its start."""
        for part in assigned:
            if part.partition in self.offsets:
                self._consumer.seek(part, self.offsets[part.partition])


async def body(settings: NotifierSettings, health: Health, spread: Spread = SPREAD) -> None:
    """Index until cancelled, and beside it erase whom push services call gone."""
    redis, publisher = connect(settings.redis_url), Publisher(Where.of(settings))
    await publisher.start()
    health.checks |= {"redis": redis.ping, "kafka": publisher.answers}
    sealing = settings.sealing_key, settings.listed("sealing_keys_old")
    reader, opener = Reader(sealer_of(*sealing), publisher), opener_of(*sealing)
    await check_packing(redis)
    generations = Generations(await Turn.take(redis, settings.namespace), opener, spread, now_utc)
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(generations.turn.keep())
            group.create_task(_index(Where.of(settings), generations, reader, health))
            group.create_task(beat("index", None, settings, health, publisher))
            group.create_task(erase_gone(Where.of(settings), redis, opener, publisher))
            group.create_task(tell_audiences(redis, settings.namespace, publisher))
    finally:
        await publisher.stop()
        await redis.aclose()


async def _index(where: Where, generations: Generations, reader: Reader, health: Health) -> None:
    physical = where.name(TOPIC, None)
    consumer = group_consumer(where, GROUP, MEMBER, max_records=BATCH)
    await consumer.start()
    try:
        parts = [TopicPartition(physical, part) for part in await partitions_of(consumer, physical)]
        ends = {part.partition: end for part, end in (await consumer.end_offsets(parts)).items()}
        begins = await consumer.beginning_offsets(parts)
        topic_id = (await asyncio.to_thread(topic_ids, where, [physical]))[physical]
        source = Source(topic_id, ends, sum(ends.values()) - sum(begins.values()))
        writer, offsets = await generations.resume(source)
        indexer = Indexer(writer, reader, topic_id, offsets, generations.spread)
        consumer.subscribe([physical], listener=Resume(consumer, indexer.offsets))
        health.checks["index"] = functools.partial(_is_serving, indexer)
        async with asyncio.TaskGroup() as group:
            group.create_task(_tail(consumer, indexer, parts, ends))
            group.create_task(keep_fitting(where, physical, indexer, generations))
    finally:
        await consumer.stop()


async def _tail(
    consumer: AIOKafkaConsumer, indexer: Indexer, parts: list[TopicPartition], ends: dict[int, int]
) -> None:
    counted = False
    async for fetched in batches(consumer):
        for messages in fetched.values():
            await indexer.handle(messages)
        if not indexer.writer.serving and consumer.assignment() == set(parts):
            positions = {part.partition: await consumer.position(part) for part in parts}
            await indexer.serve_if_complete(positions, ends)
        if indexer.writer.serving and (fetched or not counted):
            await indexer.count()
            counted = True


async def _is_serving(indexer: Indexer) -> bool:
    return indexer.writer.serving
