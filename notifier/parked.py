"""A message whose content can never be read, as a dead letter: its place, its reason, at most 64 kB of it. Pure."""

import hashlib
from datetime import datetime

from aiokafka.structs import ConsumerRecord

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
