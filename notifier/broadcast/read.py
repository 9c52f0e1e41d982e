"""Kafka's names and bytes to streams and events, and which partitions a reader's municipalities lie in."""

from collections.abc import Iterable
from typing import Any

from aiokafka import TopicPartition
from aiokafka.partitioner import DefaultPartitioner
from aiokafka.structs import ConsumerRecord

from notifier.broadcast.event import Event, event_of
from notifier.broadcast.partners import Wanted
from notifier.broadcast.position import KINDS, Stream
from schemas.codec import Codec, Unreadable, WrongWorld, record_types
from schemas.kafka import Where
from schemas.process.log import get_logger
from schemas.records.base import World
from schemas.topics import topic

UNOFFICIAL = frozenset({"BOSAI"})
"""Carriers that only ask our own operators a question: no official telegram, so partners never see them."""
_partition_of = DefaultPartitioner()


class Decoder:
    """All topics that can be followed, of all worlds."""

    def __init__(self, where: Where) -> None:
        self._named = {where.name(kind, world): (world, kind) for world in World for kind in KINDS}
        self._names = {named: name for name, named in self._named.items()}
        self._codecs: dict[str, Codec[Any]] = {
            name: Codec(record_types()[topic(kind).record], world) for name, (world, kind) in self._named.items()
        }

    @property
    def topics(self) -> list[str]:
        """Physical names."""
        return list(self._named)

    def topic_of(self, world: World, kind: str) -> str:
        """The physical name of a topic."""
        return self._names[world, kind]

    def part_of(self, stream: Stream) -> TopicPartition:
        """Where a stream lies in Kafka."""
        return TopicPartition(self._names[stream.world, stream.kind], stream.partition)

    def stream_at(self, part: TopicPartition) -> Stream:
        """The stream of a partition."""
        return Stream(*self._named[part.topic], part.partition)

    def stream_of(self, message: ConsumerRecord) -> Stream:
        """The stream that a message came through."""
        return Stream(*self._named[message.topic], message.partition)

    def event(self, message: ConsumerRecord) -> Event | None:
        """The message as an event; None for what cannot be read (its readers park and show it), or is not official."""
        try:
            record = self._codecs[message.topic].decode(message.value)
        except (Unreadable, WrongWorld) as error:
            get_logger().warning("left out", topic=message.topic, offset=message.offset, reason=str(error))
            return None
        if getattr(record, "carrier", "") in UNOFFICIAL:
            return None
        return event_of(self.stream_of(message), message.offset, record)

    def streams_of(self, wanted: Wanted, known: Iterable[Stream]) -> list[Stream]:
        """Those of the known streams in which records for `wanted` can lie: one partition holds a municipality."""
        mine = [stream for stream in known if stream.world in wanted.worlds and stream.kind in wanted.kinds]
        if wanted.municipalities is None:
            return mine
        counts: dict[tuple[World, str], int] = {}
        for stream in mine:
            counts[stream.world, stream.kind] = counts.get((stream.world, stream.kind), 0) + 1
        holding = {
            (*named, _partition_of(code.encode(), list(range(count)), list(range(count))))
            for named, count in counts.items()
            for code in wanted.municipalities
        }
        return [stream for stream in mine if (stream.world, stream.kind, stream.partition) in holding]
