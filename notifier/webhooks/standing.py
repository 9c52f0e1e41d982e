"""Where each partner's delivery stands, and what operators asked for: records of the Kafka topic `cursors`.

Key `webhook:<partner>` is written by the role, after each acknowledgement and before the next event; key
`webhook-replay:<partner>` is written by `--replay` and acted on by the role, once.
"""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import datetime

import msgspec
from aiokafka.structs import ConsumerRecord

from notifier.polling import batches
from schemas.codec import Codec, Unreadable
from schemas.kafka import Publisher, Where, tail_consumer
from schemas.process.clock import now_utc
from schemas.records.plumbing import Cursor

STANDING, REPLAY = "webhook:", "webhook-replay:"
REMEMBERED = 20
_codec: Codec[Cursor] = Codec(Cursor, None)


@dataclass(frozen=True, slots=True)
class Expired:
    """An event that was never acknowledged in its time."""

    message: str
    kind: str
    municipality: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """One partner's place. `position` is None before the first start; `paused` says why nothing is sent."""

    position: str | None = None
    url: str = ""
    last: str = ""
    acknowledged_at: datetime | None = None
    acknowledged: int = 0
    expired: int = 0
    expired_last: tuple[Expired, ...] = ()
    paused: str = ""
    replayed: str = ""
    fresh_from: datetime | None = None

    @property
    def events(self) -> int:
        """How many have come to their end; it never falls, whatever is replayed."""
        return self.acknowledged + self.expired

    def after(self, position: str, message: str, now: datetime) -> "Standing":
        """It acknowledged this one."""
        count = self.acknowledged + 1
        return replace(self, position=position, last=message, acknowledged_at=now, acknowledged=count)

    def without(self, position: str, lost: Expired) -> "Standing":
        """It never acknowledged this one; the next goes."""
        last = (*self.expired_last, lost)[-REMEMBERED:]
        return replace(self, position=position, expired=self.expired + 1, expired_last=last)

    def asked(self, replay: "Replay") -> "Standing":
        """An operator said where to go on; that ends a pause."""
        position = replay.position or self.position
        return replace(self, position=position, paused="", replayed=replay.id, fresh_from=replay.at)

    def at_url(self, url: str) -> "Standing":
        """Another address ends a pause: the file was put right. Only a digest is kept: a URL may hold a token."""
        digest = hashlib.sha256(url.encode()).hexdigest()[:16]
        return self if digest == self.url else replace(self, url=digest, paused="")


@dataclass(frozen=True, slots=True)
class Replay:
    """An operator's request: from this position on (empty: where it stands), everything counts as new."""

    id: str
    position: str
    at: datetime


@dataclass(slots=True)
class Book:
    """What the topic says of all partners."""

    standings: dict[str, Standing] = field(default_factory=dict)
    replays: dict[str, Replay] = field(default_factory=dict)

    def note(self, message: ConsumerRecord) -> str | None:
        """Take one message in; the partner whose replay it asks for, if it does. What cannot be read only repeats."""
        owner = (message.key or b"").decode(errors="replace")
        try:
            if owner.startswith(STANDING):
                self._stand(owner.removeprefix(STANDING), msgspec.json.decode(_value(message), type=Standing))
            elif owner.startswith(REPLAY):
                self.replays[owner.removeprefix(REPLAY)] = msgspec.json.decode(_value(message), type=Replay)
                return owner.removeprefix(REPLAY)
        except (Unreadable, msgspec.DecodeError):
            return None
        return None

    def _stand(self, partner: str, said: Standing) -> None:
        """What a former process says after its successor counts for nothing: it knows of fewer events."""
        known = self.standings.get(partner)
        if known is None or said.events >= known.events:
            self.standings[partner] = said


async def save(publisher: Publisher, partner: str, standing: Standing) -> None:
    """Returns once Kafka has it: only then may the next event go."""
    await _write(publisher, f"{STANDING}{partner}", msgspec.json.encode(standing).decode())


async def ask(publisher: Publisher, partner: str, replay: Replay) -> None:
    """Tell the role, wherever it runs."""
    await _write(publisher, f"{REPLAY}{partner}", msgspec.json.encode(replay).decode())


async def follow(where: Where, book: Book) -> AsyncIterator[str | None]:
    """Fill the book to the topic's end as it is now (yields None once), then yield partners that a replay is for."""
    consumer = await tail_consumer(where, where.name("cursors", None))
    try:
        ends = await consumer.end_offsets(list(consumer.assignment()))
        restored = False
        async for fetched in batches(consumer):
            asked = [book.note(message) for messages in fetched.values() for message in messages]
            if restored:
                for partner in filter(None, asked):
                    yield partner
            elif all([await consumer.position(part) >= end for part, end in ends.items()]):
                restored = True
                yield None
    finally:
        await consumer.stop()


def _value(message: ConsumerRecord) -> str:
    return _codec.decode(message.value).value


async def _write(publisher: Publisher, owner: str, value: str) -> None:
    now = now_utc()
    await publisher.send("cursors", owner, Cursor(owner, value, now, now))
