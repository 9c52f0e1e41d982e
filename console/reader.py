"""Tails every topic that the console reads (Kafka client: aiokafka), in all worlds, into the projection.

The desk is ready once it has read to the ends that it found at its start: before that an empty list would be a lie.
While Kafka does not answer the last view stays on the screens, with its age.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from aiokafka.structs import ConsumerRecord

from console.projection import Projection
from schemas.codec import Codec, Unreadable, WrongWorld, record_types
from schemas.kafka import Where, tail_consumer
from schemas.process import log
from schemas.process.clock import now_utc
from schemas.process.metrics import DEAD_LETTERED
from schemas.topics import load_topics, worlds_of

READER = "console"
SHORT = {"readings": timedelta(days=3), "heartbeats": timedelta(hours=1)}
WHOLE = frozenset({"recommendations", "decisions", "verdicts", "orders", "calls"})
MAX_RECORDS, IN_ONE_GO = 500, 25
ASK_EVERY = timedelta(seconds=3)
STUCK = timedelta(minutes=2)
BARRIER_S = 2.0

Listener = Callable[[Any], None]


class Stuck(RuntimeError):
    """Kafka answers, but nothing is read: the process must end and start anew."""


class Reader:
    """One consumer without a group over all topics.

    `caught_up` is set when the first ends are reached; `current_at` is when (real time) Kafka last said we had all.
    """

    def __init__(
        self, where: Where, projection: Projection, history: timedelta, listeners: tuple[Listener, ...]
    ) -> None:
        self.caught_up = asyncio.Event()
        self.current_at: datetime | None = None
        self._where, self._projection, self._history, self._listeners = where, projection, history, listeners
        self._consumer: AIOKafkaConsumer | None = None
        self._rows: dict[str, str] = {}
        self._codecs: dict[str, Codec[Any]] = {}
        for name, row in load_topics().items():
            for world in worlds_of(row) if READER in row.readers else ():
                physical = row.physical(where.namespace, world)
                self._rows[physical] = name
                self._codecs[physical] = Codec(record_types()[row.record], world)

    async def barrier(self, wait_s: float = BARRIER_S) -> None:
        """Returns once everything that Kafka held when it was called is in the projection, or after `wait_s`."""
        with suppress(TimeoutError, KafkaError):
            async with asyncio.timeout(wait_s):
                await self.caught_up.wait()
                assert self._consumer is not None
                ends = await self._consumer.end_offsets(list(self._consumer.assignment()))
                await self._reach(self._consumer, ends)

    async def _reach(self, consumer: AIOKafkaConsumer, ends: dict[TopicPartition, int]) -> None:
        while [part for part, end in ends.items() if await consumer.position(part) < end]:  # noqa: ASYNC110 -- no event
            await asyncio.sleep(0.02)

    async def run(self, progress: Callable[[], None]) -> None:
        """Read for ever."""
        consumer = await tail_consumer(self._where, *self._codecs)
        try:
            await self._skip_old(consumer)
            self._consumer = consumer
            async with asyncio.TaskGroup() as group:
                group.create_task(self._read(consumer, progress))
                group.create_task(self._ask(consumer))
        finally:
            await consumer.stop()

    async def _read(self, consumer: AIOKafkaConsumer, progress: Callable[[], None]) -> None:
        while True:
            for messages in (await consumer.getmany(timeout_ms=200, max_records=MAX_RECORDS)).values():
                for number, message in enumerate(messages, 1):
                    self._take(message)
                    if number % IN_ONE_GO == 0:
                        await asyncio.sleep(0)
            progress()
            await asyncio.sleep(0)

    async def _ask(self, consumer: AIOKafkaConsumer) -> None:
        """Ask Kafka where the topics end, again and again: only that tells silence from being cut off."""
        moved_at, before = now_utc(), -1
        while True:
            lag, read = await self._lag(consumer)
            if lag == 0 or read != before:
                moved_at, before = now_utc(), read
            if lag == 0:
                self.current_at = now_utc()
                self.caught_up.set()
            elif lag is not None and now_utc() - moved_at > STUCK:
                raise Stuck(f"{lag} records wait, and none was read for {STUCK}")
            await asyncio.sleep(0.1 if not self.caught_up.is_set() else ASK_EVERY.total_seconds())

    async def _lag(self, consumer: AIOKafkaConsumer) -> tuple[int | None, int]:
        """How many records are not read yet (None: Kafka does not answer), and how many were."""
        parts = list(consumer.assignment())
        try:
            async with asyncio.timeout(10.0):
                ends = await consumer.end_offsets(parts)
        except (KafkaError, TimeoutError) as error:
            log.get_logger().warning("Kafka does not answer", error=type(error).__name__)
            return None, -1
        positions = {part: await consumer.position(part) for part in parts}
        return sum(max(0, ends[part] - positions[part]) for part in parts), sum(positions.values())

    def _take(self, message: ConsumerRecord) -> None:
        if message.value is None:
            return
        try:
            record = self._codecs[message.topic].decode(message.value)
        except (Unreadable, WrongWorld) as error:
            place = f"{message.topic}/{message.partition}/{message.offset}"
            self._projection.unreadable[place] = str(error)
            DEAD_LETTERED.labels(READER, "unreadable").inc()
            log.get_logger().warning("unreadable record", place=place, reason=str(error))
            return
        self._projection.take(record)
        for listener in self._listeners:
            listener(record)

    async def _skip_old(self, consumer: AIOKafkaConsumer) -> None:
        """Start long topics where they matter; what decides a case's state is read whole."""
        now = now_utc()
        since: dict[TopicPartition, int] = {}
        for part in consumer.assignment():
            name = self._rows[part.topic]
            if name not in WHOLE:
                since[part] = int((now - SHORT.get(name, self._history)).timestamp() * 1000)
        for part, found in (await consumer.offsets_for_times(since)).items():
            if found is not None:
                consumer.seek(part, found.offset)
            else:
                await consumer.seek_to_end(part)
