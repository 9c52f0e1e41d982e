"""Time as records: every 10 s of event time, one tick into each partition that this worker owns.

A tick names how far the other inputs reached when it was made. A scenario's clock jumps: then one tick per jump.
"""

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta

from schemas.kafka import Publisher
from schemas.process.clock import Clock, now_utc
from schemas.records.base import Trace, World, content_id
from schemas.records.plumbing import Tick
from streams.inputs import Inputs
from streams.kafka_side import SideReader
from streams.ownership import Ownership
from streams.roles import Role

EVERY = timedelta(seconds=10)


class Ticker:
    """Writes the ticks of one worker."""

    def __init__(
        self,
        role: Role,
        inputs: Inputs,
        owned: Ownership,
        reader: SideReader,
        publisher: Publisher,
        clock: Clock,
        world: World,
    ) -> None:
        self._role, self._world, self._inputs, self._owned = role, world, inputs, owned
        self._reader, self._publisher, self._clock = reader, publisher, clock

    async def run(self) -> None:
        """Tick until cancelled: when partitions come, and every 10 s of event time."""
        while True:
            self._owned.changed.clear()
            at = await self._clock.now()
            await self.tick(at)
            await self._next(at + EVERY)

    async def tick(self, at: datetime) -> None:
        """One tick into each partition that is owned now, all of them in one request: readers fetch them at once."""
        owned = sorted(self._owned.partitions)
        ends = await self._reader.ends(self._inputs.judged, owned)
        made_at, acks = now_utc(), []
        for number in owned:
            named = {topic: ends[topic, number] for topic in self._inputs.judged}
            trace = Trace(content_id("tick", self._role.name, self._world, number, at), made_at)
            offsets = self._inputs.offsets(number, named)
            record = Tick(self._world, self._role.name, number, at, offsets, trace, made_at)
            acks.append(await self._publisher.begin(self._role.ticks, f"partition-{number}", record, number))
        await asyncio.gather(*acks)

    async def _next(self, moment: datetime) -> None:
        waits = [
            asyncio.ensure_future(self._clock.sleep_until(moment, "ticker")),
            asyncio.ensure_future(self._owned.changed.wait()),
        ]
        try:
            done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in waits:
                task.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.gather(*waits, return_exceptions=True)
