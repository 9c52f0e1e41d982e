"""A role's heartbeat: what it needs and whether that answers, so that the desk shows a notifier in trouble."""

import asyncio
from collections.abc import Mapping
from datetime import datetime

from aiokafka.errors import KafkaError

from notifier.settings import NotifierSettings
from schemas.kafka import Publisher
from schemas.process.clock import now_utc
from schemas.process.health import Health
from schemas.process.log import get_logger
from schemas.records.base import World
from schemas.records.plumbing import Heartbeat

EVERY_S = 10.0


async def beat(
    role: str, world: World | None, settings: NotifierSettings, health: Health, publisher: Publisher
) -> None:
    """Beat until cancelled. `world` is null for roles that serve all worlds. A beat that Kafka refuses is missed."""
    source = f"notifier-{role}-{settings.instance}"
    succeeded_at = None
    while True:
        answers, now = await health.ready(), now_utc()
        succeeded_at = now if all(answers.values()) else succeeded_at
        try:
            await publisher.send("heartbeats", source, heartbeat(source, world, answers, succeeded_at, now))
        except KafkaError as error:
            get_logger().warning("heartbeat not written", error=type(error).__name__)
        await asyncio.sleep(EVERY_S)


def heartbeat(
    source: str, world: World | None, answers: Mapping[str, bool], succeeded_at: datetime | None, now: datetime
) -> Heartbeat:
    """The record. Everything here is real time: a notifier's work does not follow a scenario."""
    silent = sorted(name for name, answered in answers.items() if not answered)
    return Heartbeat(
        source=source,
        program="notifier",
        world=world,
        state="failing" if silent else "ok",
        text=f"{', '.join(silent)} does not answer" if silent else "everything it needs answers",
        tried_at=now,
        succeeded_at=succeeded_at,
        content_at=None,
        records=0,
        parked=0,
        at=now,
        made_at=now,
    )
