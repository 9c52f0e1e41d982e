"""The desk's own heartbeat, so that the panel of sources (and an operator) sees that it reads and writes.

The desk reads everybody's heartbeats, so it is also the place that knows how long they take and what is called for.
"""

import asyncio
from collections import Counter
from datetime import datetime
from typing import Any

from aiokafka.errors import KafkaError

from console.projection import WorldView
from console.web import Desk
from schemas.process import log
from schemas.process.clock import now_utc
from schemas.process.metrics import ACTIVE, HEARTBEAT_ROUNDTRIP
from schemas.records.base import World
from schemas.records.plumbing import Heartbeat

EVERY_S = 20.0
NAME = "console"


async def beat(desk: Desk) -> None:
    """Beat until cancelled. A Kafka that does not take one beat may take the next: the last view stays on screens."""
    while True:
        count_active(desk.projection.worlds[World.ACTUAL])
        try:
            await desk.sender.send("heartbeats", NAME, await _heartbeat(desk))
        except KafkaError as error:
            log.get_logger().warning("heartbeat not written", error=type(error).__name__)
        await asyncio.sleep(EVERY_S)


class Roundtrip:
    """Measures heartbeats from their making to their reading here; those made before `since` are history."""

    def __init__(self, since: datetime) -> None:
        self._since = since

    def heard(self, record: Any) -> None:
        """One more record."""
        if isinstance(record, Heartbeat) and record.made_at >= self._since:
            HEARTBEAT_ROUNDTRIP.observe(max(0.0, (now_utc() - record.made_at).total_seconds()))


def count_active(view: WorldView) -> None:
    """In how many areas a hazard is called for now, by level; `-` is a tsunami order, which has none."""
    called = (c for r in view.recommendations.values() for c in r.called if c.hits)
    counts = Counter((str(c.hazard), "-" if c.level is None else str(c.level)) for c in called)
    ACTIVE.clear()
    for (hazard, level), areas in counts.items():
        ACTIVE.labels(hazard, level).set(areas)


async def _heartbeat(desk: Desk) -> Heartbeat:
    read_at, unreadable = desk.read_at(), len(desk.projection.unreadable)
    return Heartbeat(
        source=NAME,
        program=NAME,
        world=None,
        state="ok" if desk.linked() else "stale",
        text=f"{unreadable} records could not be read" if unreadable else "everything was read",
        tried_at=None,
        succeeded_at=read_at,
        content_at=None,
        records=0,
        parked=unreadable,
        at=await desk.clock.now(),
        made_at=now_utc(),
    )
