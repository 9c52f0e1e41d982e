"""The link test's beats (Kafka client: aiokafka), which every partner is told of, whatever else it follows."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

import msgspec

from notifier.polling import batches
from schemas.codec import Codec, Unreadable, WrongWorld
from schemas.kafka import Where, tail_consumer
from schemas.levels import DRILL_MARK
from schemas.records.base import World
from schemas.records.judged import Recommendation

KIND = "heartbeat"


@dataclass(frozen=True, slots=True)
class Beat:
    """One test message that came as far as *watch*; `at` is real time."""

    id: str
    at: datetime

    @property
    def data(self) -> str:
        """Its JSON: no partner can take it for anything real."""
        mark = DRILL_MARK[World.TEST]
        said = {"kind": KIND, "world": World.TEST, "mark": mark, "id": self.id, "at": self.at}
        return msgspec.json.encode(said).decode()


async def beats(where: Where, municipality: str) -> AsyncIterator[Beat]:
    """From now on, until cancelled. `municipality` is the link test's own (SONAE_BEAT_MUNICIPALITY)."""
    codec = Codec(Recommendation, World.TEST)
    consumer = await tail_consumer(where, where.name("recommendations", World.TEST), from_start=False)
    try:
        async for fetched in batches(consumer):
            for message in (message for messages in fetched.values() for message in messages):
                try:
                    record = codec.decode(message.value)
                except (Unreadable, WrongWorld):
                    continue  # the event stream's tail reads the same message, and counts it
                if record.municipality == municipality:
                    yield Beat(record.id, record.made_at)
    finally:
        await consumer.stop()
