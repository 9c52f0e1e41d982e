"""The Kafka settings that all programs share, over aiokafka: same codec, same partitioner, every send acknowledged."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaClient, AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.structs import ConsumerRecord, RecordMetadata

from schemas.codec import Codec, record_types
from schemas.kafka_access import Access
from schemas.process.settings import Settings
from schemas.records.base import World
from schemas.topics import topic

COMPRESSION = "lz4"
SESSION_MS, HEARTBEAT_MS = 6000, 2000
METADATA_MS = 5000
"""How old a consumer's knowledge of who leads a partition may be. aiokafka does not ask anew when a broker that leads
no more refuses to say where a partition begins: with its usual five minutes, who starts while leaders move waits them.
"""
FETCH_WAIT_MS = 250
"""So long Kafka keeps a fetch for which there is nothing; a record ends it at once. Each end without one costs Kafka
and the reader about a millisecond of processor time, and questions over the same connection wait for it.
"""
PLAIN = Access()
MAX_REQUEST_BYTES = 8_388_608 + 65_536


@dataclass(frozen=True, slots=True)
class Where:
    """Which cluster, and which prefix all names carry."""

    bootstrap: str
    namespace: str
    access: Access = PLAIN

    @classmethod
    def of(cls, settings: Settings) -> "Where":
        """From a program's settings."""
        return cls(settings.kafka_bootstrap, settings.namespace, Access.of(settings))

    def name(self, topic_name: str, world: World | None) -> str:
        """The physical topic of a row in a world."""
        return topic(topic_name).physical(self.namespace, world)

    def group(self, name: str) -> str:
        """A consumer group's name under this prefix."""
        return f"{self.namespace}{name}"


class Publisher:
    """Sends records to their topics and waits for the acknowledgement. A failed send raises: the process must end."""

    def __init__(self, where: Where) -> None:
        self.where = where
        self._producer: AIOKafkaProducer | None = None
        self._codecs: dict[tuple[str, World | None], Codec[Any]] = {}

    async def start(self) -> None:
        """Connect. Idempotent producer, acks=all."""
        self._producer = AIOKafkaProducer(
            bootstrap_servers=self.where.bootstrap,
            enable_idempotence=True,
            acks="all",
            compression_type=COMPRESSION,
            linger_ms=0,
            max_request_size=MAX_REQUEST_BYTES,
            request_timeout_ms=10_000,
            **self.where.access.aiokafka(),
        )
        await self._producer.start()

    async def stop(self) -> None:
        """Flush and close."""
        if self._producer is not None:
            await self._producer.stop()

    async def answers(self) -> bool:
        """Whether Kafka answers: what readiness asks."""
        return self._producer is not None and await answers(self._producer.client)

    async def send(self, topic_name: str, key: str, record: Any, partition: int | None = None) -> RecordMetadata:
        """Send one record and wait until it is acknowledged. Per-world topics: the record's own world decides."""
        return await (await self.begin(topic_name, key, record, partition))

    async def begin(
        self, topic_name: str, key: str, record: Any, partition: int | None = None
    ) -> "asyncio.Future[RecordMetadata]":
        """Hand one record over, in order; the future is its acknowledgement."""
        row = topic(topic_name)
        world = None if row.once else record.world
        value = self._codec(row.record, world).encode(record)
        return await self._send(row.physical(self.where.namespace, world), key.encode(), value, partition)

    async def erase(self, topic_name: str, key: str) -> None:
        """A tombstone on a compacted topic that exists once."""
        await (await self._send(self.where.name(topic_name, None), key.encode(), None, None))

    async def resend(self, physical: str, key: bytes | None, value: bytes, partition: int | None) -> RecordMetadata:
        """Send bytes as they are to a physical topic: for what was read from there before."""
        return await (await self._send(physical, key, value, partition))

    async def _send(
        self, physical: str, key: bytes | None, value: bytes | None, partition: int | None
    ) -> "asyncio.Future[RecordMetadata]":
        if self._producer is None:
            raise RuntimeError("the publisher was not started")
        future: asyncio.Future[RecordMetadata] = await self._producer.send(
            physical, value=value, key=key, partition=partition
        )
        return future

    def _codec(self, record: str, world: World | None) -> Codec[Any]:
        found = self._codecs.get((record, world))
        if found is None:
            found = self._codecs[record, world] = Codec(record_types()[record], world)
        return found


async def answers(client: AIOKafkaClient) -> bool:
    """Whether the cluster that a consumer or producer talks to answers now."""
    return bool(await client.force_metadata_update())


def group_consumer(where: Where, group: str, instance: str, *topics: str, max_records: int = 200) -> AIOKafkaConsumer:
    """A consumer of physical `topics` in a group: static member `instance`, offsets committed by hand."""
    return AIOKafkaConsumer(
        *topics,
        bootstrap_servers=where.bootstrap,
        group_id=where.group(group),
        group_instance_id=f"{where.group(group)}-{instance}",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        session_timeout_ms=SESSION_MS,
        heartbeat_interval_ms=HEARTBEAT_MS,
        max_poll_records=max_records,
        fetch_max_wait_ms=FETCH_WAIT_MS,
        metadata_max_age_ms=METADATA_MS,
        **where.access.aiokafka(),
    )


async def tail_consumer(where: Where, *topics: str, from_start: bool = True) -> AIOKafkaConsumer:
    """A started consumer without a group, with all partitions of the physical `topics`, from their start or end."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=where.bootstrap,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        fetch_max_wait_ms=FETCH_WAIT_MS,
        metadata_max_age_ms=METADATA_MS,
        **where.access.aiokafka(),
    )
    try:
        await consumer.start()
        partitions = [TopicPartition(name, p) for name in topics for p in sorted(await partitions_of(consumer, name))]
        consumer.assign(partitions)
        await (consumer.seek_to_beginning() if from_start else consumer.seek_to_end())
    except BaseException:
        await consumer.stop()
        raise
    return consumer


async def partitions_of(consumer: AIOKafkaConsumer, physical: str) -> set[int]:
    """The partitions of a topic; raises LookupError if it does not exist."""
    await consumer._client.set_topics([*consumer._client._topics, physical])
    found = consumer.partitions_for_topic(physical)
    if not found:
        raise LookupError(f"topic {physical} does not exist: create it with `python -m schemas sync`")
    return set(found)


async def read_to_end(
    where: Where, physical: str, partitions: list[int] | None = None
) -> AsyncIterator[ConsumerRecord]:
    """Every message of a topic (or of some partitions) from the start to the end as it is now."""
    consumer = await tail_consumer(where, physical)
    try:
        if partitions is not None:
            consumer.assign([TopicPartition(physical, p) for p in partitions])
            await consumer.seek_to_beginning()
        async for message in up_to_now(consumer):
            yield message
    finally:
        await consumer.stop()


async def up_to_now(consumer: AIOKafkaConsumer) -> AsyncIterator[ConsumerRecord]:
    """Every message from where a consumer stands to the ends of its partitions as they are at the first one."""
    parts = list(consumer.assignment())
    ends = await consumer.end_offsets(parts)
    while [part for part in parts if await consumer.position(part) < ends[part]]:
        for messages in (await consumer.getmany(timeout_ms=200)).values():
            for message in messages:
                yield message


async def read_one(where: Where, physical: str, partition: int, offset: int) -> ConsumerRecord | None:
    """The message at exactly this offset, or None if the topic no longer keeps it."""
    consumer = await tail_consumer(where, physical)
    place = TopicPartition(physical, partition)
    try:
        first, end = (await consumer.beginning_offsets([place]))[place], (await consumer.end_offsets([place]))[place]
        if not first <= offset < end:
            return None
        consumer.assign([place])
        consumer.seek(place, offset)
        found: ConsumerRecord = await consumer.getone()
        return found if found.offset == offset else None
    finally:
        await consumer.stop()
