"""The one indexer: tails `subscriptions` from Kafka into Redis pages, with its offsets, in one transaction.

Lost pages, another topic, or offsets beyond its end: everything is read anew into a fresh generation, which becomes
the current one as a whole once it holds all that the topic held at the start.
"""

import asyncio
import functools
from collections.abc import Sequence
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.structs import ConsumerRecord
from redis.asyncio import Redis

from notifier.audience import tell_audiences
from notifier.entries import Known
from notifier.gone import erase_gone
from notifier.index_check import check_packing
from notifier.index_seal import Opener, opener_of
from notifier.index_writer import IndexWriter, take_turn
from notifier.pages import FULLEST, IndexState, Keys, index_state, is_subscriber_id, new_generation
from notifier.parked import park
from notifier.polling import batches
from notifier.pulse import beat
from notifier.settings import NotifierSettings
from notifier.store import connect
from notifier.subscriptions.placing import Move
from notifier.subscriptions.seal import Sealer, Unsealable, sealer_of
from notifier.subscriptions.store import TOPIC
from schemas.admin import topic_ids
from schemas.codec import Codec, Unreadable
from schemas.kafka import Publisher, Where, group_consumer, partitions_of
from schemas.process.clock import now_utc
from schemas.process.health import Health
from schemas.process.log import get_logger
from schemas.process.metrics import PUSH_SUBSCRIPTIONS
from schemas.records.delivered import Subscription

GROUP, MEMBER = "index", "indexer"
"""One name for every indexer: a restarted one takes the place at once, and of two the group serves one at a time."""
BATCH = 1000


class Reader:
    """Messages of `subscriptions` into moves. What can never be read is parked, and its subscriber stays as it was."""

    def __init__(self, sealer: Sealer, publisher: Publisher) -> None:
        self._sealer, self._publisher = sealer, publisher
        self._codec = Codec(Subscription, None)

    async def moves(self, messages: Sequence[ConsumerRecord], known: dict[str, Known]) -> list[Move]:
        """The moves in order; `known` is carried along, so a subscriber may appear more than once."""
        moves = []
        for message in messages:
            try:
                move = self._move(message, known)
            except (Unreadable, Unsealable) as error:
                await park(self._publisher, message, None, error)
                continue
            moves.append(move)
            known.pop(move.subscriber, None)
            if move.after is not None:
                known[move.subscriber] = move.after
        return moves

    def _move(self, message: ConsumerRecord, known: dict[str, Known]) -> Move:
        subscriber = _subscriber(message)
        before = known.get(subscriber)
        if message.value is None:
            return Move(subscriber, before, None)
        record = self._codec.decode(message.value)
        if record.subscriber != subscriber:
            raise Unreadable("the key is not the subscriber's id")
        if record.left:
            return Move(subscriber, before, None)
        profile = self._sealer.open(record)
        if not is_subscriber_id(subscriber):
            raise Unreadable("the subscriber's id is not 22 hex digits")
        return Move(subscriber, before, Known(profile, int(record.updated_at.timestamp() * 1e6)))


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


@dataclass(frozen=True, slots=True)
class Source:
    """The topic as it stood at the start: its id, its ends, and how many records it holds at most."""

    topic_id: str
    ends: dict[int, int]
    records: int


class Indexer:
    """The loop: read, move, remember the offsets; serve once all is read that was there at the start."""

    def __init__(self, writer: IndexWriter, reader: Reader, topic_id: str, offsets: dict[int, int]) -> None:
        self.writer, self.reader = writer, reader
        self.topic_id, self.offsets = topic_id, offsets

    async def handle(self, messages: Sequence[ConsumerRecord]) -> None:
        """One batch into the index. Messages that it already includes are left out."""
        new = [message for message in messages if message.offset >= self.offsets.get(message.partition, 0)]
        if not new:
            return
        subscribers = list({_subscriber(message) for message in new})
        moves = await self.reader.moves(new, await self.writer.known(subscribers))
        self.offsets.update({message.partition: message.offset + 1 for message in new})
        await self.writer.apply(moves, self.offsets, self.topic_id)

    async def serve_if_complete(self, positions: dict[int, int], ends: dict[int, int]) -> None:
        """Swap a fresh generation in once the reading has passed every end of the start."""
        if self.writer.serving or any(positions[part] < end for part, end in ends.items()):
            return
        await self.writer.apply((), positions, self.topic_id)
        await self.writer.serve()
        get_logger().info("index complete", generation=self.writer.keys.generation)


async def body(settings: NotifierSettings, health: Health) -> None:
    """Index until cancelled, and beside it erase whom push services call gone."""
    redis, publisher = connect(settings.redis_url), Publisher(Where.of(settings))
    await publisher.start()
    health.checks |= {"redis": redis.ping, "kafka": publisher.answers}
    sealing = settings.sealing_key, settings.listed("sealing_keys_old")
    reader, opener = Reader(sealer_of(*sealing), publisher), opener_of(*sealing)
    await check_packing(redis)
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_index(Where.of(settings), redis, reader, opener, health))
            group.create_task(beat("index", None, settings, health, publisher))
            group.create_task(erase_gone(Where.of(settings), redis, opener, publisher))
            group.create_task(tell_audiences(redis, settings.namespace, publisher))
    finally:
        await publisher.stop()
        await redis.aclose()


async def _index(where: Where, redis: Redis, reader: Reader, opener: Opener, health: Health) -> None:
    physical = where.name(TOPIC, None)
    consumer = group_consumer(where, GROUP, MEMBER, max_records=BATCH)
    await consumer.start()
    try:
        parts = [TopicPartition(physical, part) for part in await partitions_of(consumer, physical)]
        ends = {part.partition: end for part, end in (await consumer.end_offsets(parts)).items()}
        begins = await consumer.beginning_offsets(parts)
        topic_id = (await asyncio.to_thread(topic_ids, where, [physical]))[physical]
        source = Source(topic_id, ends, sum(ends.values()) - sum(begins.values()))
        indexer = await _resume(redis, where.namespace, reader, opener, source)
        consumer.subscribe([physical], listener=Resume(consumer, indexer.offsets))
        health.checks["index"] = functools.partial(_is_serving, indexer.writer)
        await _tail(consumer, indexer, parts, ends)
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
            await _count(indexer.writer)
            counted = True


async def _count(writer: IndexWriter) -> None:
    for service, count in (await writer.services()).items():
        PUSH_SUBSCRIPTIONS.labels(service, "active").set(count)


async def _resume(redis: Redis, namespace: str, reader: Reader, opener: Opener, source: Source) -> Indexer:
    """An indexer that goes on where the index stands, or one that builds a fresh generation."""
    turn = await take_turn(redis, namespace)
    state = await index_state(redis, namespace)
    why = _unfit(state, opener, source)
    if state is not None and why is None:
        keys = Keys(namespace, state.generation)
        writer = IndexWriter(redis, keys, opener.of(keys), turn, True)
        if sum((await writer.services()).values()) <= FULLEST << keys.bits:
            return Indexer(writer, reader, source.topic_id, state.offsets)
        why = "it has grown beyond its pages"
    fresh = Keys(namespace, new_generation(int(now_utc().timestamp() * 1e6), source.records, opener.current))
    get_logger().warning("building the index anew", reason=why, generation=fresh.generation)
    return Indexer(IndexWriter(redis, fresh, opener.of(fresh), turn, False), reader, source.topic_id, {})


def _unfit(state: IndexState | None, opener: Opener, source: Source) -> str | None:
    """Why the index cannot be gone on with. Offsets mean something only in the topic they were read from."""
    if state is None:
        return "there is none"
    if state.topic_id != source.topic_id or any(at > source.ends.get(part, 0) for part, at in state.offsets.items()):
        return "it was read from another topic"
    if Keys("", state.generation).key_id != opener.current:
        return "the sealing key was changed"
    return None


async def _is_serving(writer: IndexWriter) -> bool:
    return writer.serving


def _subscriber(message: ConsumerRecord) -> str:
    return (message.key or b"").decode(errors="replace")
