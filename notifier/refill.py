"""Role `refill`: a single-use key agreement for every subscriber who has none, made while nobody is being told.

Any number of these may run. A running fan-out stops them within milliseconds; then new messages get fresh keys.
"""

import asyncio
import os
import time
from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis

from notifier.index_seal import Opener, opener_of
from notifier.pages import IndexIncomplete, Keys, busy_key, current_generation, pointer
from notifier.polling import stop_if_cancelled
from notifier.prekeys import Made, lacking, make, rest_s
from notifier.pulse import beat
from notifier.settings import NotifierSettings
from notifier.store import connect, raw
from notifier.taking import LIFE
from schemas.kafka import Publisher, Where
from schemas.process.health import Health
from schemas.process.log import get_logger
from schemas.process.metrics import PREKEYS, PREKEYS_READY

CHUNK = 32
"""Agreements between two looks at whether a fan-out runs: about 2 ms."""

SWEEP_S, COUNT_S, IDLE_S = 3600.0, 60.0, 0.5
NICENESS = 10
_PIPED = 512

_STORE = (
    LIFE
    + """
if life() ~= ARGV[#ARGV - 1] then return 0 end
local stored, stale, at = 0, 0, 1
while at < #ARGV - 1 do
  local entry = redis.call('HGET', KEYS[1], ARGV[at])
  if entry and string.sub(entry, 1, #ARGV[at + 1]) == ARGV[at + 1] then
    stored = stored + redis.call('HSETNX', KEYS[2], ARGV[at], ARGV[at + 2])
  elseif entry then stale = stale + 1 end
  at = at + 3
end
if stale > 0 then redis.call('SADD', KEYS[3], ARGV[#ARGV]) end
return stored
"""
)


_BEGIN = (
    LIFE
    + """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return false end
local now = life()
local fresh = redis.call('GET', KEYS[2]) == now
if not fresh then
  for page = 0, tonumber(ARGV[3]) - 1 do redis.call('UNLINK', ARGV[2] .. string.format('%x', page)) end
  redis.call('SET', KEYS[2], now)
end
return {now, fresh and 1 or 0}
"""
)


_MARK = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('SADD', KEYS[2], unpack(ARGV, 2))
"""


def connect_once(url: str) -> Redis:
    """A client that never says a thing twice: an agreement stored again after it was used would be used twice."""
    return connect(url, repeats=0)


class Refiller:
    """Makes what is missing, one page at a time. `share` of a core is what it takes at most."""

    def __init__(self, redis: Redis, opener: Opener, namespace: str, share: float) -> None:
        self._redis, self._opener, self._namespace, self._share = redis, opener, namespace, share
        self._store, self._mark = redis.register_script(_STORE), redis.register_script(_MARK)
        self._begin = redis.register_script(_BEGIN)
        self._swept: tuple[str, float] = ("", 0.0)
        self._counted_at = 0.0

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                worked = await self.turn()
            except IndexIncomplete:
                worked = False
            stop_if_cancelled()
            if not worked:
                await asyncio.sleep(IDLE_S)

    async def turn(self) -> bool:
        """One page, if one is thin and nobody is being told. Returns whether there was anything to do."""
        keys = await current_generation(self._redis, self._namespace)
        if await self._busy():
            return False
        life = await self._life(keys)
        await self._sweep(keys)
        page: Any = await self._redis.spop(keys.thin())
        if page is None:
            await self._count(keys)
            return False
        await self._fill(keys, life, int(page))
        return True

    async def _fill(self, keys: Keys, life: bytes, page: int) -> None:
        pipe = self._redis.pipeline(transaction=True)
        pipe.hkeys(keys.entries(page))
        pipe.hkeys(keys.agreements(page))
        entries, ready = await pipe.execute()
        wanted = lacking(entries, ready)
        for start in range(0, len(wanted), CHUNK):
            if await self._busy():
                await self._thin(keys, [page])
                return
            await self._make(keys, life, page, wanted[start : start + CHUNK])

    async def _make(self, keys: Keys, life: bytes, page: int, names: Sequence[bytes]) -> None:
        found = await self._redis.hmget(keys.entries(page), list(names))
        entries = {name: raw(one) for name, one in zip(names, found, strict=True) if one is not None}
        began = time.process_time()
        made = make(self._opener.of(keys), life, entries, os.urandom)
        if made:
            PREKEYS.labels("made").inc(await self.store(keys, life, page, made))
        await asyncio.sleep(rest_s(time.process_time() - began, self._share))

    async def store(self, keys: Keys, life: bytes, page: int, made: Sequence[Made]) -> int:
        """Put these where nothing lies, for entries that are still the same; returns how many were."""
        words: list[Any] = []
        for one in made:
            words += [one.name, one.entry_nonce, one.sealed]
        names = [keys.entries(page), keys.agreements(page), keys.thin()]
        return int(await self._store(keys=names, args=[*words, life, page]))

    async def _life(self, keys: Keys) -> bytes:
        """The present life of Redis. What was agreed on in another one cannot be opened: it makes room."""
        begun = await self._begin(
            keys=[pointer(keys.namespace), keys.life()],
            args=[keys.generation, keys.all_agreements(), 1 << keys.bits],
        )
        if begun is None:
            raise IndexIncomplete("another generation took its place")
        life, fresh = begun
        if not fresh:
            self._swept = "", 0.0
        return raw(life)

    async def _busy(self) -> bool:
        return bool(await self._redis.exists(busy_key(self._namespace)))

    async def _sweep(self, keys: Keys) -> None:
        """Look through every page at the start, after a swap, and hourly: whoever died may have left some thin."""
        generation, at = self._swept
        if generation == keys.generation and time.monotonic() - at < SWEEP_S:
            return
        pages = list(range(1 << keys.bits))
        for start in range(0, len(pages), _PIPED):
            await self._thin(keys, pages[start : start + _PIPED])
        self._swept = keys.generation, time.monotonic()

    async def _thin(self, keys: Keys, pages: Sequence[int]) -> None:
        """Mark pages to be filled; in a generation that was replaced meanwhile nothing is written any more."""
        await self._mark(keys=[pointer(keys.namespace), keys.thin()], args=[keys.generation, *pages])

    async def _count(self, keys: Keys) -> None:
        if time.monotonic() - self._counted_at < COUNT_S:
            return
        ready = 0
        for start in range(0, 1 << keys.bits, _PIPED):
            pipe = self._redis.pipeline(transaction=False)
            for page in range(start, min(start + _PIPED, 1 << keys.bits)):
                pipe.hlen(keys.agreements(page))
            ready += sum(await pipe.execute())
        PREKEYS_READY.set(ready)
        self._counted_at = time.monotonic()


async def body(settings: NotifierSettings, health: Health) -> None:
    """Refill until cancelled."""
    os.nice(NICENESS)
    redis, publisher = connect_once(settings.redis_url), Publisher(Where.of(settings))
    await publisher.start()
    health.checks |= {"redis": redis.ping, "kafka": publisher.answers}
    opener = opener_of(settings.sealing_key, settings.listed("sealing_keys_old"))
    get_logger().info("refilling", share=settings.refill_share)
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(Refiller(redis, opener, settings.namespace, settings.refill_share).run())
            group.create_task(beat("refill", None, settings, health, publisher))
    finally:
        await publisher.stop()
        await redis.aclose()
