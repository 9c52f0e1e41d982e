"""Moves of subscribers into one generation of the index, with the offsets that they include, in one transaction."""

import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

from redis.asyncio.client import Pipeline
from redis.typing import EncodableT, FieldT

from notifier.entries import Known, pack, unpack
from notifier.index_seal import Seals
from notifier.index_turn import Turn
from notifier.matches import Kinds, encode_kind, read_kinds, record_of, without
from notifier.pages import Keys, bucket_of, changes, page_of, pointer, raw_id
from notifier.plan import Match, Page
from notifier.store import raw, text
from notifier.subscriptions.placing import Move, net
from notifier.subscriptions.seal import NONCE_BYTES
from notifier.taking import read_values
from schemas.process.log import get_logger

CHANGES_KEPT = 50_000


@dataclass(slots=True)
class _Page:
    """What changes in one place and bucket."""

    gone: list[str] = field(default_factory=list)
    added: list[tuple[str, Match]] = field(default_factory=list)


class IndexWriter:
    """Writes one generation. `serving` says whether it is the current one, or still being built."""

    def __init__(self, turn: Turn, keys: Keys, seals: Seals, serving: bool) -> None:
        self.redis, self.keys, self.serving = turn.redis, keys, serving
        self._seals, self._turn = seals, turn
        self._kinds: dict[str, dict[Match, int]] = {}
        self._broken: set[str] = set()

    async def known(self, subscribers: Sequence[str]) -> dict[str, Known]:
        """What the index knows of these; who is not in it, or cannot be read, is absent."""
        found: dict[str, Known] = {}
        for name, sealed in (await read_values(self.redis, self.keys, subscribers)).items():
            try:
                found[name] = unpack(self._seals.entries.open(sealed, raw_id(name)))
            except (ValueError, IndexError) as error:
                get_logger().error("an entry of the index cannot be read: it is written anew", why=str(error))
                self._broken.add(name)
        return found

    async def apply(self, moves: Iterable[Move], offsets: Mapping[int, int], topic_id: str) -> None:
        """All of these moves and the next offsets to read, or nothing. Raises IndexReplaced."""
        joined = list(net(moves))
        pages = _pages(joined, self._broken)
        blobs = await self._blobs([page for page, change in pages.items() if change.gone])
        replaced = await self._replaced(joined)
        new_kinds = await self._number(pages)
        async with self._step() as pipe:
            for move in joined:
                self._move(pipe, move)
                self._link(pipe, move, replaced)
            for page, change in pages.items():
                self._place(pipe, page, change, blobs.get(page))
            for place, kind in new_kinds:
                pipe.rpush(self.keys.kinds(place), encode_kind(kind))
            self._count(pipe, joined)
            fields: dict[FieldT, EncodableT] = {"topic_id": topic_id}
            fields.update({str(partition): offset for partition, offset in offsets.items()})
            pipe.hset(self.keys.state(), mapping=fields)

    async def serve(self, former: Keys | None = None) -> None:
        """Make this generation the current one, tell the planners, and drop all others.

        From a `former` one that holds the same subscribers it takes over who became whom: the topic may have forgotten.
        """
        links = [] if former is None else await self._links(former)
        async with self._step() as pipe:
            for before, after in links:
                pipe.rename(before, after)
            pipe.set(pointer(self.keys.namespace), self.keys.generation)
            pipe.xadd(changes(self.keys.namespace), {"generation": self.keys.generation}, maxlen=CHANGES_KEPT)
        self.serving = True
        await self.drop_others()

    async def drop_others(self) -> None:
        """Forget what was left behind: all but this generation and, until this one serves, the current one."""
        await self._turn.drop_others(self.keys, self.serving)

    async def services(self) -> dict[str, int]:
        """Subscribers per push service."""
        found = await self.redis.hgetall(self.keys.services())
        return {text(service): int(count) for service, count in found.items()}

    def _step(self) -> AbstractAsyncContextManager[Pipeline]:
        return self._turn.step(self.keys if self.serving else None)

    async def _links(self, former: Keys) -> list[tuple[str, str]]:
        pairs = ((former.moved(), self.keys.moved()), (former.came_from(), self.keys.came_from()))
        return [(before, after) for before, after in pairs if await self.redis.exists(before)]

    async def _blobs(self, pages: Sequence[Page]) -> dict[Page, bytes]:
        if not pages:
            return {}
        found = await self.redis.mget([self.keys.match(*page) for page in pages])
        return {page: raw(blob or b"") for page, blob in zip(pages, found, strict=True)}

    async def _number(self, pages: Mapping[Page, _Page]) -> list[tuple[str, Match]]:
        """Give every kind that is new in its place a number; returns these, in order."""
        new = []
        for (place, _), change in pages.items():
            if place not in self._kinds:
                self._kinds[place] = _numbers(await read_kinds(self.redis, self.keys, place))
            numbers = self._kinds[place]
            for _, kind in change.added:
                if kind not in numbers:
                    numbers[kind] = len(numbers)
                    new.append((place, kind))
        return new

    def _move(self, pipe: Pipeline, move: Move) -> None:
        name = raw_id(move.subscriber)
        page = page_of(name, self.keys.bits)
        if move.keys_changed:
            pipe.hdel(self.keys.agreements(page), name)
        if move.after is None:
            pipe.hdel(self.keys.entries(page), name)
            return
        sealed = self._seals.entries.seal(pack(move.after), os.urandom(NONCE_BYTES), name)
        pipe.hset(self.keys.entries(page), name, sealed)
        if move.keys_changed:
            pipe.sadd(self.keys.thin(), page)
        if self.serving and move.came:
            news: dict[FieldT, EncodableT] = {"subscriber": move.subscriber, "places": " ".join(move.came)}
            pipe.xadd(changes(self.keys.namespace), news, maxlen=CHANGES_KEPT)

    def _link(self, pipe: Pipeline, move: Move, replaced: set[str]) -> None:
        name = raw_id(move.subscriber)
        if move.replaces is not None:
            pipe.hset(self.keys.moved(), raw_id(move.replaces), name)
            pipe.hset(self.keys.came_from(), name, raw_id(move.replaces))
        was = move.before.profile.replaces if move.before and move.after is None else None
        if was is not None and move.subscriber not in replaced:  # else what was before it leads on to its successor
            pipe.hdel(self.keys.moved(), raw_id(was))
            pipe.hdel(self.keys.came_from(), name)

    async def _replaced(self, moves: Sequence[Move]) -> set[str]:
        """Who of those that leave has a successor, already in the index or in this batch."""
        named = {move.replaces for move in moves if move.replaces is not None}
        leaving = [move.subscriber for move in moves if move.after is None and move.subscriber not in named]
        if not leaving:
            return named
        found = await self.redis.hmget(self.keys.moved(), [raw_id(name) for name in leaving])
        return named | {name for name, successor in zip(leaving, found, strict=True) if successor is not None}

    def _place(self, pipe: Pipeline, page: Page, change: _Page, blob: bytes | None) -> None:
        numbers, key = self._kinds[page[0]], self.keys.match(*page)
        added = b"".join(record_of(name, numbers[kind]) for name, kind in change.added)
        if blob is None:
            pipe.append(key, added)
            return
        left = without(blob, change.gone) + added
        if left:
            pipe.set(key, left)
        else:
            pipe.delete(key)

    def _count(self, pipe: Pipeline, moves: Iterable[Move]) -> None:
        counts: dict[str, int] = {}
        for move in moves:
            for known, step in ((move.before, -1), (move.after, 1)):
                if known is not None:
                    counts[known.service] = counts.get(known.service, 0) + step
        for service, change in counts.items():
            if change:
                pipe.hincrby(self.keys.services(), service, change)


def _pages(moves: Iterable[Move], broken: set[str]) -> dict[Page, _Page]:
    pages: dict[Page, _Page] = {}
    for move in moves:
        bucket = bucket_of(move.subscriber)
        for place, (old, new) in move.wishes.items():
            change = pages.setdefault((place, bucket), _Page())
            if old is not None or move.subscriber in broken:
                change.gone.append(move.subscriber)
            if new is not None:
                change.added.append((move.subscriber, new))
    return pages


def _numbers(kinds: Kinds) -> dict[Match, int]:
    return {kind: number for number, kind in enumerate(kinds)}
