"""Says when a process is in the middle of its work: a record of its own has just come out (Kafka client: aiokafka)."""

import asyncio
import contextlib
from dataclasses import dataclass, field

from schemas.kafka import Where, tail_consumer
from schemas.records.base import World
from schemas.topics import topic

WORK_WITHIN_S = 1.5
COMES_OUT = {
    "connectors": ("raw", "cursors"),
    "watch": ("watch-state", "recommendations"),
    "decide": ("case-state", "orders"),
    "console": ("decisions",),
    "plan": ("plans", "jobs-urgent"),
    "deliver": ("outcomes",),
    "broadcast": ("orders",),
    "index": ("subscriptions",),
    "api": ("subscriptions",),
}
"""What it writes, or (broadcast, index) what it has just been given to work on."""


@dataclass(slots=True)
class Pulse:
    """Follows those topics without looking into the records."""

    where: Where
    _came: dict[str, asyncio.Event] = field(default_factory=dict)

    async def run(self) -> None:
        """Follow until cancelled."""
        rows = {row for several in COMES_OUT.values() for row in several}
        names = {self.where.name(row, None if topic(row).once else World.ACTUAL): row for row in rows}
        self._came = {row: asyncio.Event() for row in rows}
        consumer = await tail_consumer(self.where, *names, from_start=False)
        try:
            while True:
                for part in await consumer.getmany(timeout_ms=500):
                    self._came[names[part.topic]].set()
        finally:
            await consumer.stop()

    async def at_work(self, process: str, which: int) -> None:
        """Return at the next record of the process, on one topic or another (`which`), or after WORK_WITHIN_S."""
        rows = COMES_OUT.get(process, ())
        came = self._came.get(rows[which % len(rows)]) if rows else None
        if came is not None:
            came.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(came.wait(), WORK_WITHIN_S)
