"""What the index knows of one subscriber, for the API: their own choices, and how to send them a test."""

from dataclasses import dataclass

from redis.asyncio import Redis

from notifier.entries import Known, unpack
from notifier.index_seal import Opener
from notifier.pages import current_generation, raw_id
from notifier.taking import read_values


@dataclass(frozen=True, slots=True)
class Shelf:
    """Reads the complete index."""

    redis: Redis
    opener: Opener
    namespace: str

    async def find(self, subscriber: str) -> Known | None:
        """None if nobody has this id. Raises IndexIncomplete, RedisError, or ValueError for what cannot be read."""
        keys = await current_generation(self.redis, self.namespace)
        sealed = (await read_values(self.redis, keys, [subscriber])).get(subscriber)
        if sealed is None:
            return None
        return unpack(self.opener.of(keys).entries.open(sealed, raw_id(subscriber)))


def shown(known: Known) -> dict[str, object]:
    """A subscriber's choices, as their page sent them."""
    said = known.profile
    places = {
        place: {"areas": list(areas), "districts": list(said.districts.get(place, ()))}
        for place, areas in said.places.items()
    }
    return {"known": True, "places": places, "lang": said.lang, "drills": said.drills, "key_id": said.vapid_key_id}
