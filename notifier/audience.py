"""How many devices an order would reach, counted in the index and told the desk: per municipality, area and world.

A heartbeat each, of source `audience:<municipality>` or `audience:<municipality>:<area>`: numbers, nobody's name.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta

from aiokafka.errors import KafkaError
from redis.asyncio import Redis
from redis.exceptions import RedisError

from notifier.matches import count_kinds
from notifier.pages import IndexIncomplete, Keys, of_one_generation
from notifier.plan import Match
from schemas.kafka import Publisher
from schemas.process.clock import now_utc
from schemas.process.log import get_logger
from schemas.records.base import World
from schemas.records.plumbing import Heartbeat
from schemas.reference import Municipality, municipalities

EVERY_S, INCOMPLETE_S = 60.0, 2.0
SAID_AGAIN = timedelta(minutes=10)
Source = tuple[str, World]


async def tell_audiences(redis: Redis, namespace: str, publisher: Publisher) -> None:
    """Count for ever; what did not change is said again every ten minutes. What fails is tried a minute later."""
    said: dict[Source, Heartbeat] = {}
    while True:
        pause = EVERY_S
        try:
            for source, devices in (await _count(redis, namespace)).items():
                await _tell(publisher, source, devices, said)
        except IndexIncomplete:
            pause = INCOMPLETE_S  # the desk keeps the numbers that it knows, with their age
        except (RedisError, KafkaError) as error:
            get_logger().warning("audiences not told", error=type(error).__name__)
        await asyncio.sleep(pause)


def audiences(town: Municipality, kinds: Mapping[Match, int]) -> dict[Source, int]:
    """Each source of a municipality with its number of devices. An area counts who named it, or all of the town."""
    found: dict[Source, int] = {}
    for world in World:
        heard = {kind: count for kind, count in kinds.items() if world is World.ACTUAL or kind.drills}
        found[f"audience:{town.code}", world] = sum(heard.values())
        for area in town.areas if len(town.areas) > 1 else ():
            here = sum(count for kind, count in heard.items() if not kind.areas or area in kind.areas)
            found[f"audience:{town.code}:{area}", world] = here
    return found


async def _count(redis: Redis, namespace: str) -> dict[Source, int]:
    return await of_one_generation(redis, namespace, lambda keys: _count_in(redis, keys))


async def _count_in(redis: Redis, keys: Keys) -> dict[Source, int]:
    found: dict[Source, int] = {}
    for town in municipalities().values():
        found |= audiences(town, Counter(await count_kinds(redis, keys, town.code)))
    return found


async def _tell(publisher: Publisher, source: Source, devices: int, said: dict[Source, Heartbeat]) -> None:
    now, before = now_utc(), said.get(source)
    if before is not None and before.records == devices and now - before.made_at < SAID_AGAIN:
        return
    name, world = source
    beat = Heartbeat(name, "notifier", world, "ok", "devices counted", now, now, None, devices, 0, now, now)
    await publisher.send("heartbeats", name, beat)
    said[source] = beat
