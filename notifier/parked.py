"""A message whose content can never be read, as a dead letter: its place, its reason, at most 64 kB of it."""

import hashlib
from datetime import datetime

from aiokafka.structs import ConsumerRecord

from schemas.kafka import Publisher
from schemas.process.clock import now_utc
from schemas.process.log import get_logger
from schemas.process.metrics import DEAD_LETTERED
from schemas.records.base import Trace, World, content_id
from schemas.records.plumbing import DeadLetter

MAX_BODY_BYTES = 65_536


def dead_letter(message: ConsumerRecord, world: World | None, reason: Exception, now: datetime) -> DeadLetter:
    """The record for `dead-letters`; `now` is real time. The same message again has the same id."""
    value = message.value or b""
    letter_id = content_id("dead-letter", message.topic, message.partition, message.offset)
    return DeadLetter(
        id=letter_id,
        program="notifier",
        source=message.topic,
        topic=message.topic,
        partition=message.partition,
        offset=message.offset,
        key=message.key,
        world=world,
        origin=None,
        municipality=None,
        reason=type(reason).__name__,
        text=str(reason),
        stack=None,
        sha256=hashlib.sha256(value).hexdigest(),
        size=len(value),
        body=value[:MAX_BODY_BYTES],
        truncated=len(value) > MAX_BODY_BYTES,
        at=now,
        trace=Trace(letter_id, now),
        made_at=now,
    )


async def park(publisher: Publisher, message: ConsumerRecord, world: World | None, reason: Exception) -> None:
    """Set it aside, count it, and say so; returns once that is acknowledged."""
    DEAD_LETTERED.labels(message.topic, type(reason).__name__).inc()
    get_logger().error("parked", topic=message.topic, offset=message.offset, reason=str(reason))
    await publisher.send("dead-letters", "notifier", dead_letter(message, world, reason, now_utc()))
