"""Where subscribers lie in Redis: one page per place and bucket, in the one generation that is complete.

A *place* is a municipality (`14205`), the devices of one officer (`officer:<id>`), or of all officers of a municipality
(`officers:14205`). A job's `municipality` is always the place of its page, so a worker asks for exactly that page.
Only the indexer writes here. The pointer names a generation once all of `subscriptions` was read into it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from zlib import crc32

import msgspec
from redis.asyncio import Redis

from notifier.plan import Match, Page
from notifier.store import raw, text
from notifier.webpush.encrypt import Agreement

BUCKETS = 16
"""Fixed: a bucket is a page and at least one job. 3.7 million subscribers make pages of 230,000."""


class IndexIncomplete(LookupError):
    """There is no complete index: Redis was lost and the indexer has not yet read all of `subscriptions`."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One subscriber in one place. `areas` are the class20 codes wanted there; empty means all of the municipality.

    `agreement` is a key agreement made beforehand, to be used once; None means that a fresh one has to be made.
    """

    subscriber: str
    endpoint: str
    p256dh: bytes
    auth: bytes
    vapid_key_id: str
    lang: str
    areas: tuple[str, ...]
    drills: bool
    officer: str | None
    agreement: Agreement | None = None


@dataclass(frozen=True, slots=True)
class IndexState:
    """The complete generation, the id of the topic it was read from, and the next offset to read per partition."""

    generation: str
    topic_id: str
    offsets: dict[int, int]


@dataclass(frozen=True, slots=True)
class Keys:
    """Names in Redis of one generation."""

    namespace: str
    generation: str

    def page(self, place: str, bucket: int) -> str:
        """Hash: subscriber → Entry."""
        return f"{self.namespace}index:{self.generation}:page:{place}:{bucket}"

    def match(self, place: str, bucket: int) -> str:
        """Hash: subscriber → Match."""
        return f"{self.namespace}index:{self.generation}:match:{place}:{bucket}"

    def where(self) -> str:
        """Hash: subscriber → the places it lies in, and when it said so."""
        return f"{self.namespace}index:{self.generation}:where"

    def state(self) -> str:
        """Hash: topic id, and the next offset of every partition."""
        return f"{self.namespace}index:{self.generation}:state"

    def hosts(self) -> str:
        """Hash: push service → subscribers there."""
        return f"{self.namespace}index:{self.generation}:hosts"


def pointer(namespace: str) -> str:
    """String: the complete generation."""
    return f"{namespace}index:current"


def changes(namespace: str) -> str:
    """Stream: who came to which places since; a hint for the planner, who sweeps whenever it may have missed one."""
    return f"{namespace}index:changes"


def officer_place(officer: str) -> str:
    """The devices of one officer."""
    return f"officer:{officer}"


def officers_place(municipality: str) -> str:
    """The devices of all officers who registered for a municipality."""
    return f"officers:{municipality}"


def bucket_of(subscriber: str) -> int:
    """The bucket of a subscriber, the same in every place."""
    return crc32(subscriber.encode()) % BUCKETS


def encode_entry(entry: Entry) -> bytes:
    """MessagePack."""
    return msgspec.msgpack.encode(entry)


def decode_entry(packed: bytes) -> Entry:
    """The entry; raises msgspec.DecodeError."""
    return _ENTRY.decode(packed)


def encode_match(match: Match) -> bytes:
    """MessagePack."""
    return msgspec.msgpack.encode(match)


async def current_generation(redis: Redis, namespace: str) -> Keys:
    """The complete generation's keys; raises IndexIncomplete."""
    generation = await redis.get(pointer(namespace))
    if generation is None:
        raise IndexIncomplete("no complete index of subscribers yet: is `python -m notifier index` running?")
    return Keys(namespace, text(generation))


async def index_state(redis: Redis, namespace: str) -> IndexState | None:
    """The complete index's state, or None if there is none."""
    try:
        keys = await current_generation(redis, namespace)
    except IndexIncomplete:
        return None
    return await state_of(redis, keys)


async def state_of(redis: Redis, keys: Keys) -> IndexState | None:
    """The state of one generation, or None if nothing was read into it."""
    found = await redis.hgetall(keys.state())
    if not found:
        return None
    fields = {text(name): text(value) for name, value in found.items()}
    topic_id = fields.pop("topic_id")
    return IndexState(keys.generation, topic_id, {int(part): int(offset) for part, offset in fields.items()})


async def read_entries(
    redis: Redis, namespace: str, municipality: str, bucket: int, ids: Iterable[str]
) -> dict[str, Entry]:
    """The entries of these subscribers in one page; an id that vanished is absent. Raises IndexIncomplete.

    `municipality` is the job's: the place of its page.
    """
    wanted = list(ids)
    if not wanted:
        return {}
    while True:
        keys = await current_generation(redis, namespace)
        pipe = redis.pipeline(transaction=True)
        pipe.hmget(keys.page(municipality, bucket), wanted)
        pipe.get(pointer(namespace))
        found, current = await pipe.execute()
        if current is not None and text(current) == keys.generation:  # else the page was swapped out under the reading
            return {name: decode_entry(raw(one)) for name, one in zip(wanted, found, strict=True) if one is not None}


async def read_matches(redis: Redis, keys: Keys, places: Iterable[str]) -> dict[Page, dict[str, Match]]:
    """Everyone in these places, by page."""
    pages = [(place, bucket) for place in places for bucket in range(BUCKETS)]
    pipe = redis.pipeline(transaction=False)
    for place, bucket in pages:
        pipe.hgetall(keys.match(place, bucket))
    found = await pipe.execute()
    return {
        page: {text(name): _MATCH.decode(packed) for name, packed in members.items()}
        for page, members in zip(pages, found, strict=True)
        if members
    }


async def read_matches_of(
    redis: Redis, keys: Keys, place: str, subscribers: Iterable[str]
) -> dict[Page, dict[str, Match]]:
    """These subscribers in one place, by page; who is not there is absent."""
    names = list(subscribers)
    pipe = redis.pipeline(transaction=False)
    for name in names:
        pipe.hget(keys.match(place, bucket_of(name)), name)
    found: dict[Page, dict[str, Match]] = {}
    for name, packed in zip(names, await pipe.execute(), strict=True):
        if packed is not None:
            found.setdefault((place, bucket_of(name)), {})[name] = _MATCH.decode(packed)
    return found


_ENTRY = msgspec.msgpack.Decoder(Entry)
_MATCH = msgspec.msgpack.Decoder(Match)
