"""What one town's topics hold of the past, read beside everything else: records each with its place on Kafka."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from aiokafka import TopicPartition
from aiokafka.partitioner import murmur2

from schemas.codec import Codec, Unreadable, WrongWorld, record_types
from schemas.kafka import Where, partitions_of, tail_consumer
from schemas.records.base import World
from schemas.topics import topic

POSITIVE = 0x7FFFFFFF


@dataclass(frozen=True, slots=True)
class Kept:
    """One record and where it lies. `appended_ms`: when Kafka took it (milliseconds since the epoch, real time)."""

    record: Any
    place: str
    appended_ms: int


@dataclass(frozen=True, slots=True)
class Past:
    """The topics of one municipality in one world."""

    where: Where
    world: World
    municipality: str

    async def read(self, name: str, since: datetime | None = None, until: datetime | None = None) -> list[Kept]:
        """The town's records of a topic, in the order of the log; bounded by real time of appending where given.

        A compacted or expired record is simply not there. Raises LookupError if the topic does not exist.
        """
        row = topic(name)
        codec: Codec[Any] = Codec(record_types()[row.record], self.world)
        physical = self.where.name(name, self.world)
        consumer = await tail_consumer(self.where, physical)
        try:
            part = TopicPartition(physical, self._partition(len(await partitions_of(consumer, physical))))
            consumer.assign([part])
            await consumer.seek_to_beginning(part)
            end = (await consumer.end_offsets([part]))[part]
            if since is not None:
                found = (await consumer.offsets_for_times({part: _ms(since)}))[part]
                consumer.seek(part, found.offset if found else end)
            if until is not None:
                found = (await consumer.offsets_for_times({part: _ms(until + timedelta(milliseconds=1))}))[part]
                end = found.offset if found else end
            return await self._collect(consumer, part, end, codec)
        finally:
            await consumer.stop()

    def _partition(self, count: int) -> int:
        return int((murmur2(self.municipality.encode()) & POSITIVE) % count)

    async def _collect(self, consumer: Any, part: TopicPartition, end: int, codec: Codec[Any]) -> list[Kept]:
        kept: list[Kept] = []
        key = self.municipality.encode()
        while await consumer.position(part) < end:
            for message in (await consumer.getmany(part, timeout_ms=200)).get(part, ()):
                if message.offset >= end:
                    return kept
                record = _read(codec, message.value) if message.key == key else None
                if record is not None:
                    kept.append(Kept(record, f"{part.topic}-{part.partition}@{message.offset}", message.timestamp))
        return kept


def _read(codec: Codec[Any], value: bytes | None) -> Any:
    """None for what can never be read: it was parked when it came, and explains nothing."""
    try:
        return codec.decode(value)
    except (Unreadable, WrongWorld):
        return None


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
