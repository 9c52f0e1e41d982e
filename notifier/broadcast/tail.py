"""One Kafka consumer at the end of all topics that partners follow, shared by all readers of this process.

A reader has a bounded queue. Whoever reads too slowly is let go and comes back with its Last-Event-ID: nobody waits
for it, and nothing is lost to it.
"""

import asyncio
from collections.abc import Iterable

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import ConsumerRecord

from notifier.broadcast.event import Event
from notifier.broadcast.partners import Wanted
from notifier.broadcast.position import Position, Stream
from notifier.broadcast.read import Decoder
from notifier.polling import batches
from schemas.kafka import Where, answers, tail_consumer

QUEUE = 1000


class Reader:
    """One open connection. `lost` is set when its queue was full."""

    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted
        self.queue: asyncio.Queue[Event] = asyncio.Queue(QUEUE)
        self.lost = False

    def offer(self, event: Event) -> None:
        """Into the queue, if it is for this reader."""
        if self.lost or not self.wanted.takes(event.stream.world, event.stream.kind, event.municipality):
            return
        try:
            self.queue.put_nowait(event)
        except asyncio.QueueFull:
            self.lost = True


class Tail:
    """Positions and readers. Joining is one step without a pause, so a reader misses nothing and gets nothing twice."""

    def __init__(self, decoder: Decoder) -> None:
        self.decoder = decoder
        self.positions: Position = {}
        self._consumer: AIOKafkaConsumer | None = None
        self._readers: set[Reader] = set()

    async def answers(self) -> bool:
        """Whether it follows, and Kafka answers."""
        return self._consumer is not None and bool(self.positions) and await answers(self._consumer._client)

    def join(self, reader: Reader) -> Position:
        """From these positions on, everything comes through the reader's queue."""
        self._readers.add(reader)
        return dict(self.positions)

    def leave(self, reader: Reader) -> None:
        """Nothing more comes."""
        self._readers.discard(reader)

    async def follow(self, where: Where) -> None:
        """Read until cancelled."""
        consumer = await tail_consumer(where, *self.decoder.topics, from_start=False)
        self._consumer = consumer
        try:
            self.positions = await _positions(consumer, self.decoder)
            async for fetched in batches(consumer):
                for message in (message for messages in fetched.values() for message in messages):
                    self._hand_out(message)
        finally:
            await consumer.stop()

    def _hand_out(self, message: ConsumerRecord) -> None:
        stream = self.decoder.stream_of(message)
        event = self.decoder.event(message) if self._readers else None
        if event is not None:
            for reader in self._readers:
                reader.offer(event)
            self._readers -= {reader for reader in self._readers if reader.lost}
        self.positions[stream] = message.offset + 1

    def streams(self, wanted: Wanted) -> Iterable[Stream]:
        """All partitions in which records for this reader can lie."""
        return self.decoder.streams_of(wanted, self.positions)


async def _positions(consumer: AIOKafkaConsumer, decoder: Decoder) -> Position:
    parts: set[TopicPartition] = consumer.assignment()
    return {decoder.stream_at(part): await consumer.position(part) for part in parts}
