"""The one planner of a world: `orders`, `calls` and `resends` into plans and jobs, `outcomes` into complete plans.

It begins once it holds the world's fence; another stands by. A lost ledger is rebuilt from the topics first.
"""

import asyncio
import secrets

from redis.asyncio import Redis

from notifier.carrying import Carrying
from notifier.fence import Fence
from notifier.gathering import Gathering
from notifier.latecomers import follow_latecomers
from notifier.ledger import Ledger
from notifier.planning import Planning
from notifier.pulse import beat
from notifier.rebuild import rebuild
from notifier.settings import NotifierSettings
from notifier.store import connect
from notifier.tally import tally
from notifier.turns import Turns
from notifier.wishes import Readers, follow_wishes
from schemas.kafka import Publisher, Where
from schemas.process.clock import now_utc
from schemas.process.health import Health
from schemas.process.log import get_logger
from schemas.records.base import World


async def body(settings: NotifierSettings, health: Health) -> None:
    """Plan one world until cancelled."""
    where, world = Where.of(settings), settings.world
    redis, publisher = connect(settings.redis_url), Publisher(where)
    fence = Fence(redis, f"{where.namespace}{world}.", secrets.token_hex(8))
    await publisher.start()
    health.checks |= {"redis": redis.ping, "kafka": publisher.answers}
    try:
        await fence.take()
        get_logger().info("planning", world=world, instance=settings.instance)
        async with asyncio.TaskGroup() as group:
            keeping = group.create_task(fence.keep())
            await _plan(settings, redis, publisher, fence, health)
            keeping.cancel()
    finally:
        await fence.release()
        await publisher.stop()
        await redis.aclose()


async def _plan(settings: NotifierSettings, redis: Redis, publisher: Publisher, fence: Fence, health: Health) -> None:
    where, world = Where.of(settings), settings.world
    ledger, turns = Ledger(redis, where.namespace, world, fence), Turns()
    carrying = Carrying(ledger, publisher, turns)
    planning = Planning(ledger, Gathering(redis, where.namespace, ledger), carrying, turns)
    if not await ledger.is_complete():
        await rebuild(where, world, ledger)
        await ledger.mark_complete(now_utc())
    await planning.load()
    readers = Readers(where, world, settings.verify_key, publisher)
    async with asyncio.TaskGroup() as group:
        for name in await ledger.unsent():
            group.create_task(planning.resume(name))
        group.create_task(follow_wishes(where, group_of(world), readers, planning, fence))
        group.create_task(beat("plan", world, settings, health, publisher))
        group.create_task(tally(where, world, ledger, carrying, publisher, turns))
        group.create_task(follow_latecomers(redis, where.namespace, planning))


def group_of(world: World) -> str:
    """The consumer group whose offsets say what was planned."""
    return f"plan-{world}"
