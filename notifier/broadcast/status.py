"""How each partner that follows the event stream does: it takes what is sent, or it does not."""

import asyncio
from datetime import datetime

from notifier.broadcast.line import Socket, Sockets
from notifier.partner_pulse import PartnerState, pause_s, send_beats
from schemas.kafka import Publisher
from schemas.process.clock import now_utc


async def beat_streams(sockets: Sockets, publisher: Publisher, every_s: float) -> None:
    """Beat until cancelled for every partner that has a line open here. Another process beats for its own lines."""
    while True:
        now = now_utc()
        states = [stream_state(partner, lines, now) for partner, lines in sorted(sockets.by_partner().items())]
        await send_beats(publisher, states)
        await asyncio.sleep(pause_s(len(states), every_s))


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
