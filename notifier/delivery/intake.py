"""Takes delivery jobs from one Kafka topic (aiokafka), runs several at a time, and commits what is done without a gap.

A job whose time has not come waits here without holding those behind it. A job that cannot be read is parked.
When the group moves a partition on, what waits or is being opened is left to its next owner, and what runs is given
DRAIN_S to end first; who still waits for a place after PLACES_S goes on in `jobs-retry`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from typing import Any, Protocol

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError
from aiokafka.structs import ConsumerRecord

from notifier.delivery.offsets import Offsets
from schemas.codec import Codec, Unreadable, WrongWorld
from schemas.process.log import get_logger
from schemas.records.delivered import DeliveryJob

AT_ONCE, HELD, UNANSWERED = 8, 1000, 64
"""Jobs whose recipients wait for a place at a time, jobs in memory (most of them waiting for their time), and jobs that
run at all: of most of these, only the last answers are out."""

DRAIN_S = 5.0
"""As long as one request may take: then almost nothing is sent twice because a worker came or went."""

PLACES_S = 2.0
"""So long of DRAIN_S who waits for a place may still get one; then the answers are all that is waited for."""

_POLL_MS = 200


class Begun(Protocol):
    """A job whose recipients have places, or wait for them."""

    async def placed(self) -> None:
        """Nobody waits for a place any more."""

    async def over(self) -> None:
        """Everybody was heard of, and all of it is acknowledged."""

    def hand_on(self) -> None:
        """Nobody waits for a place here: who did goes on in `jobs-retry`, before the job is over."""


Handle = Callable[[DeliveryJob, bool], Awaitable[Begun]]
"""Opens a job. Until it returns nothing was sent, and it may be cancelled. True: the job lay in the topic when its
partition came to us, so somebody else may have begun it."""

Park = Callable[[ConsumerRecord, Exception], Awaitable[None]]
Place = tuple[TopicPartition, int]
Task = asyncio.Task[None]


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
        self._waiting: dict[Place, Task] = {}
        self._running: dict[Place, tuple[Task, Begun]] = {}
        self._joined, self._since = False, dict[TopicPartition, float]()
        self._moved = asyncio.Event()
        self._room, self._unanswered = asyncio.Semaphore(AT_ONCE), asyncio.Semaphore(UNANSWERED)

    async def run(self) -> None:
        """Until cancelled."""
        self._consumer.subscribe([self._physical], listener=self)
        await self._consumer.start()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._commit_whenever_done())
                while True:
                    await self._take(group)
        finally:
            await self._consumer.stop()

    async def joined(self) -> bool:
        """Whether the group has told us our partitions (more workers than partitions leave some with none)."""
        return self._joined

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """They may be somebody else's in a moment."""
        lost = set(revoked)
        for place in [place for place in self._waiting if place[0] in lost]:
            self._waiting.pop(place).cancel()
        await self._drain({task: begun for place, (task, begun) in self._running.items() if place[0] in lost})
        await self._commit()
        for part in lost:
            self._offsets.forget(part)

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Jobs come as they are fetched."""
        self._joined = True
        self._since |= dict.fromkeys(assigned, self._now().timestamp())

    async def _drain(self, running: dict[Task, Begun]) -> None:
        if not running:
            return
        _, late = await asyncio.wait(running, timeout=PLACES_S)
        for task in late:
            running[task].hand_on()
        if late:
            await asyncio.wait(late, timeout=DRAIN_S - PLACES_S)

    async def _take(self, group: asyncio.TaskGroup) -> None:
        room = HELD - len(self._waiting) - len(self._running)
        if room <= 0:
            await asyncio.sleep(_POLL_MS / 1000)
            return
        batch = await self._consumer.getmany(timeout_ms=_POLL_MS, max_records=min(room, AT_ONCE))
        for part, messages in batch.items():
            for message in messages:
                self._offsets.took(part, message.offset)
                place = part, message.offset
                if place not in self._running:  # a partition that left and came back brings what still runs here
                    self._waiting[place] = group.create_task(self._one(place, message))

    async def _one(self, place: Place, message: ConsumerRecord) -> None:
        task = asyncio.current_task()
        try:
            job = await self._readable(message)
            if job is not None:
                await self._due(job)
                await self._run(place, job, message.timestamp / 1000)
        finally:
            if self._waiting.get(place) is task:
                del self._waiting[place]
            if place in self._running and self._running[place][0] is task:
                del self._running[place]
        self._offsets.done(*place)
        self._moved.set()

    async def _run(self, place: Place, job: DeliveryJob, written_at: float) -> None:
        async with self._unanswered:
            async with self._room:
                again = written_at <= self._since.get(place[0], float("inf"))
                begun = await self._handle(job, again)
                self._running[place] = self._waiting.pop(place), begun
                await begun.placed()
            await begun.over()

    async def _readable(self, message: ConsumerRecord) -> DeliveryJob | None:
        try:
            return self._codec.decode(message.value)
        except (Unreadable, WrongWorld) as error:
            await self._park(message, error)
            return None

    async def _due(self, job: DeliveryJob) -> None:
        if job.not_before is not None:
            await asyncio.sleep(max(0.0, (job.not_before - self._now()).total_seconds()))

    async def _commit_whenever_done(self) -> None:
        while True:
            await self._moved.wait()
            self._moved.clear()
            await self._commit()

    async def _commit(self) -> None:
        moved: dict[Any, int] = self._offsets.commit()
        if not moved:
            return
        try:
            await self._consumer.commit(moved)
        except (CommitFailedError, IllegalStateError) as error:
            # The group moved the partition on meanwhile: its next owner repeats the job, and recognises what ended.
            get_logger().info("offsets not committed", topic=self._physical, error=str(error))
