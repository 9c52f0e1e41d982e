"""A Kafka reader beside the group: reads a state partition to its end, and asks for ends and committed offsets."""

import asyncio
from collections.abc import Iterable
from datetime import datetime

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import ConsumerRecord

from schemas.kafka import Where, answers, partitions_of

READ_WITHIN_S = 60.0


class SideReader:
    """Never joins the group whose committed offsets it asks for."""

    def __init__(self, where: Where, group: str) -> None:
        self._alone = asyncio.Lock()
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=where.bootstrap,
            group_id=where.group(group),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            request_timeout_ms=10_000,
            fetch_max_wait_ms=100,
            **where.access.aiokafka(),
        )

    async def start(self) -> None:
        """Connect."""
        await self._consumer.start()

    async def stop(self) -> None:
        """Disconnect."""
        await self._consumer.stop()

    async def answers(self) -> bool:
        """Whether Kafka answers: what readiness asks."""
        return await answers(self._consumer._client)

    async def partitions(self, topic: str) -> set[int]:
        """A topic's partitions; raises LookupError if it does not exist."""
        return await partitions_of(self._consumer, topic)

    async def read(self, topic: str, partition: int, since: datetime | None = None) -> list[ConsumerRecord]:
        """Every message of one partition, from its start (or what was appended `since`) to its end as it is now."""
        part = TopicPartition(topic, partition)
        found: list[ConsumerRecord] = []
        async with self._alone, asyncio.timeout(READ_WITHIN_S):
            self._consumer.assign([part])
            await self._seek(part, since)
            end = (await self._consumer.end_offsets([part]))[part]
            while await self._consumer.position(part) < end:
                batches = await self._consumer.getmany(part, timeout_ms=200)
                found.extend(message for batch in batches.values() for message in batch)
            self._consumer.unsubscribe()
        return found

    async def _seek(self, part: TopicPartition, since: datetime | None) -> None:
        if since is None:
            await self._consumer.seek_to_beginning(part)
            return
        found = (await self._consumer.offsets_for_times({part: int(since.timestamp() * 1000)}))[part]
        if found is None:  # nothing that young
            await self._consumer.seek_to_end(part)
        else:
            self._consumer.seek(part, found.offset)

    async def ends(self, topics: Iterable[str], partitions: Iterable[int]) -> dict[tuple[str, int], int]:
        """The end offset of each topic in each partition."""
        parts = [TopicPartition(topic, number) for topic in topics for number in partitions]
        ends = await self._consumer.end_offsets(parts) if parts else {}
        return {(part.topic, part.partition): offset for part, offset in ends.items()}

    async def next_offsets(self, topics: Iterable[str], partition: int) -> dict[str, int]:
        """Where the group goes on in this partition: what it committed, or the earliest offset there is."""
        parts = [TopicPartition(topic, partition) for topic in topics]
        starts = await self._consumer.beginning_offsets(parts)
        return {part.topic: max(starts[part], await self._consumer.committed(part) or 0) for part in parts}
