"""Follows the orders of every world (Kafka client: aiokafka) into the book, and asks whether anything is missing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from aiokafka.structs import ConsumerRecord

from console.public.book import Book
from console.public.folder import Emptier
from schemas.codec import Codec, Unreadable, WrongWorld
from schemas.kafka import Where, tail_consumer
from schemas.process import log
from schemas.records.base import World
from schemas.records.decided import Order

TURN_MS, ANSWER_S = 100, 5.0


class Tail:
    """A consumer without a group over `orders` of all worlds, from the first record on."""

    def __init__(self, consumer: AIOKafkaConsumer, worlds: dict[str, World], book: Book) -> None:
        self._consumer, self._worlds, self._book = consumer, worlds, book
        self._codecs: dict[str, Codec[Any]] = {name: Codec(Order, world) for name, world in worlds.items()}

    async def read(self) -> int:
        """Take what has come, waiting a moment for it; returns how many records that was."""
        batches = (await self._consumer.getmany(timeout_ms=TURN_MS)).values()
        for message in (message for messages in batches for message in messages):
            self._take(message)
        return sum(map(len, batches))

    async def missing(self) -> int | None:
        """How many records wait to be read; None: Kafka does not answer. Raises Emptier for a topic that shrank."""
        parts = list(self._consumer.assignment())
        try:
            async with asyncio.timeout(ANSWER_S):
                ends = await self._consumer.end_offsets(parts)
            behind: dict[TopicPartition, int] = {
                part: end - await self._consumer.position(part) for part, end in ends.items()
            }
        except (KafkaError, TimeoutError) as error:
            log.get_logger().warning("Kafka does not answer: the pages keep their time", error=type(error).__name__)
            return None
        if shrunk := [part.topic for part, records in behind.items() if records < 0]:
            raise Emptier(f"{shrunk[0]} ends before what was read of it: it was made anew. The pages stay as they are")
        return sum(behind.values())

    def _take(self, message: ConsumerRecord) -> None:
        if message.value is None:
            return
        try:
            self._book.take(self._codecs[message.topic].decode(message.value))
        except (Unreadable, WrongWorld, ValueError) as error:  # the record's own fault: never ours
            self._book.miss(self._worlds[message.topic])
            place = f"{message.topic}/{message.partition}/{message.offset}"
            log.get_logger().error("an order cannot be read: the pages say so", place=place, reason=str(error))


@asynccontextmanager
async def following(where: Where, book: Book) -> AsyncIterator[Tail]:
    """A tail for the length of a block."""
    worlds = {where.name("orders", world): world for world in World}
    consumer = await tail_consumer(where, *worlds)
    try:
        yield Tail(consumer, worlds, book)
    finally:
        await consumer.stop()
