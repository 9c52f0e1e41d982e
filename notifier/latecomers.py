"""Who subscribes, or adds a place, while an order is in force gets it at once: follows the index's stream of changes.

The stream is a hint. Whenever a change may have been missed (at start, or when the index was rebuilt) everyone who
matches an order in force is compared with everyone who was planned for it.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from redis.asyncio import Redis

from notifier.pages import changes
from notifier.planning import Planning
from notifier.polling import stop_if_cancelled
from notifier.store import text

BLOCK_MS, BATCH = 1000, 1000


async def follow_latecomers(redis: Redis, namespace: str, planning: Planning) -> None:
    """Until cancelled. Who comes does not wait for those who are looked for."""
    since = await _newest(redis, namespace)
    async with asyncio.TaskGroup() as group:
        _sweep(planning, group)
        while True:
            answer: Any = await redis.xread({changes(namespace): since}, count=BATCH, block=BLOCK_MS)
            stop_if_cancelled()
            entries = answer[0][1] if answer else []
            if entries:
                since = text(entries[-1][0])
                news = [{text(k): text(v) for k, v in fields.items()} for _, fields in entries]
                _handle(news, planning, group)


def _handle(news: list[dict[str, str]], planning: Planning, group: asyncio.TaskGroup) -> None:
    if any("generation" in one for one in news):
        _sweep(planning, group)
        return
    wanted = {}
    for order in planning.in_force.values():
        came = [one["subscriber"] for one in news if order.municipality in one["places"].split()]
        if came:
            wanted[order.id] = list(dict.fromkeys(came))
    group.create_task(_look(planning, wanted))


def _sweep(planning: Planning, group: asyncio.TaskGroup) -> None:
    group.create_task(_look(planning, dict.fromkeys(planning.in_force)))


async def _look(planning: Planning, wanted: Mapping[str, Sequence[str] | None]) -> None:
    """One order after the other: a lift must not wait until all that are in force were looked at."""
    for order_id, subscribers in wanted.items():
        await planning.latecomers(order_id, subscribers)


async def _newest(redis: Redis, namespace: str) -> str:
    found = await redis.xrevrange(changes(namespace), count=1)
    return text(found[0][0] or b"") if found else "0-0"
