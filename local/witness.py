"""Reads every Kafka topic of a world beside the programs and remembers what it saw: what the demo shows."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from aiokafka import AIOKafkaConsumer

from schemas.codec import Codec, record_types
from schemas.kafka import Where, tail_consumer
from schemas.process.clock import now_utc
from schemas.records.base import World
from schemas.topics import topic

Record = TypeVar("Record")
WATCHED = (
    *("readings", "bulletins", "detections", "recommendations", "decisions", "verdicts", "calls", "orders"),
    *("plans", "outcomes", "dead-letters"),
)


class NotSeen(AssertionError):
    """Something that had to happen did not happen in time; the message says what was waited for and what was seen."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """One record, on which topic, and when (real time) the witness read it."""

    topic: str
    record: Any
    seen_at: datetime


@dataclass(slots=True)
class Witness:
    """All sightings so far. `tell` is called with each one as it comes; what `ignore` is true of is nowhere kept."""

    where: Where
    world: World = World.ACTUAL
    tell: Callable[[Sighting], None] = lambda _sighting: None
    ignore: Callable[[Any], bool] = lambda _record: False
    sightings: list[Sighting] = field(default_factory=list)
    _came: asyncio.Condition = field(default_factory=asyncio.Condition)

    def of(self, kind: type[Record]) -> Iterator[Record]:
        """All records of a type, in the order in which they were seen."""
        return (s.record for s in self.sightings if isinstance(s.record, kind))

    async def run(self) -> None:
        """Read until cancelled."""
        names = {self.where.name(name, None if topic(name).once else self.world): name for name in WATCHED}
        codecs = {name: self._codec(name) for name in WATCHED}
        consumer = await tail_consumer(self.where, *names)
        try:
            await self._read(consumer, names, codecs)
        finally:
            await consumer.stop()

    async def until(self, found: Callable[[], Record | None], what: str, seconds: float = 15.0) -> Record:
        """The first truthy answer of `found`, asked again whenever something new was seen; raises NotSeen."""
        try:
            async with asyncio.timeout(seconds), self._came:
                while not (answer := found()):
                    await self._came.wait()
                return answer
        except TimeoutError:
            raise NotSeen(f"within {seconds:.0f} s there was no {what}") from None

    async def _read(self, consumer: AIOKafkaConsumer, names: dict[str, str], codecs: dict[str, Codec[Any]]) -> None:
        while True:
            batches = await consumer.getmany(timeout_ms=200)
            if not batches:
                continue
            seen_at = now_utc()
            async with self._came:
                for message in (message for messages in batches.values() for message in messages):
                    name = names[message.topic]
                    self._saw(Sighting(name, codecs[name].decode(message.value), seen_at))
                self._came.notify_all()

    def _saw(self, sighting: Sighting) -> None:
        if self.ignore(sighting.record):
            return
        self.sightings.append(sighting)
        self.tell(sighting)

    def _codec(self, name: str) -> Codec[Any]:
        row = topic(name)
        return Codec(record_types()[row.record], None if row.once else self.world)
