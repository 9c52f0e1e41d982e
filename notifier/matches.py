"""Who wants what in each place: what planners read. Per place and bucket one string of 13-byte records.

A record is a subscriber's id (11 bytes) and a number (2 bytes) into the place's list of kinds: there are millions of
subscribers, and few ways to want something. A million records are read in about a second.
"""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Sequence

import msgspec
from redis.asyncio import Redis

from notifier.pages import BUCKETS, ID_BYTES, Keys, bucket_of, is_subscriber_id, raw_id
from notifier.plan import Match, Page
from notifier.store import raw

RECORD = ID_BYTES + 2
MOST_KINDS = 1 << 16

Kinds = list[Match]
"""The kinds of a place; a record's number is a place in this list."""


class TooManyKinds(ValueError):
    """A place has more kinds than a record can number."""


def record_of(subscriber: str, kind: int) -> bytes:
    """One subscriber of a place; raises ValueError for an id that is none of ours."""
    if not is_subscriber_id(subscriber):
        raise ValueError("this is no subscriber's id")
    if kind >= MOST_KINDS:
        raise TooManyKinds(f"more than {MOST_KINDS} different wishes in one place: rebuild the index")
    return bytes.fromhex(subscriber) + kind.to_bytes(2, "big")


def without(blob: bytes, subscribers: Iterable[str]) -> bytes:
    """The records of everyone else."""
    left = bytearray(blob)
    for subscriber in subscribers:
        at = find(left, raw_id(subscriber))
        while at is not None:
            del left[at : at + RECORD]
            at = find(left, raw_id(subscriber))
    return bytes(left)


def find(blob: bytes | bytearray, raw_name: bytes) -> int | None:
    """Where the record of an id begins, or None."""
    at = blob.find(raw_name)
    while at >= 0 and at % RECORD:
        at = blob.find(raw_name, at + 1)
    return at if at >= 0 else None


def unpack_page(blob: bytes, kinds: Kinds) -> dict[str, Match]:
    """Everyone in one page."""
    text, width = blob.hex(), 2 * RECORD
    names = [text[at : at + 2 * ID_BYTES] for at in range(0, len(text), width)]
    high, low = blob[ID_BYTES::RECORD], blob[ID_BYTES + 1 :: RECORD]
    return {name: kinds[a << 8 | b] for name, a, b in zip(names, high, low, strict=True)}


def meant_in(blob: bytes, meant: Sequence[bool]) -> list[str]:
    """The ids in one page whose kind is among those meant."""
    text, width = blob.hex(), 2 * RECORD
    names = [text[at : at + 2 * ID_BYTES] for at in range(0, len(text), width)]
    if all(meant):
        return names
    high, low = blob[ID_BYTES::RECORD], blob[ID_BYTES + 1 :: RECORD]
    return [name for name, a, b in zip(names, high, low, strict=True) if meant[a << 8 | b]]


def encode_kind(match: Match) -> bytes:
    """MessagePack."""
    return msgspec.msgpack.encode(match)


async def read_kinds(redis: Redis, keys: Keys, place: str) -> Kinds:
    """All kinds of a place, in the order of their numbers."""
    return kinds_of(await redis.lrange(keys.kinds(place), 0, -1))


async def read_matches(redis: Redis, keys: Keys, places: Iterable[str]) -> dict[Page, dict[str, Match]]:
    """Everyone in these places, by page."""
    return {page: members async for page, members in _pages(redis, keys, places)}


async def read_meant(redis: Redis, keys: Keys, place: str, bucket: int, is_meant: Callable[[Match], bool]) -> list[str]:
    """The ids in one page whose Match is meant, sorted. Each kind is asked about once."""
    blobs, kinds = await _read(redis, keys, place, [bucket])
    return sorted(meant_in(blobs[bucket], [is_meant(kind) for kind in kinds]))


async def count_kinds(redis: Redis, keys: Keys, place: str) -> dict[Match, int]:
    """How many want what in a place."""
    blobs, kinds = await _read(redis, keys, place, range(BUCKETS))
    counted: Counter[tuple[int, int]] = Counter()
    for blob in blobs.values():
        counted.update(zip(blob[ID_BYTES::RECORD], blob[ID_BYTES + 1 :: RECORD], strict=True))
    return {kinds[high << 8 | low]: count for (high, low), count in counted.items()}


async def read_matches_of(
    redis: Redis, keys: Keys, place: str, subscribers: Iterable[str]
) -> dict[Page, dict[str, Match]]:
    """These subscribers in one place, by page; who is not there is absent."""
    found: dict[Page, dict[str, Match]] = {}
    wanted = {name for name in subscribers if is_subscriber_id(name)}
    buckets = sorted({bucket_of(name) for name in wanted})
    blobs, kinds = await _read(redis, keys, place, buckets)
    for name in wanted:
        blob = blobs[bucket_of(name)]
        at = find(blob, raw_id(name))
        if at is not None:
            kind = kinds[int.from_bytes(blob[at + ID_BYTES : at + RECORD], "big")]
            found.setdefault((place, bucket_of(name)), {})[name] = kind
    return found


async def _pages(redis: Redis, keys: Keys, places: Iterable[str]) -> AsyncIterator[tuple[Page, dict[str, Match]]]:
    for place in places:
        blobs, kinds = await _read(redis, keys, place, range(BUCKETS))
        for bucket, blob in blobs.items():
            if blob:
                yield (place, bucket), unpack_page(blob, kinds)


async def _read(redis: Redis, keys: Keys, place: str, buckets: Sequence[int]) -> tuple[dict[int, bytes], Kinds]:
    # In one step: a record never numbers a kind that the list does not have yet.
    pipe = redis.pipeline(transaction=True)
    for bucket in buckets:
        pipe.get(keys.match(place, bucket))
    pipe.lrange(keys.kinds(place), 0, -1)
    *blobs, kinds = await pipe.execute()
    return {bucket: raw(blob or b"") for bucket, blob in zip(buckets, blobs, strict=True)}, kinds_of(kinds)


def kinds_of(packed: Iterable[bytes | str]) -> Kinds:
    """The kinds of a place, as they lie there."""
    return [_MATCH.decode(raw(one)) for one in packed]


_MATCH = msgspec.msgpack.Decoder(Match)
