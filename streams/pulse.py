"""A worker's heartbeat: a record every 10 s, so that the desk sees within a minute that it is gone."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from schemas.kafka import Publisher
from schemas.process.clock import Clock, now_utc
from schemas.records.base import World
from schemas.records.plumbing import Heartbeat
from streams.meter import Meter
from streams.ownership import Ownership

EVERY_S = 10.0


@dataclass(frozen=True, slots=True)
class Pulse:
    """Who is beating: `source` names the worker, `program` its app."""

    source: str
    program: str
    world: World

    async def run(self, owned: Ownership, meter: Meter, publisher: Publisher, clock: Clock) -> None:
        """Beat until cancelled."""
        while True:
            await publisher.send("heartbeats", self.source, self.beat(owned, meter, await clock.now()))
            await asyncio.sleep(EVERY_S)

    def beat(self, owned: Ownership, meter: Meter, at: datetime) -> Heartbeat:
        """How the worker does now."""
        numbers = ", ".join(str(number) for number in sorted(owned.partitions))
        return Heartbeat(
            source=self.source,
            program=self.program,
            world=self.world,
            state="ok" if owned.known else "waiting",
            text=f"partitions {numbers}" if numbers else "no partition",
            tried_at=None,
            succeeded_at=meter.handled_at,
            content_at=None,
            records=meter.records,
            parked=meter.parked_records,
            at=at,
            made_at=now_utc(),
        )
