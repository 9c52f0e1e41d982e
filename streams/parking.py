"""Content that can never be folded goes to dead-letters, with where it came from and at most 64 kB of its bytes."""

import hashlib
import re
import traceback
from datetime import datetime
from typing import NamedTuple

from schemas.records.base import Trace, World, content_id
from schemas.records.plumbing import DeadLetter

KEPT_BYTES = 65_536
STACK_CHARS = 8_000
MUNICIPALITY = re.compile(rb"[0-9]{5}")


class Incoming(NamedTuple):
    """One message as Kafka handed it over; `row` is the topic's name in topics.toml."""

    row: str
    topic: str
    topic_id: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None


def municipality_of_key(key: bytes | None) -> str | None:
    """The municipality that a key names, if it is one."""
    return key.decode() if key is not None and MUNICIPALITY.fullmatch(key) else None


def dead_letter(
    program: str, world: World, event: Incoming, error: Exception, at: datetime, made_at: datetime
) -> DeadLetter:
    """The letter: its id is the message's place, so a repeat is recognised. `at` is event time."""
    body = event.value or b""
    letter_id = content_id("dead-letter", event.topic_id, event.partition, event.offset)
    return DeadLetter(
        id=letter_id,
        program=program,
        source=event.row,
        topic=event.topic,
        partition=event.partition,
        offset=event.offset,
        key=event.key,
        world=world,
        origin=None,
        municipality=municipality_of_key(event.key),
        reason=type(error).__name__,
        text=_cut(str(error), 2_000),
        stack=_cut("".join(traceback.format_exception(error)), STACK_CHARS),
        sha256=hashlib.sha256(body).hexdigest(),
        size=len(body),
        body=body[:KEPT_BYTES],
        truncated=len(body) > KEPT_BYTES,
        at=at,
        trace=Trace(letter_id, made_at),
        made_at=made_at,
    )


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[:limit] + " …"
