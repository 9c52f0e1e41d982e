"""A small place read from the index in one step of Redis: its pages and kinds, of the generation that is current.

Most places are small, and an urgent order for one should not wait for a question about each of its pages.
"""

from redis.asyncio import Redis

from notifier.matches import Kinds, kinds_of
from notifier.pages import BUCKETS, Keys, pointer
from notifier.store import raw

MOST_BYTES = 65_536
"""About 5,000 people: a tenth of a millisecond of Redis, a few of ours."""

Pages = dict[int, bytes]


async def read_few(redis: Redis, keys: Keys, place: str) -> tuple[Pages, Kinds] | None:
    """All pages of a place and its kinds; None if it is large, or if another generation of the index is current."""
    names = [pointer(keys.namespace), keys.kinds(place), *(keys.match(place, bucket) for bucket in range(BUCKETS))]
    answer = await redis.register_script(_READ)(keys=names, args=[keys.generation, MOST_BYTES])
    if not answer:
        return None
    kinds, *blobs = answer
    return {bucket: raw(blob) for bucket, blob in enumerate(blobs) if blob}, kinds_of(kinds)


_READ = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return false end
local size = 0
for k = 3, #KEYS do size = size + redis.call('STRLEN', KEYS[k]) end
if size > tonumber(ARGV[2]) then return false end
local out = {redis.call('LRANGE', KEYS[2], 0, -1)}
for k = 3, #KEYS do out[#out + 1] = redis.call('GET', KEYS[k]) or '' end
return out
"""
