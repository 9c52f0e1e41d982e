"""What Redis knows of a job now: the newest revision of its order, and its recipients' entries in the index."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from redis.asyncio import Redis
from redis.exceptions import RedisError

from notifier.entries import Entry
from notifier.guard import Latest
from notifier.newest import newest_of
from notifier.pages import IndexIncomplete
from notifier.recipients import Broken, Opener, read_recipients
from schemas.process.log import get_logger
from schemas.records.base import World
from schemas.records.delivered import DeliveryJob

FRESH_S = 0.05
"""An answer about the newest revision is at most this old when it is used."""

AWAY_S = 10.0
"""A Redis that does not answer is waited for so long: who is under way is heard of meanwhile, and written down. Whoever
died with it instead would tell all of them twice."""

_INDEX_POLL_S, _AGAIN_S = 0.2, 0.1

Answer = TypeVar("Answer")


class StaleError(LookupError):
    """What is known of this order is too old to send on: ask again first."""


class Known:
    """Asks Redis; one per worker process and world. `steady` is any steady clock, in seconds."""

    def __init__(self, redis: Redis, opener: Opener, namespace: str, world: World, steady: Callable[[], float]) -> None:
        self._redis, self._opener = redis, opener
        self._namespace, self._world = namespace, world
        self._steady = steady
        self._latest: dict[str, tuple[float, Latest | None]] = {}
        self._away_since: float | None = None

    def latest(self, order_id: str) -> Latest | None:
        """The newest revision, None if nobody knows; raises StaleError if that was asked too long ago."""
        found = self._latest.get(order_id)
        if found is None or self._steady() - found[0] > FRESH_S:
            raise StaleError(order_id)
        return found[1]

    async def refresh(self, order_ids: Iterable[str]) -> None:
        """Ask for the newest revisions of exactly these orders; others are forgotten.

        While Redis is away what is known grows stale, and nobody may leave on it.
        """
        wanted, asked_at = list(order_ids), self._steady()
        try:
            found = await asyncio.gather(*map(self._newest, wanted))
        except RedisError as error:
            await self._missed(error)
            return
        self._latest = {name: (asked_at, latest) for name, latest in zip(wanted, found, strict=True)} | {
            name: known for name, known in self._latest.items() if known[0] >= asked_at and name not in wanted
        }

    async def ask(self, order_id: str) -> Latest | None:
        """The newest revision, asked now."""
        asked_at = self._steady()
        latest = await self._newest(order_id)
        self._latest[order_id] = asked_at, latest
        return latest

    async def patiently(self, questions: Callable[[], Awaitable[Answer]]) -> Answer:
        """The answer to all of these questions; from the first one again while Redis is away, for AWAY_S."""
        while True:
            try:
                return await questions()
            except RedisError as error:
                await self._missed(error)

    async def recipients(self, job: DeliveryJob, names: list[str]) -> dict[str, Entry | Broken]:
        """Those of a job's recipients who are still subscribed. Waits for a whole index: a lost one is not `gone`."""
        place = job.municipality, job.bucket
        while True:
            try:
                return await read_recipients(self._redis, self._opener, self._namespace, *place, names)
            except IndexIncomplete:
                await asyncio.sleep(_INDEX_POLL_S)

    async def _newest(self, order_id: str) -> Latest | None:
        """What an emptied Redis does not know any more stands until it knows again."""
        found = await newest_of(self._redis, self._namespace, self._world, order_id)
        self._away_since = None
        if found is None:
            return self._latest.get(order_id, (0.0, None))[1]
        return Latest(found.revision, found.halted, found.deliver_until)

    async def _missed(self, error: RedisError) -> None:
        """Redis did not answer; raises the error if it has been away for AWAY_S."""
        now = self._steady()
        if self._away_since is None:
            get_logger().warning("Redis does not answer: nobody is sent to until it does", error=str(error))
            self._away_since = now
        if now - self._away_since > AWAY_S:
            raise error
        await asyncio.sleep(_AGAIN_S)
