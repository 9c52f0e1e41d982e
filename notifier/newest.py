"""What workers ask before every send: is this revision still the newest, and may it still be sent?

The planner writes it before the first job of a revision.
A call is an order here, its id the order's: acknowledged or closed reads as halted.
"""

from dataclasses import dataclass
from datetime import datetime

from redis.asyncio import Redis
from redis.typing import EncodableT, FieldT

from notifier.store import raw, text
from schemas.records.base import World
from schemas.records.delivered import End


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest revision of one order, whether its sending was halted, and when (real time) its sending ends."""

    revision: int
    halted: bool
    deliver_until: datetime


def newest_key(namespace: str, world: World, order_id: str) -> str:
    """Hash in Redis."""
    return f"{namespace}{world}.order:{order_id}"


async def newest_of(redis: Redis, namespace: str, world: World, order_id: str) -> Newest | None:
    """The newest revision, or None if the planner has not (or, after Redis was lost, not yet) written one."""
    found = await redis.hmget(newest_key(namespace, world, order_id), "revision", "halted", "deliver_until")
    revision, halted, until = found
    if revision is None or halted is None or until is None:
        return None
    return Newest(int(revision), raw(halted) == b"1", datetime.fromisoformat(text(until)))


def fields_of(newest: Newest) -> dict[FieldT, EncodableT]:
    """As the hash holds it."""
    return {
        "revision": newest.revision,
        "halted": int(newest.halted),
        "deliver_until": newest.deliver_until.isoformat(),
    }


def stop_of(newest: Newest | None, revision: int, now: datetime) -> tuple[End, str] | None:
    """How what was planned of a revision, and never sent, ends now; None as long as it is to be sent."""
    if newest is None:
        return None
    if newest.revision > revision:
        return End.SUPERSEDED, "a newer revision took over before this was sent"
    if newest.halted and newest.revision == revision:
        return End.REFUSED, "the sending was halted before this was sent"
    if newest.deliver_until <= now:
        return End.EXPIRED, "its time of sending was over before this was sent"
    return None
