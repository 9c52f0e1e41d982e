"""Reading many subscribers of the index at once, by one script of Redis: nothing runs beside it there.

Agreements are read and deleted in the same step, so nobody else can get the same one, whoever dies when.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis

from notifier.pages import Keys, busy_key, current_generation, page_of, pointer, raw_id

BUSY_MS = 5000
"""How long after the last taking nobody makes keys: a fan-out has the machine to itself."""

_TAKE = """
local function values(key, ids) return redis.call('HMGET', key, unpack(ids)) end
if ARGV[1] ~= '' and redis.call('GET', KEYS[1]) ~= ARGV[1] then return false end
local taking = ARGV[2] ~= '0'
if taking then redis.call('SET', KEYS[2], '1', 'PX', ARGV[2]) end
local out, thin, at = {}, {}, 3
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


@dataclass(frozen=True, slots=True)
class Sealed:
    """What lies in the index for some subscribers: sealed entry and sealed agreement, by id as text and as bytes."""

    keys: Keys
    found: list[tuple[str, bytes, bytes, bytes | None]]


async def read_sealed(redis: Redis, namespace: str, ids: Iterable[str], busy_ms: int = 0) -> Sealed:
    """What lies there for these ids, unopened. With `busy_ms` agreements are taken, too. Raises IndexIncomplete."""
    named = _named(ids)
    while True:
        keys = await current_generation(redis, namespace)
        answer = await _ask(redis, keys, [raw for raw, _ in named], keys.generation, busy_ms)
        if answer is None:
            continue  # the pages were swapped out under the reading
        pairs = zip(named, answer[::2], answer[1::2], strict=True)
        return Sealed(keys, [(name, raw, entry, taken) for (raw, name), entry, taken in pairs if entry is not None])


async def read_values(redis: Redis, keys: Keys, ids: Iterable[str]) -> dict[str, bytes]:
    """The sealed entries of these ids in one generation, whether it is the current one or not."""
    named = _named(ids)
    answer = await _ask(redis, keys, [raw for raw, _ in named], "", 0) or []
    return {name: entry for (_, name), entry in zip(named, answer[::2], strict=True) if entry is not None}


def _named(ids: Iterable[str]) -> list[tuple[bytes, str]]:
    """Each id once, as bytes and as text, so that those of one page and of one length lie together."""
    return sorted(((raw_id(name), name) for name in dict.fromkeys(ids)), key=_place)


def _place(named: tuple[bytes, str]) -> tuple[int, bytes]:
    return len(named[0]), named[0]


async def _ask(redis: Redis, keys: Keys, wanted: Sequence[bytes], generation: str, busy_ms: int) -> list[Any] | None:
    if not wanted:
        return []
    pages: dict[tuple[int, int], list[bytes]] = {}
    for raw in wanted:
        pages.setdefault((page_of(raw, keys.bits), len(raw)), []).append(raw)
    names: list[str] = [pointer(keys.namespace), busy_key(keys.namespace), keys.thin()]
    words: list[Any] = [generation, busy_ms]
    for (page, width), members in pages.items():
        names += [keys.entries(page), keys.agreements(page)]
        words += [page, width, b"".join(members)]
    return await redis.register_script(_TAKE)(keys=names, args=words)  # type: ignore[no-any-return]
