"""Subscriptions that were replaced: a browser that subscribes again gets a new endpoint, so its owner a new id.

The device that had been told stays owed the update and the lift; it is reached where it is now.
"""

from collections.abc import Iterable, Sequence

from redis.asyncio import Redis

from notifier.pages import of_one_generation, raw_id
from notifier.store import raw

_LONGEST = 20
"""Steps of a chain: more in the life of one order is no browser."""


async def successors(redis: Redis, namespace: str, names: Iterable[str]) -> dict[str, str]:
    """Who each of these is now, where that is somebody else; chains are followed. Raises IndexIncomplete."""
    wanted = list(dict.fromkeys(names))
    return await of_one_generation(redis, namespace, lambda keys: _onward(redis, keys.moved(), wanted))


async def predecessors(redis: Redis, namespace: str, names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Who each of these was before, newest first; who was nobody else is absent. Raises IndexIncomplete."""
    wanted = list(dict.fromkeys(names))
    return await of_one_generation(redis, namespace, lambda keys: _back(redis, keys.came_from(), wanted))


async def _onward(redis: Redis, key: str, names: Sequence[str]) -> dict[str, str]:
    if not await redis.exists(key):
        return {}
    ends = {name: name for name in names}
    for _ in range(_LONGEST):
        steps = await _steps(redis, key, list(dict.fromkeys(ends.values())))
        if not steps:
            break
        ends = {name: steps.get(end, end) for name, end in ends.items()}
    return {name: end for name, end in ends.items() if name != end}


async def _back(redis: Redis, key: str, names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    if not await redis.exists(key):
        return found
    ends = {name: name for name in names}
    for _ in range(_LONGEST):
        steps = await _steps(redis, key, list(dict.fromkeys(ends.values())))
        ends = {name: steps[end] for name, end in ends.items() if end in steps}
        if not ends:
            break
        for name, end in ends.items():
            found[name] = (*found.get(name, ()), end)
    return found


async def _steps(redis: Redis, key: str, names: Sequence[str]) -> dict[str, str]:
    if not names:
        return {}
    answer = await redis.hmget(key, [raw_id(name) for name in names])
    return {name: raw(to).hex() for name, to in zip(names, answer, strict=True) if to is not None}
