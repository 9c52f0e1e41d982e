"""Who matches, read from one generation of the index: a slice of its pages at a time."""

from collections.abc import Sequence

from redis.asyncio import Redis

from notifier.matches import read_matches, read_matches_of, read_meant
from notifier.pages import Keys, bucket_of, current_generation, officer_place, officers_place
from notifier.plan import Audience, is_meant, may_be_drilled, pages_of
from schemas.records.decided import Call, Order


class Swapped(LookupError):
    """The index was replaced by a newer generation while it was read: read it again."""


class Reading:
    """One look at the index. `close` says whether all of it was one generation's."""

    def __init__(self, redis: Redis, namespace: str, keys: Keys) -> None:
        self._redis, self._namespace, self._keys = redis, namespace, keys

    @classmethod
    async def begin(cls, redis: Redis, namespace: str) -> "Reading":
        """Raises IndexIncomplete: a plan for nobody because Redis was lost must never be."""
        return cls(redis, namespace, await current_generation(redis, namespace))

    async def close(self) -> None:
        """Raises Swapped, or IndexIncomplete."""
        if await current_generation(self._redis, self._namespace) != self._keys:
            raise Swapped("a newer generation of the index is current")

    async def meant(self, order: Order, bucket: int) -> list[str]:
        """Who matches in one bucket of the order's municipality, sorted."""
        return await read_meant(
            self._redis, self._keys, order.municipality, bucket, lambda match: is_meant(match, order)
        )

    async def meant_of(self, order: Order, subscribers: Sequence[str]) -> dict[int, list[str]]:
        """Which of these match, by bucket."""
        matches = await read_matches_of(self._redis, self._keys, order.municipality, subscribers)
        found: dict[int, list[str]] = {}
        for names in pages_of(matches, lambda match: is_meant(match, order)).values():
            for name in names:
                found.setdefault(bucket_of(name), []).append(name)
        return found

    async def woken(self, call: Call) -> Audience:
        """The devices of the officers whom a call names, or of the whole desk."""
        places = [officer_place(name) for name in call.officers] or [officers_place(call.municipality)]
        matches = await read_matches(self._redis, self._keys, places)
        return pages_of(matches, lambda match: may_be_drilled(match, call.world))
