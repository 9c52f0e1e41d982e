"""One process of a role: whoever holds the lease writes; a former holder's writes are refused by Redis itself.

The lease decides when another one may begin. Safety does not hang on its clock: each write names its writer's
token, and Redis compares it in the same step. What leaves for Kafka follows from what was written here before, so a
former holder that wakes up in the middle can only repeat what its successor sends anyway.
"""

import asyncio
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from redis.asyncio import Redis
from redis.exceptions import ResponseError
from redis.typing import EncodableT

from notifier.store import text

LEASE_S, RENEW_S, LOOK_S = 2.0, 0.5, 0.1
"""A killed holder's place is free after 2 s at the latest: its successor needs half of that to start."""

Command = Sequence[EncodableT]


class Newer(NamedTuple):
    """What a write is about: the hash of an order, and the revision and time (µs) of the record that is written."""

    key: str
    revision: int
    made_us: int


class Fenced(RuntimeError):
    """Another process took over, or Redis was emptied: this process must not write any more."""


class Fence:
    """The right of one role under one prefix. `token` is unlike any other holder's."""

    def __init__(self, redis: Redis, prefix: str, token: str, role: str = "planner") -> None:
        self._redis, self._token = redis, token
        self._lease, self._holder = f"{prefix}{role}-lease", f"{prefix}{role}"
        self._why = f"another {role} took over, or Redis was emptied: this one stops"
        self._write = redis.register_script(_WRITE)
        self._take = redis.register_script(_TAKE)
        self._free = redis.register_script(_FREE)

    async def take(self) -> None:
        """Wait until no other holds the lease, then hold it: from now on only this token writes."""
        mine: list[EncodableT] = [self._token, int(LEASE_S * 1000)]
        while not await self._take(keys=[self._lease, self._holder], args=mine):  # noqa: ASYNC110 - Redis sets no event
            await asyncio.sleep(LOOK_S)

    async def keep(self) -> None:
        """Renew the lease until cancelled; raises Fenced."""
        while True:
            await asyncio.sleep(RENEW_S)
            await self.write([("SET", self._lease, self._token, "PX", int(LEASE_S * 1000))])

    async def release(self) -> None:
        """Give the lease up, if it is still ours: the next one need not wait."""
        await self._free(keys=[self._lease], args=[self._token])

    async def check(self) -> None:
        """Raises Fenced."""
        holder = await self._redis.get(self._holder)
        if holder is None or text(holder) != self._token:
            raise Fenced(self._why)

    async def write(self, commands: Iterable[Command], about: Newer | None = None) -> bool:
        """All of these commands in one step, or none. Raises Fenced.

        With `about` nothing is written, and the answer is False, where something newer lies there already.
        """
        keys: list[str] = [self._holder]
        args: list[EncodableT] = [self._token]
        if about is not None:
            keys, args = [self._holder, about.key], [self._token, about.revision, about.made_us]
        for command in commands:
            args += [len(command), *command]
        try:
            return bool(await self._write(keys=keys, args=args))
        except ResponseError as error:
            if "FENCED" in str(error):
                raise Fenced(self._why) from error
            raise


_WRITE = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return redis.error_reply('FENCED another holder') end
local at = 2
if KEYS[2] then
  local known = redis.call('HMGET', KEYS[2], 'revision', 'made_us')
  local revision, made = tonumber(known[1] or -1), tonumber(known[2] or 0)
  if revision > tonumber(ARGV[2]) then return 0 end
  if revision == tonumber(ARGV[2]) and made > tonumber(ARGV[3]) then return 0 end
  at = 4
end
while at <= #ARGV do
  local count = tonumber(ARGV[at])
  redis.call(unpack(ARGV, at + 1, at + count))
  at = at + count + 1
end
return 1
"""

_TAKE = """
if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 0 end
redis.call('SET', KEYS[2], ARGV[1])
return 1
"""

_FREE = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1
"""
