"""Who may write the index: only the indexer that started last.

It takes a number from Redis when it starts, and every transaction depends on it.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Self

from redis.asyncio import Redis
from redis.asyncio.client import Pipeline
from redis.exceptions import WatchError

from notifier.pages import FORMER_LAYOUTS, LAYOUT, Keys, busy_key, changes, pointer, writer_key
from notifier.store import text

LOOK_S = 0.5
_SCANNED = 1000


class IndexReplaced(RuntimeError):
    """Another generation is current, another indexer took over, or Redis was emptied under us: start anew."""


class Turn:
    """One indexer's right to write the index of a namespace."""

    def __init__(self, redis: Redis, namespace: str, number: int) -> None:
        self.redis, self.namespace = redis, namespace
        self._number = number

    @classmethod
    async def take(cls, redis: Redis, namespace: str) -> Self:
        """From now on whoever took a turn before writes nothing more."""
        return cls(redis, namespace, int(await redis.incr(writer_key(namespace))))

    async def keep(self) -> None:
        """Look whether it still is ours, until cancelled; raises IndexReplaced.

        A Redis that was emptied holds no index: whoever waited for the next subscriber to notice would leave everybody
        without orders until then.
        """
        while True:
            self._ours(await self.redis.get(writer_key(self.namespace)))
            await asyncio.sleep(LOOK_S)

    @contextlib.asynccontextmanager
    async def step(self, serving: Keys | None) -> AsyncIterator[Pipeline]:
        """What the block puts into the pipe, in one transaction, or nothing; `serving` must still be the current one.

        Raises IndexReplaced, also where somebody takes a turn between our look and the transaction.
        """
        async with self.redis.pipeline(transaction=True) as pipe:
            await self._check(pipe, serving)
            pipe.multi()  # type: ignore[no-untyped-call]  # redis-py leaves it without types
            yield pipe
            try:
                await pipe.execute()
            except WatchError as error:
                raise IndexReplaced("another indexer took over while this one wrote: it stops") from error

    async def drop_others(self, kept: Keys, serving: bool) -> None:
        """Forget what was left behind: all but `kept` and, until that one serves, the current one."""
        current = text(await self.redis.get(pointer(self.namespace)) or b"")
        ours = tuple(f"{self.namespace}{LAYOUT}:{name}:" for name in (kept.generation, current) if name)
        ours += (pointer(self.namespace), changes(self.namespace), writer_key(self.namespace), busy_key(self.namespace))
        for layout in (*FORMER_LAYOUTS, LAYOUT) if serving else (LAYOUT,):
            async for names in self._names(f"{self.namespace}{layout}:*"):
                left = [name for name in names if not name.startswith(ours)]
                if left:
                    async with self.step(kept if serving else None) as pipe:
                        pipe.unlink(*left)

    async def _check(self, pipe: Pipeline, serving: Keys | None) -> None:
        watched = [writer_key(self.namespace), pointer(self.namespace)]
        await pipe.watch(*watched)
        number, current = await pipe.mget(watched)
        self._ours(number)
        if serving is not None and (current is None or text(current) != serving.generation):
            raise IndexReplaced("the index that this process wrote is no longer the current one")

    def _ours(self, number: bytes | str | None) -> None:
        if number is None or int(number) != self._number:
            raise IndexReplaced("another indexer took over, or Redis was emptied: this process stops writing")

    async def _names(self, pattern: str) -> AsyncIterator[list[str]]:
        cursor, begun = 0, False
        while cursor or not begun:
            cursor, found = await self.redis.scan(cursor, match=pattern, count=_SCANNED)
            begun = True
            yield [text(name) for name in found]
