"""What the index knows of one subscriber, for the API: their own choices, and how to send them a test."""

from dataclasses import dataclass

from redis.asyncio import Redis

from notifier.entries import Known, unpack
from notifier.index_seal import Opener
from notifier.taking import read_sealed


@dataclass(frozen=True, slots=True)
class Shelf:
    """Reads the complete index."""

    redis: Redis
    opener: Opener
    namespace: str

    async def find(self, subscriber: str) -> Known | None:
        """None if nobody has this id. Raises IndexIncomplete, RedisError, or ValueError for what cannot be read."""
        sealed = await read_sealed(self.redis, self.namespace, [subscriber])
        for _, raw, entry, _ in sealed.found:
            return unpack(self.opener.of(sealed.keys).entries.open(entry, raw))
        return None


def shown(known: Known) -> dict[str, object]:
    """A subscriber's choices, as their page sent them."""
    said = known.profile
    places = {
        place: {"areas": list(areas), "districts": list(said.districts.get(place, ()))}
        for place, areas in said.places.items()
    }
    return {"known": True, "places": places, "lang": said.lang, "drills": said.drills, "key_id": said.vapid_key_id}
