"""What is to be planned, off Kafka: orders, calls and resends, each handled as a task; committed without a gap.

A record is noted as soon as it is read, so that workers and running plans know what is newest, and planned in its turn.
"""

import asyncio
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import ConsumerRecord

from notifier.delivery.offsets import Offsets
from notifier.fence import Fence
from notifier.parked import park
from notifier.planning import Planning
from notifier.polling import batches
from schemas.codec import Codec, Unreadable, WrongWorld
from schemas.kafka import Publisher, Where, group_consumer
from schemas.process.log import get_logger
from schemas.records.base import World
from schemas.records.decided import Call, Order, Resend
from schemas.signing import is_signed, public_key

MEMBER = "planner"
"""One name for every planner of a world: a restarted one takes the place at once."""

FETCHED, HELD = 100, 2000
"""Records of a fetch, and records that may wait for their turn."""

Wish = Order | Call | Resend


class Readers:
    """Messages of three topics to what they are for."""

    def __init__(self, where: Where, world: World, verify_key: str, publisher: Publisher) -> None:
        self._publisher, self._world = publisher, world
        self._key = public_key(verify_key) if verify_key else None
        self._codecs: dict[str, Codec[Any]] = {
            where.name("orders", world): Codec(Order, world),
            where.name("calls", world): Codec(Call, world),
            where.name("resends", world): Codec(Resend, world),
        }
        self.topics = tuple(self._codecs)

    async def read(self, message: ConsumerRecord) -> Wish | None:
        """The record; None for what was parked because it can never be read, and for a Resend that nobody signed."""
        try:
            record: Wish = self._codecs[message.topic].decode(message.value)
        except (Unreadable, WrongWorld) as error:
            await park(self._publisher, message, self._world, error)
            return None
        return None if isinstance(record, Resend) and not self._is_signed(record) else record

    def _is_signed(self, resend: Resend) -> bool:
        if self._key is not None and is_signed(self._key, resend):
            return True
        reason = "the console's key did not sign it" if self._key else "SONAE_VERIFY_KEY is not set"
        get_logger().error("not sent again", reason=reason, order=resend.order_id, revision=resend.revision)
        return False


async def follow_wishes(where: Where, group: str, readers: Readers, planning: Planning, fence: Fence) -> None:
    """Plan each record, and commit what is planned, until cancelled."""
    consumer = group_consumer(where, group, MEMBER, *readers.topics, max_records=FETCHED)
    await consumer.start()
    try:
        async with asyncio.TaskGroup() as tasks:
            following = Following(consumer, planning, fence, tasks)
            tasks.create_task(following.commit_whenever_done())
            async for fetched in batches(consumer):
                read = [
                    (part, message.offset, await readers.read(message))
                    for part, messages in fetched.items()
                    for message in messages
                ]
                await following.take(read)
    finally:
        await consumer.stop()


class Following:
    """Records under way, and how far each partition is done."""

    def __init__(self, consumer: AIOKafkaConsumer, planning: Planning, fence: Fence, tasks: asyncio.TaskGroup) -> None:
        self._consumer, self._planning, self._fence, self._tasks = consumer, planning, fence, tasks
        self._offsets: Offsets[TopicPartition] = Offsets()
        self._room = asyncio.Semaphore(HELD)
        self._moved = asyncio.Event()

    async def take(self, read: list[tuple[TopicPartition, int, Wish | None]]) -> None:
        """Note all of them, then let each be planned in its turn, the most urgent first."""
        await self._planning.note([record for _, _, record in read if record is not None])
        for part, offset, _ in read:
            self._offsets.took(part, offset)
        for part, offset, record in sorted(read, key=lambda one: isinstance(one[2], Call)):
            await self._room.acquire()
            self._tasks.create_task(self._one(part, offset, record))

    async def commit_whenever_done(self) -> None:
        """Until cancelled."""
        while True:
            await self._moved.wait()
            self._moved.clear()
            done: dict[Any, int] = self._offsets.commit()
            if done:
                await self._fence.check()  # emptied meanwhile, or not ours any more: all of it comes again
                await self._consumer.commit(done)

    async def _one(self, part: TopicPartition, offset: int, record: Wish | None) -> None:
        if record is not None:
            await self._planning.plan(record)
        self._offsets.done(part, offset)
        self._room.release()
        self._moved.set()
