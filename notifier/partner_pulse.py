"""How a partner does on one way, as heartbeat `partner:<id>:<way>`: no beat means that nobody follows."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from aiokafka.errors import KafkaError

from schemas.kafka import Publisher
from schemas.process.clock import now_utc
from schemas.process.log import get_logger
from schemas.records.plumbing import Heartbeat

AT_ONCE = 100
BEATS_A_S = 20
"""The desk reads every heartbeat: two thousand partners beat more rarely, each still within its three minutes."""


@dataclass(frozen=True, slots=True)
class PartnerState:
    """What is known of a partner on one way: `records` events it took, `expired` that it never acknowledged.

    `succeeded_at`: when it last had everything; `content_at`: when it last took an event.
    """

    partner: str
    way: str
    state: str
    text: str
    tried_at: datetime | None = None
    succeeded_at: datetime | None = None
    content_at: datetime | None = None
    records: int = 0
    expired: int = 0


def heartbeat_of(state: PartnerState, now: datetime) -> Heartbeat:
    """The record; `now` is real time."""
    return Heartbeat(
        source=f"partner:{state.partner}:{state.way}",
        program="notifier",
        world=None,
        state=state.state,
        text=state.text,
        tried_at=state.tried_at,
        succeeded_at=state.succeeded_at,
        content_at=state.content_at,
        records=state.records,
        parked=state.expired,
        at=now,
        made_at=now,
    )


def pause_s(partners: int, every_s: float) -> float:
    """Seconds until the next round of beats."""
    return max(every_s, partners / BEATS_A_S)


async def send_beats(publisher: Publisher, states: Iterable[PartnerState]) -> None:
    """One beat each, AT_ONCE under way; what Kafka refuses is missed."""
    beats = [heartbeat_of(state, now_utc()) for state in states]
    try:
        for first in range(0, len(beats), AT_ONCE):
            sent = [await publisher.begin("heartbeats", beat.source, beat) for beat in beats[first : first + AT_ONCE]]
            await asyncio.gather(*sent)
    except KafkaError as error:
        get_logger().warning("heartbeats not written", error=type(error).__name__)
