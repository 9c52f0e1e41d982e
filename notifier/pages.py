"""Names in Redis, and how subscribers are spread over pages, in the one generation of the index that is complete.

A *place* is a municipality (`14205`), the devices of one officer (`officer:<id>`), or of all officers of a municipality
(`officers:14205`). One subscriber is one entry, whatever places it named; each place lists who wants it (`matches.py`).
Only the indexer writes here. The pointer names a generation once all of `subscriptions` was read into it. Names begin
with the layout's version: a program of another layout finds no index, and waits.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from math import ceil, log2
from typing import TypeVar

from redis.asyncio import Redis

from notifier.store import text

LAYOUT = "index3"
"""Raised whenever what lies under these names changes: the next indexer builds anew and drops the former layout."""

FORMER_LAYOUTS = ("index", "index2")

BUCKETS = 16
"""Fixed: a bucket is at least one job of an order. It is the first hex digit of a subscriber's id."""

ID_BYTES = 11
"""22 hex digits."""

_ODD = b"?" * (ID_BYTES + 1)

Found = TypeVar("Found")

OFFICER = "officer:"


class IndexIncomplete(LookupError):
    """There is no complete index: Redis was lost and the indexer has not yet read all of `subscriptions`."""


@dataclass(frozen=True, slots=True)
class Spread:
    """How many subscribers lie in one page, a hash of Redis, and when an index is laid out anew for it.

    Between the limits lies a factor of 64, so nobody who comes or leaves near one of them makes an index go to and fro.
    """

    per_page: int = 48
    """In a new generation, at most: few enough to be kept packed, and to be searched in a microsecond."""

    least_bits: int = 4
    most_bits: int = 16

    def bits(self, subscribers: int) -> int:
        """How many leading bits of an id shall name its page."""
        return min(self.most_bits, max(self.least_bits, ceil(log2(max(1, subscribers / self.per_page)))))

    def fits(self, subscribers: int, bits: int) -> bool:
        """Whether the pages are neither so full that Redis unpacks them (index_check.py) nor so empty that their names
        weigh more than what is saved. As many as `bits` are for always fit."""
        fullest, sparsest = 8 * self.per_page << bits, self.per_page << bits >> 3
        return (subscribers <= fullest or bits >= self.most_bits) and (
            subscribers >= sparsest or bits <= self.least_bits
        )


SPREAD = Spread()


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

    @property
    def bits(self) -> int:
        """How many leading bits of an id name its page."""
        return int(self.generation.split("-")[1])

    @property
    def key_id(self) -> str:
        """The sealing key under which everything here is sealed."""
        return self.generation.split("-")[2]

    def entries(self, page: int) -> str:
        """Hash: id → sealed entry."""
        return f"{self._prefix()}e:{page:x}"

    def agreements(self, page: int) -> str:
        """Hash: id → sealed key agreement, used once."""
        return f"{self.all_agreements()}{page:x}"

    def all_agreements(self) -> str:
        """What the names of all those hashes begin with; the page in hex follows."""
        return f"{self._prefix()}k:"

    def life(self) -> str:
        """String: the life of Redis in which the key agreements were made (`taking.py`)."""
        return f"{self._prefix()}life"

    def thin(self) -> str:
        """Set: pages in which somebody may have no key agreement."""
        return f"{self._prefix()}thin"

    def match(self, place: str, bucket: int) -> str:
        """String: who wants a place, as records of id and kind."""
        return f"{self._prefix()}match:{place}:{bucket}"

    def kinds(self, place: str) -> str:
        """List: the kinds of Match that occur in a place."""
        return f"{self._prefix()}kinds:{place}"

    def moved(self) -> str:
        """Hash: the id of a subscription that was replaced → the id of its successor."""
        return f"{self._prefix()}moved"

    def came_from(self) -> str:
        """Hash: the id of a successor → the ids that it replaced."""
        return f"{self._prefix()}came-from"

    def state(self) -> str:
        """Hash: topic id, and the next offset of every partition."""
        return f"{self._prefix()}state"

    def services(self) -> str:
        """Hash: push service → subscribers there."""
        return f"{self._prefix()}services"

    def _prefix(self) -> str:
        return f"{self.namespace}{LAYOUT}:{self.generation}:"


def pointer(namespace: str) -> str:
    """String: the complete generation."""
    return f"{namespace}{LAYOUT}:current"


def changes(namespace: str) -> str:
    """Stream: who came to which places since; a hint for the planner, who sweeps whenever it may have missed one."""
    return f"{namespace}{LAYOUT}:changes"


def writer_key(namespace: str) -> str:
    """Number: which indexer may write, the one that started last."""
    return f"{namespace}{LAYOUT}:writer"


def busy_key(namespace: str) -> str:
    """There while a fan-out reads recipients, and some seconds after: whoever works in quiet times stops."""
    return f"{namespace}{LAYOUT}:busy"


def new_generation(now_us: int, subscribers: int, key_id: str, spread: Spread = SPREAD) -> str:
    """A name: when it was begun, how its pages are cut for so many subscribers, which key seals it."""
    return f"{now_us:x}-{spread.bits(subscribers)}-{key_id}"


def officer_place(officer: str) -> str:
    """The devices of one officer."""
    return f"{OFFICER}{officer}"


def officers_place(municipality: str) -> str:
    """The devices of all officers who registered for a municipality."""
    return f"officers:{municipality}"


def is_subscriber_id(name: str) -> bool:
    """Whether this has the form of an id that `subscriber_id` makes: 22 lower-case hex digits."""
    return len(raw_id(name)) == ID_BYTES


def raw_id(subscriber: str) -> bytes:
    """An id as bytes: 11 for one of ours; what has another form is kept apart from all of those."""
    try:
        raw = bytes.fromhex(subscriber)
    except ValueError:
        raw = b""
    return raw if len(raw) == ID_BYTES and raw.hex() == subscriber else _ODD + subscriber.encode()


def page_of(raw: bytes, bits: int) -> int:
    """The page of an id: its leading bits, so ids that are sorted lie together."""
    return int.from_bytes(raw[:4], "big") >> (32 - bits)


def first_of(page: int, bits: int) -> bytes:
    """Where the ids of a page begin; those of no page, behind the last, begin behind every id."""
    return b"\xff" * (ID_BYTES + 1) if page >> bits else (page << 32 - bits).to_bytes(4, "big")


def bucket_of(subscriber: str) -> int:
    """The bucket of a subscriber, the same in every place."""
    return raw_id(subscriber)[0] >> 4


async def current_generation(redis: Redis, namespace: str) -> Keys:
    """The complete generation's keys; raises IndexIncomplete."""
    generation = await redis.get(pointer(namespace))
    if generation is None:
        raise IndexIncomplete("no complete index of subscribers yet: is `python -m notifier index` running?")
    return Keys(namespace, text(generation))


async def of_one_generation(redis: Redis, namespace: str, read: Callable[[Keys], Awaitable[Found]]) -> Found:
    """What `read` finds in the complete generation; again where another took its place meanwhile. Raises
    IndexIncomplete."""
    keys = await current_generation(redis, namespace)
    while True:
        found, before = await read(keys), keys
        keys = await current_generation(redis, namespace)
        if keys == before:
            return found


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
