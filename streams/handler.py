"""One event from bytes to folded, said and owed. The agent calls it, one event at a time.

Outputs are sent at once. The ledger then sees to the order: outputs are acknowledged before the state that includes
their input is written, and that before the input's offset is committed. A crash anywhere in between only repeats.
"""

import time
from collections.abc import Awaitable, Callable
from typing import Any

from schemas.batches import BatchReader
from schemas.codec import Codec, Unreadable, WrongWorld, record_types
from schemas.kafka import Publisher
from schemas.process.clock import Clock, now_utc
from schemas.process.log import get_logger
from schemas.process.metrics import DUPLICATES
from schemas.records.base import World
from schemas.records.observed import ReadingBatch
from schemas.records.plumbing import Tick
from schemas.topics import topic
from streams.fold import ContentError
from streams.ledger import Ledger
from streams.meter import Meter
from streams.parking import Incoming, dead_letter, municipality_of_key
from streams.partition import Held, Partition, PendingTick
from streams.roles import Role
from streams.state import States

BESIDE_S, RESTING_S = 0.0005, 0.002
"""A tick is for every municipality of a partition, which takes some tens of milliseconds where there are many. So it is
told in slices, after each event and while nothing comes: what comes meanwhile does not wait for it."""


class Skipped(RuntimeError):
    """Inputs that lie before this one never arrived: a restart reads them."""


class Handler:
    """Folds the inputs of one worker."""

    def __init__(
        self,
        role: Role,
        world: World,
        states: States,
        ledger: Ledger,
        publisher: Publisher,
        meter: Meter,
        clock: Clock,
    ) -> None:
        self._role, self._world, self._states, self._ledger = role, world, states, ledger
        self._publisher, self._meter, self._clock = publisher, meter, clock
        rows = (*role.inputs, role.ticks)
        self._decode = {row: _decoder(row, world) for row in rows}

    async def handle(self, event: Incoming) -> None:
        """Bring one message to its end: folded, recognised as a repeat, waiting (a tick), or parked."""
        partition = await self._states.partition(event.partition)
        if partition.skips(event.topic, event.offset) and topic(event.row).cleanup == "delete":
            raise Skipped(f"{event.topic}-{event.partition}: {partition.positions[event.topic]} to {event.offset - 1}")
        if partition.owed:
            await self._ledger.say(partition.number, partition.owed)
            partition.owed = []
        try:
            record = self._read(event)
            await self._take(partition, event, record)
            self._meter.handled(event, record)
        except (Unreadable, WrongWorld, ContentError) as error:
            await self._park(event, error)
        partition.handled(event.topic, event.offset)
        await self._tick(partition, BESIDE_S)
        if self._role.settles_each or self._ledger.late:
            await self._ledger.settle()

    async def rest(self) -> bool:
        """Nothing came: some more of the ticks that are due. Whether there was any."""
        for partition in list(self._states.held().values()):
            if await self._tick(partition, RESTING_S):
                if self._role.settles_each:
                    await self._ledger.settle()
                return True
        return False

    def _read(self, event: Incoming) -> Any:
        record = self._decode[event.row](event.value)
        named = municipality_of_key(event.key)
        if not isinstance(record, Tick) and named != record.municipality:
            raise ContentError(f"the key {event.key!r} is not the record's municipality {record.municipality}")
        if not self._role.is_genuine(record):
            raise ContentError(f"the console did not sign this {type(record).__name__}")
        return record

    async def _take(self, partition: Partition, event: Incoming, record: Any) -> None:
        if isinstance(record, Tick):
            partition.pending = PendingTick(record, event.topic, event.offset)
            return
        held = partition.held.get(record.municipality) or self._states.initial(record.municipality)
        if held.includes(event.topic, event.offset):
            DUPLICATES.labels(source=event.row).inc()
            return
        await self._step(partition, record.municipality, held, record, event.topic, event.offset)
        partition.held[record.municipality] = held

    async def _tick(self, partition: Partition, within_s: float) -> bool:
        """Tell municipalities of the tick that is due, for so long; whether any was left to be told."""
        until, told = time.monotonic() + within_s, False
        while (following := partition.next_told()) is not None:
            told, (due, municipality) = True, following
            held = partition.held[municipality]
            if not held.includes(due.topic, due.offset):
                await self._step(partition, municipality, held, due.tick, due.topic, due.offset)
            if time.monotonic() >= until:
                break
        return told

    async def _step(
        self, partition: Partition, municipality: str, held: Held, record: Any, source: str, offset: int
    ) -> None:
        made_at = now_utc()
        state, outputs = self._role.fold.step(held.state, record, made_at)
        changed = bool(outputs) or state != held.state
        held.state, held.offsets = state, held.offsets | {source: offset}
        if changed:
            await self._ledger.say(partition.number, outputs)
            self._ledger.owe(partition.number, municipality, held, made_at)
        if outputs:
            topics = [output.topic for output in outputs]
            get_logger().info("said", municipality=municipality, topics=topics, trace=record.trace.id)

    async def _park(self, event: Incoming, error: Exception) -> None:
        letter = dead_letter(self._role.name, self._world, event, error, await self._clock.now(), now_utc())
        await self._publisher.send("dead-letters", self._role.name, letter)
        self._meter.parked(event, error)
        place = f"{event.topic}-{event.partition}@{event.offset}"
        get_logger().warning("parked", place=place, reason=letter.reason, text=letter.text)


def _decoder(row: str, world: World) -> Callable[[bytes | None], Any]:
    record = record_types()[topic(row).record]
    codec: Codec[Any] | BatchReader = BatchReader(world) if record is ReadingBatch else Codec(record, world)
    return codec.decode


Handle = Callable[[Incoming], Awaitable[None]]
