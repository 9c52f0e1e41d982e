"""Takes delivery jobs from one Kafka topic (aiokafka), runs several at a time, and commits what is done without a gap.

A job whose time has not come waits here without holding those behind it. A job that cannot be read is parked.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError
from aiokafka.structs import ConsumerRecord

from notifier.delivery.offsets import Offsets
from schemas.codec import Codec, Unreadable, WrongWorld
from schemas.process.log import get_logger
from schemas.records.delivered import DeliveryJob

AT_ONCE, HELD = 16, 500
"""Jobs that run at a time, and jobs in memory, most of them waiting for their time."""

_POLL_MS = 200

Handle = Callable[[DeliveryJob], Awaitable[None]]
Park = Callable[[ConsumerRecord, Exception], Awaitable[None]]


class Intake(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka ships no types
    """One topic's jobs. Any fault of Kafka or of the handler ends `run`, and so the process."""

    def __init__(
        self,
        consumer: AIOKafkaConsumer,
        physical: str,
        codec: Codec[DeliveryJob],
        handle: Handle,
        park: Park,
        now: Callable[[], datetime],
    ) -> None:
        self._consumer = consumer
        self._physical = physical
        self._codec = codec
        self._handle = handle
        self._park = park
        self._now = now
        self._offsets: Offsets[TopicPartition] = Offsets()
        self._held = 0
        self._joined = False
        self._moved = asyncio.Event()
        self._running = asyncio.Semaphore(AT_ONCE)

    async def run(self) -> None:
        """Until cancelled."""
        self._consumer.subscribe([self._physical], listener=self)
        await self._consumer.start()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._commit_what_is_done())
                while True:
                    await self._take(group)
        finally:
            await self._consumer.stop()

    async def joined(self) -> bool:
        """Whether the group has told us our partitions (more workers than partitions leave some with none)."""
        return self._joined

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """What runs goes on to its end, but its offsets are the next owner's: a repeat is recognised there."""
        for part in revoked:
            self._offsets.forget(part)

    async def on_partitions_assigned(self, _assigned: Iterable[TopicPartition]) -> None:
        """Jobs come as they are fetched."""
        self._joined = True

    async def _take(self, group: asyncio.TaskGroup) -> None:
        room = HELD - self._held
        if room <= 0:
            await asyncio.sleep(_POLL_MS / 1000)
            return
        batch = await self._consumer.getmany(timeout_ms=_POLL_MS, max_records=min(room, AT_ONCE))
        for part, messages in batch.items():
            for message in messages:
                self._held += 1
                self._offsets.took(part, message.offset)
                group.create_task(self._one(part, message))

    async def _one(self, part: TopicPartition, message: ConsumerRecord) -> None:
        try:
            job = self._codec.decode(message.value)
        except (Unreadable, WrongWorld) as error:
            await self._park(message, error)
        else:
            await self._due(job)
            async with self._running:
                await self._handle(job)
        self._held -= 1
        self._offsets.done(part, message.offset)
        self._moved.set()

    async def _due(self, job: DeliveryJob) -> None:
        if job.not_before is not None:
            await asyncio.sleep(max(0.0, (job.not_before - self._now()).total_seconds()))

    async def _commit_what_is_done(self) -> None:
        while True:
            await self._moved.wait()
            self._moved.clear()
            moved: dict[Any, int] = self._offsets.commit()
            if not moved:
                continue
            try:
                await self._consumer.commit(moved)
            except (CommitFailedError, IllegalStateError) as error:
                # The group moved the partition on meanwhile; its next owner repeats, and recognises what ended.
                get_logger().info("offsets not committed", topic=self._physical, error=str(error))
