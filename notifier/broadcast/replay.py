"""What a reader missed, read again from Kafka by a consumer of its own, up to where the shared tail takes over."""

from collections.abc import AsyncIterator, Iterable

from aiokafka import AIOKafkaConsumer
from aiokafka.structs import ConsumerRecord

from notifier.broadcast.position import Position, Stream
from notifier.broadcast.read import Decoder
from notifier.polling import batches
from schemas.kafka import Where, partitions_of


class Past:
    """One reader's consumer; started when something was missed, stopped once the reader has caught up."""

    def __init__(self, where: Where, decoder: Decoder) -> None:
        self._decoder = decoder
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=where.bootstrap,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            fetch_max_wait_ms=100,
            **where.access.aiokafka(),
        )

    async def start(self) -> None:
        """Connect."""
        await self._consumer.start()

    async def stop(self) -> None:
        """Close."""
        await self._consumer.stop()

    async def kept(self, streams: Iterable[Stream]) -> dict[Stream, tuple[int, int]]:
        """The oldest offset that Kafka still has of each stream, and the next one it will give out."""
        parts = [self._decoder.part_of(stream) for stream in streams]
        for name in sorted({part.topic for part in parts}):
            await partitions_of(self._consumer, name)  # known topics first: asking about unknown ones takes 0.5 s
        begins, ends = await self._consumer.beginning_offsets(parts), await self._consumer.end_offsets(parts)
        return {self._decoder.stream_at(part): (begins[part], ends[part]) for part in parts}

    async def missed(self, since: Position, until: Position) -> AsyncIterator[ConsumerRecord]:
        """Messages from `since` to just before `until`; in order within each stream."""
        parts = {self._decoder.part_of(stream): (offset, until[stream]) for stream, offset in since.items()}
        left = {part: (begin, end) for part, (begin, end) in parts.items() if begin < end}
        if not left:
            return
        self._consumer.assign(list(left))
        for part, (begin, _) in left.items():
            self._consumer.seek(part, begin)
        async for fetched in batches(self._consumer):
            for part, messages in fetched.items():
                for message in messages:
                    if message.offset < left[part][1]:
                        yield message
            if all([await self._consumer.position(part) >= end for part, (_, end) in left.items()]):
                return
