"""Which recipients of a job already have an end, in Redis: a few bytes each, in one value per job id.

The memory fails open: without it a device may be told twice (the push topic and the notification's tag make one of
it), never not at all.
"""

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from redis.asyncio import Redis
from redis.exceptions import RedisError

from notifier.store import raw
from schemas.process.log import get_logger
from schemas.process.metrics import DEDUP_ERRORS
from schemas.records.base import World
from schemas.records.delivered import End

KEPT_S = 2 * 86_400
"""As long as the job topics keep a job that could be repeated."""

_HEAD = struct.Struct("<BHqHH")
_ENDS = tuple(End)
_HANDED_ON = 255
_EPOCH, _MICRO = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
_MOST, _LONGEST_DETAIL = 0xFFFF, 600


@dataclass(frozen=True, slots=True)
class Alike:
    """Recipients who ended alike at one moment. `end` None: they went on in a job of `jobs-retry`, acknowledged."""

    names: tuple[str, ...]
    end: End | None
    status: int | None
    detail: str | None
    at: datetime


def packed(alike: Alike, places: Mapping[str, int]) -> bytes:
    """As it is appended to a job's value; `places` are the recipients' positions in the job."""
    end = _HANDED_ON if alike.end is None else _ENDS.index(alike.end)
    detail = (alike.detail or "").encode()[:_LONGEST_DETAIL]
    micros = (alike.at - _EPOCH) // _MICRO
    parts = []
    for start in range(0, len(alike.names), _MOST):
        names = alike.names[start : start + _MOST]
        parts.append(_HEAD.pack(end, alike.status or 0, micros, len(detail), len(names)) + detail)
        parts.append(struct.pack(f"<{len(names)}I", *map(places.__getitem__, names)))
    return b"".join(parts)


def unpacked(value: bytes, recipients: Sequence[str]) -> Iterator[Alike]:
    """What was appended; whatever cannot be read is not known."""
    at = 0
    while at + _HEAD.size <= len(value):
        end, status, micros, told, count = _HEAD.unpack_from(value, at)
        start = at + _HEAD.size + told
        at = start + 4 * count
        known = end == _HANDED_ON or end < len(_ENDS)
        if not known or at > len(value):
            return
        places = struct.unpack_from(f"<{count}I", value, start)
        detail = value[start - told : start].decode(errors="replace") or None
        names = tuple(recipients[place] for place in places if place < len(recipients))
        moment = _EPOCH + timedelta(microseconds=micros)
        yield Alike(names, None if end == _HANDED_ON else _ENDS[end], status or None, detail, moment)


class Remembered:
    """Reads and appends; one per worker process and world."""

    def __init__(self, redis: Redis, namespace: str, world: World) -> None:
        self._redis = redis
        self._prefix = f"{namespace}{world}.ends:"

    async def of(self, job_id: str, recipients: Sequence[str]) -> list[Alike]:
        """What recipients of this job already came to."""
        try:
            value = await self._redis.get(self._prefix + job_id)
        except RedisError as error:
            _failed_open("ends could not be read", error)
            return []
        return [] if value is None else list(unpacked(raw(value), recipients))

    async def keep(self, notes: Mapping[str, bytes]) -> None:
        """Append to the values of these job ids, and keep them as long as the jobs could come again."""
        pipe = self._redis.pipeline(transaction=False)
        for job_id, note in notes.items():
            pipe.append(self._prefix + job_id, note)
            pipe.expire(self._prefix + job_id, KEPT_S)
        try:
            await pipe.execute()
        except RedisError as error:
            _failed_open("ends could not be remembered", error)


def _failed_open(what: str, error: RedisError) -> None:
    DEDUP_ERRORS.inc()
    get_logger().warning(what, error=str(error))
