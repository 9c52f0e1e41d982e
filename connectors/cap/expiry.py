"""Messages whose own time is over: CAP's senders often let an alert expire and never cancel it. Pure.

What states a level is left in force: only its sender or another statement ends that, not the clock.
"""

import hashlib
from datetime import datetime

import msgspec

from connectors.cap.bulletins import Letter, over
from connectors.cap.replaced import Memory, Standing
from connectors.places import Places
from connectors.rows import FeedRow
from connectors.source import Polled
from schemas.records.observed import Bulletin

STATUS = "Expired"
NOTHING = hashlib.sha256(b"").hexdigest()
"""Of the bytes that say it: there are none, the message said so when it came."""


def expired(row: FeedRow, memory: Memory, places: Places, polled: Polled) -> tuple[Memory, tuple[Bulletin, ...]]:
    """What is over by this poll's event time, and the memory without it."""
    gone = {mark: one for mark, one in memory.standing.items() if _is_over(one, polled.at)}
    left = {mark: one for mark, one in memory.standing.items() if mark not in gone}
    found = [bulletin for one in gone.values() for bulletin in _over(row, one, places, polled)]
    return msgspec.structs.replace(memory, standing=left), tuple(found)


def _is_over(standing: Standing, at: datetime) -> bool:
    levels = any(held.level is not None for area in standing.areas.values() for held in area)
    return standing.expires is not None and standing.expires <= at and not levels


def _over(row: FeedRow, standing: Standing, places: Places, polled: Polled) -> list[Bulletin]:
    ends_at = standing.expires or standing.sent_at
    letter = Letter(
        canonical=f"{STATUS} {ends_at.isoformat()}",
        source=row.id,
        origin=polled.origin,
        url=row.url,
        raw_sha256=NOTHING,
        world=standing.world,
        event_id=standing.scope.rpartition(":")[2][:200],
        sender=standing.scope.split(":", 1)[1].rpartition(":")[0],
        received_at=polled.at,
        trace=polled.trace,
        made_at=polled.made_at,
    )
    return list(over(letter, places, standing, STATUS, ends_at))
