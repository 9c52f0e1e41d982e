"""The publisher's heartbeat: the desk's panel of sources shows whether the public pages keep up, and as of when."""

import asyncio
from collections.abc import Callable

from aiokafka.errors import KafkaError

from console.public.site import Told
from schemas.kafka import Publisher
from schemas.process import log
from schemas.process.clock import now_utc
from schemas.process.health import Health
from schemas.records.plumbing import Heartbeat

EVERY_S = 20.0
NAME = "public-pages"


async def beat(told: Callable[[], Told | None], health: Health, publisher: Publisher) -> None:
    """Beat until cancelled. A beat that Kafka does not take is missed: after 90 s the panel says so."""
    while True:
        fresh = all((await health.ready()).values())
        try:
            await publisher.send("heartbeats", NAME, heartbeat(told(), fresh))
        except KafkaError as error:
            log.get_logger().warning("heartbeat not written", error=type(error).__name__)
        await asyncio.sleep(EVERY_S)


def heartbeat(told: Told | None, fresh: bool) -> Heartbeat:
    """The record; `fresh` as the publisher's readiness says it."""
    now = now_utc()
    return Heartbeat(
        source=NAME,
        program="console",
        world=None,
        state="ok" if fresh else "stale",
        text="the public pages are up to date" if fresh else "the public pages keep an older time",
        tried_at=now,
        succeeded_at=told.checked_at if told else None,
        content_at=told.as_of if told else None,
        records=0,
        parked=0,
        at=now,
        made_at=now,
    )
