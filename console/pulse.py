"""The desk's own heartbeat, so that the panel of sources (and an operator) sees that it reads and writes."""

import asyncio

from aiokafka.errors import KafkaError

from console.web import Desk
from schemas.process import log
from schemas.process.clock import now_utc
from schemas.records.plumbing import Heartbeat

EVERY_S = 20.0
NAME = "console"


async def beat(desk: Desk) -> None:
    """Beat until cancelled. A Kafka that does not take one beat may take the next: the last view stays on screens."""
    while True:
        try:
            await desk.sender.send("heartbeats", NAME, await _heartbeat(desk))
        except KafkaError as error:
            log.get_logger().warning("heartbeat not written", error=type(error).__name__)
        await asyncio.sleep(EVERY_S)


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
