"""What Redis knows about a delivery: the newest revision, the pages' entries, and the ends that were already reached.

The memory of ends fails open: without it a device may be told twice (the push topic and the notification's tag make
one of it), never not at all.
"""

import asyncio
import time
from collections.abc import Iterable

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError

from notifier import store
from notifier.guard import Latest
from notifier.newest import newest_of
from notifier.pages import Entry, IndexIncomplete, read_entries
from schemas.process.log import get_logger
from schemas.process.metrics import DEDUP_ERRORS
from schemas.records.base import World
from schemas.records.delivered import DeliveryJob, RecipientEnd

FRESH_S = 0.05
"""An answer about the newest revision is at most this old when it is used."""

KEPT_S = 2 * 86_400
"""As long as the job topics keep a job that could be repeated."""

_INDEX_POLL_S = 0.2
_ENDS = msgspec.msgpack.Decoder(RecipientEnd)


class Known:
    """Asks Redis; one per worker process and world."""

    def __init__(self, redis: Redis, namespace: str, world: World) -> None:
        self._redis = redis
        self._namespace = namespace
        self._world = world
        self._latest: dict[str, tuple[float, Latest | None]] = {}
        self._asking: dict[str, asyncio.Task[Latest | None]] = {}

    async def latest(self, order_id: str) -> Latest | None:
        """The newest revision known, or None; asked anew when the last answer is older than FRESH_S."""
        found = self._latest.get(order_id)
        if found is not None and time.monotonic() - found[0] < FRESH_S:
            return found[1]
        asking = self._asking.get(order_id)
        if asking is None:
            asking = self._asking[order_id] = asyncio.create_task(self._ask(order_id))
        return await asyncio.shield(asking)

    async def entries(self, job: DeliveryJob) -> dict[str, Entry]:
        """The job's recipients who are still subscribed. Waits for a complete index: a lost one does not mean gone."""
        while True:
            try:
                return await read_entries(self._redis, self._namespace, job.municipality, job.bucket, job.recipients)
            except IndexIncomplete:
                await asyncio.sleep(_INDEX_POLL_S)

    async def ends(self, job: DeliveryJob) -> dict[str, RecipientEnd]:
        """The ends that recipients of this job already reached for this very revision."""
        try:
            raw = await self._redis.hmget(self._ends_key(job), list(job.recipients))
        except RedisError as error:
            _failed_open("ends could not be read", error)
            return {}
        found = zip(job.recipients, raw, strict=True)
        return {name: _ENDS.decode(store.raw(one)) for name, one in found if one is not None}

    async def remember(self, job: DeliveryJob, ends: Iterable[RecipientEnd]) -> None:
        """Keep these ends for as long as the job could come again."""
        key = self._ends_key(job)
        pipe = self._redis.pipeline(transaction=False)
        for end in ends:
            pipe.hsetnx(key, end.subscriber, msgspec.msgpack.encode(end))
        pipe.expire(key, KEPT_S)
        try:
            await pipe.execute()
        except RedisError as error:
            _failed_open("ends could not be remembered", error)

    async def _ask(self, order_id: str) -> Latest | None:
        try:
            found = await newest_of(self._redis, self._namespace, self._world, order_id)
        finally:
            self._asking.pop(order_id, None)
        latest = None if found is None else Latest(found.revision, found.halted, found.deliver_until)
        if len(self._latest) > 1000:  # orders of a whole prefecture are dozens
            self._latest.clear()
        self._latest[order_id] = (time.monotonic(), latest)
        return latest

    def _ends_key(self, job: DeliveryJob) -> str:
        return f"{self._namespace}{self._world}.ends:{job.order_id}:{job.revision}"


def _failed_open(what: str, error: RedisError) -> None:
    DEDUP_ERRORS.inc()
    get_logger().warning(what, error=str(error))
