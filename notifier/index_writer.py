"""Moves of subscribers into one generation of the index, with the offsets that they include, in one transaction."""

from collections.abc import Iterable, Mapping, Sequence

from redis.asyncio import Redis
from redis.asyncio.client import Pipeline
from redis.typing import EncodableT, FieldT

from notifier.pages import Keys, bucket_of, changes, encode_entry, encode_match, pointer
from notifier.plan import Match
from notifier.store import raw, text
from notifier.subscriptions.placing import Known, Move, decode_known, encode_known

CHANGES_KEPT = 100_000
_SCANNED = 1000


async def read_known(redis: Redis, keys: Keys, subscribers: Sequence[str]) -> dict[str, Known]:
    """What one generation knows of these subscribers; who is not in it is absent."""
    if not subscribers:
        return {}
    found = await redis.hmget(keys.where(), list(subscribers))
    return {name: decode_known(raw(one)) for name, one in zip(subscribers, found, strict=True) if one is not None}


class IndexReplaced(RuntimeError):
    """Another generation is current, or Redis was emptied under us: start anew."""


class IndexWriter:
    """Writes one generation. `serving` says whether it is the current one, or still being built."""

    def __init__(self, redis: Redis, keys: Keys, serving: bool) -> None:
        self.redis, self.keys, self.serving = redis, keys, serving

    async def known(self, subscribers: Sequence[str]) -> dict[str, Known]:
        """What the index knows of these; who is not in it is absent."""
        return await read_known(self.redis, self.keys, subscribers)

    async def apply(self, moves: Iterable[Move], offsets: Mapping[int, int], topic_id: str) -> None:
        """All of these moves and the next offsets to read, or nothing. Raises IndexReplaced."""
        pipe = self.redis.pipeline(transaction=True)
        pipe.get(pointer(self.keys.namespace))
        for move in moves:
            self._move(pipe, move)
        fields: dict[FieldT, EncodableT] = {"topic_id": topic_id}
        fields.update({str(partition): offset for partition, offset in offsets.items()})
        pipe.hset(self.keys.state(), mapping=fields)
        current = (await pipe.execute())[0]
        if self.serving and (current is None or text(current) != self.keys.generation):
            raise IndexReplaced("the index that this process wrote is no longer the current one")

    async def serve(self) -> None:
        """Make this generation the current one, tell the planners, and drop all others."""
        pipe = self.redis.pipeline(transaction=True)
        pipe.set(pointer(self.keys.namespace), self.keys.generation)
        pipe.xadd(changes(self.keys.namespace), {"generation": self.keys.generation}, maxlen=CHANGES_KEPT)
        await pipe.execute()
        self.serving = True
        await self._drop_others()

    async def hosts(self) -> dict[str, int]:
        """Subscribers per push service."""
        found = await self.redis.hgetall(self.keys.hosts())
        return {text(host): int(count) for host, count in found.items()}

    def _move(self, pipe: Pipeline, move: Move) -> None:
        name, bucket = move.subscriber, bucket_of(move.subscriber)
        for place in move.leaves:
            pipe.hdel(self.keys.page(place, bucket), name)
            pipe.hdel(self.keys.match(place, bucket), name)
        for place, entry in move.enters.items():
            pipe.hset(self.keys.page(place, bucket), name, encode_entry(entry))
            pipe.hset(self.keys.match(place, bucket), name, encode_match(Match(entry.areas, entry.drills)))
        if move.before is not None:
            pipe.hincrby(self.keys.hosts(), move.before.host, -1)
        if move.known is None:
            pipe.hdel(self.keys.where(), name)
            return
        pipe.hincrby(self.keys.hosts(), move.known.host, 1)
        pipe.hset(self.keys.where(), name, encode_known(move.known))
        if self.serving:
            news: dict[FieldT, EncodableT] = {"subscriber": name, "places": " ".join(move.came)}
            pipe.xadd(changes(self.keys.namespace), news, maxlen=CHANGES_KEPT)

    async def _drop_others(self) -> None:
        kept = (f"{self.keys.namespace}index:{self.keys.generation}:", pointer(""), changes(""))
        async for key in self.redis.scan_iter(match=f"{self.keys.namespace}index:*", count=_SCANNED):
            name = text(key)
            if not name.startswith(kept[0]) and not name.endswith(kept[1:]):
                await self.redis.unlink(name)
