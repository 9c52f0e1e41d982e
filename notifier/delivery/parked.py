"""A job that can never be read, as a dead letter: its municipality is lost, its audience is not (the plan names it)."""

import hashlib
from datetime import datetime

from aiokafka.structs import ConsumerRecord

from schemas.records.base import Trace, World, content_id
from schemas.records.plumbing import DeadLetter

MOST_BYTES = 65_536


def dead_letter(message: ConsumerRecord, error: Exception, world: World, now: datetime) -> DeadLetter:
    """The record for `dead-letters`; the same message gives the same id."""
    body = message.value or b""
    letter = content_id("dead", message.topic, message.partition, message.offset)
    return DeadLetter(
        id=letter,
        program="notifier",
        source="deliver",
        topic=message.topic,
        partition=message.partition,
        offset=message.offset,
        key=message.key,
        world=world,
        origin=None,
        municipality=None,
        reason="unreadable",
        text=str(error)[:500],
        stack=None,
        sha256=hashlib.sha256(body).hexdigest(),
        size=len(body),
        body=body[:MOST_BYTES],
        truncated=len(body) > MOST_BYTES,
        at=now,
        trace=Trace(letter, now),
        made_at=now,
    )
