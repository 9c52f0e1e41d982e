"""What of each beat came through (Kafka client: aiokafka): the topics of the test world, and partners' heartbeats."""

from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.structs import ConsumerRecord

from console.beat.feed import number_of
from console.beat.partners import PREFIX
from console.beat.rounds import Rounds
from schemas.codec import Codec, Unreadable, WrongWorld, record_types
from schemas.kafka import Where, answers, tail_consumer
from schemas.process.clock import now_utc
from schemas.process.metrics import DEAD_LETTERED
from schemas.records.base import World
from schemas.records.decided import Call
from schemas.records.delivered import End, JobOutcome
from schemas.records.observed import Bulletin
from schemas.records.plumbing import Heartbeat
from schemas.topics import topic

READ = ("bulletins", "detections", "recommendations", "calls", "outcomes")
POLL_MS = 500


class Tail:
    """From now on: what was before this process began is not asked for."""

    def __init__(self, where: Where, municipality: str, rounds: Rounds) -> None:
        self.partners: dict[str, Heartbeat] = {}
        self._where, self._municipality, self._rounds = where, municipality, rounds
        self._consumer: AIOKafkaConsumer | None = None
        self._names = {where.name(name, World.TEST): name for name in READ}
        self._names[where.name("heartbeats", None)] = "heartbeats"
        self._codecs: dict[str, Codec[Any]] = {
            physical: Codec(record_types()[topic(name).record], None if topic(name).once else World.TEST)
            for physical, name in self._names.items()
        }

    async def answers(self) -> bool:
        """Whether it follows, and Kafka answers."""
        return self._consumer is not None and await answers(self._consumer._client)

    async def follow(self) -> None:
        """Until cancelled."""
        consumer = self._consumer = await tail_consumer(self._where, *self._names, from_start=False)
        try:
            while True:
                for messages in (await consumer.getmany(timeout_ms=POLL_MS)).values():
                    for message in messages:
                        self._take(message)
        finally:
            await consumer.stop()

    def _take(self, message: ConsumerRecord) -> None:
        """Whoever works with a record parks what cannot be read; here it is only counted."""
        name = self._names[message.topic]
        try:
            record = self._codecs[message.topic].decode(message.value)
        except (Unreadable, WrongWorld) as error:
            DEAD_LETTERED.labels(message.topic, type(error).__name__).inc()
            return
        if isinstance(record, Heartbeat):
            if record.source.startswith(PREFIX):
                self.partners[record.source] = record
        elif isinstance(record, JobOutcome) or record.municipality == self._municipality:
            self._note(name, record)

    def _note(self, name: str, record: object) -> None:
        now = now_utc()
        match record:
            case Bulletin():
                number = number_of(record.url)
                if number is not None:
                    self._rounds.bulletin(number, record.trace.id, now)
            case Call():
                self._rounds.call(record.id, record.trace.id, now)
            case JobOutcome():  # a call's lie under its place, not under the municipality: the trace finds them
                if any(end.end is End.ACCEPTED for end in record.ends):
                    self._rounds.hop(name, record.trace.id, now)
            case _:
                self._rounds.hop(name, record.trace.id, now)  # type: ignore[attr-defined]  # every record has a trace
