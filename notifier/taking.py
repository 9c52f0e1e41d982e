"""Reading many subscribers of the index at once, by one script of Redis: nothing runs beside it there.

Agreements are read and deleted in the same step, so nobody else can get the same one, whoever dies when. What Redis
finds again on its disk, or at another's, it has in another *life*: with each answer goes the name of the present one,
which changes with every start and every change of its master.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis

from notifier.pages import Keys, busy_key, current_generation, first_of, page_of, pointer, raw_id

BUSY_MS = 5000
"""How long after the last taking nobody makes keys: a fan-out has the machine to itself."""

LIFE = """
local function life()
  local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
  return run .. string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)')
end
"""

_TAKE = (
    LIFE
    + """local function values(key, ids) return redis.call('HMGET', key, unpack(ids)) end
if ARGV[1] ~= '' and redis.call('GET', KEYS[1]) ~= ARGV[1] then return false end
local taking = ARGV[2] ~= '0'
if taking then redis.call('SET', KEYS[2], '1', 'PX', ARGV[2]) end
local out, thin, at = {life()}, {}, 3
for k = 4, #KEYS, 2 do
  local ids, width, all = {}, tonumber(ARGV[at + 1]), ARGV[at + 2]
  for i = 1, #all, width do ids[#ids + 1] = string.sub(all, i, i + width - 1) end
  local entries, agreements = values(KEYS[k], ids), {}
  if taking then
    agreements = values(KEYS[k + 1], ids)
    if redis.call('HDEL', KEYS[k + 1], unpack(ids)) > 0 then thin[#thin + 1] = ARGV[at] end
  end
  for i = 1, #ids do
    out[#out + 1] = entries[i]
    out[#out + 1] = agreements[i] or false
  end
  at = at + 3
end
if #thin > 0 then redis.call('SADD', KEYS[3], unpack(thin)) end
return out
"""
)


@dataclass(frozen=True, slots=True)
class Sealed:
    """What lies in the index for some subscribers: sealed entry and sealed agreement, by id as text and as bytes."""

    keys: Keys
    life: bytes
    found: list[tuple[str, bytes, bytes, bytes | None]]


async def read_sealed(
    redis: Redis, namespace: str, ids: Iterable[str], busy_ms: int = 0, probably: Keys | None = None
) -> Sealed:
    """What lies there for these ids, unopened. With `busy_ms` agreements are taken, too. Raises IndexIncomplete.

    `probably` is the generation that was the current one a moment ago: if it still is, one question is enough.
    """
    raws, names = _sorted(ids)
    keys = probably if probably is not None and probably.namespace == namespace else None
    while True:
        keys = keys or await current_generation(redis, namespace)
        answer = await _ask(redis, keys, raws, keys.generation, busy_ms)
        if answer is not None:
            life, values = answer[0], answer[1:]
            rows = zip(names, raws, values[::2], values[1::2], strict=True)
            return Sealed(keys, life, [row for row in rows if row[2] is not None])
        keys = None  # the pages were swapped out under the reading


async def read_values(redis: Redis, keys: Keys, ids: Iterable[str]) -> dict[str, bytes]:
    """The sealed entries of these ids in one generation, whether it is the current one or not."""
    raws, names = _sorted(ids)
    answer = await _ask(redis, keys, raws, "", 0) or [b""]
    return {name: entry for name, entry in zip(names, answer[1::2], strict=True) if entry is not None}


def _sorted(ids: Iterable[str]) -> tuple[list[bytes], list[str]]:
    """Each id once, as bytes and as text, so that those of one page and of one length lie together."""
    named = sorted((len(raw), raw, name) for name in dict.fromkeys(ids) for raw in (raw_id(name),))
    return [raw for _, raw, _ in named], [name for _, _, name in named]


async def _ask(redis: Redis, keys: Keys, raws: Sequence[bytes], generation: str, busy_ms: int) -> list[Any] | None:
    if not raws:
        return [b""]
    names: list[str] = [pointer(keys.namespace), busy_key(keys.namespace), keys.thin()]
    words: list[Any] = [generation, busy_ms]
    for page, width, members in _pages(raws, keys.bits):
        names += [keys.entries(page), keys.agreements(page)]
        words += [page, width, b"".join(members)]
    return await redis.register_script(_TAKE)(keys=names, args=words)  # type: ignore[no-any-return]


def _pages(raws: Sequence[bytes], bits: int) -> Iterator[tuple[int, int, Sequence[bytes]]]:
    """Page, length and ids of those that lie together; the ids are sorted by length, then by value."""
    start = 0
    while start < len(raws):
        width, page = len(raws[start]), page_of(raws[start], bits)
        alike = len(raws) if len(raws[-1]) == width else bisect_left(raws, width + 1, start, key=len)
        end = bisect_left(raws, first_of(page + 1, bits), start, alike)
        yield page, width, raws[start:end]
        start = end
