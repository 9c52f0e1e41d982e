"""How each partner does, as heartbeats `partner:<id>:<way>`: no beat means that it no longer follows."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from aiokafka.errors import KafkaError

from notifier.broadcast.line import Socket, Sockets
from notifier.pulse import EVERY_S
from schemas.kafka import Publisher
from schemas.process.clock import now_utc
from schemas.process.log import get_logger
from schemas.records.plumbing import Heartbeat


@dataclass(frozen=True, slots=True)
class PartnerState:
    """What is known of a partner on one way: `records` events it took, `expired` that it never acknowledged."""

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


async def send_beat(publisher: Publisher, state: PartnerState) -> None:
    """One beat; one that Kafka refuses is missed."""
    beat = heartbeat_of(state, now_utc())
    try:
        await publisher.send("heartbeats", beat.source, beat)
    except KafkaError as error:
        get_logger().warning("heartbeat not written", error=type(error).__name__)


async def beat_streams(sockets: Sockets, publisher: Publisher) -> None:
    """Beat until cancelled for every partner that has a line open here. Another process beats for its own lines."""
    while True:
        for partner, open_ones in sorted(sockets.by_partner().items()):
            await send_beat(publisher, stream_state(partner, open_ones, now_utc()))
        await asyncio.sleep(EVERY_S)


def stream_state(partner: str, lines: list[Socket], now: datetime) -> PartnerState:
    """Failing when nothing that we sent is taken, on any line."""
    stuck = all(line.stuck_since is not None for line in lines)
    told_at = max((line.told_at for line in lines if line.told_at is not None), default=None)
    return PartnerState(
        partner=partner,
        way="sse",
        state="failing" if stuck else "ok",
        text="takes nothing of what was sent" if stuck else f"{len(lines)} lines open",
        tried_at=now,
        succeeded_at=None if stuck else now,
        content_at=told_at,
        records=sum(line.told for line in lines),
    )
