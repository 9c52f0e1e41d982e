"""The one planner of a world: `orders`, `calls` and `resends` into plans and jobs, `outcomes` into complete plans.

It begins once it holds the world's fence; another stands by. A lost ledger is rebuilt from the topics first.
"""

import asyncio
import secrets

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
    redis, publisher, calm = connect(settings.redis_url), Publisher(where), Publisher(where)
    fence = Fence(redis, f"{where.namespace}{world}.", secrets.token_hex(8))
    await asyncio.gather(publisher.start(), calm.start())
    health.checks |= {"redis": redis.ping, "kafka": publisher.answers}
    try:
        await fence.take()
        get_logger().info("planning", world=world, instance=settings.instance)
        async with asyncio.TaskGroup() as group:
            keeping = group.create_task(fence.keep())
            ledger, turns = Ledger(redis, where.namespace, world, fence), Turns()
            await _plan(settings, ledger, Carrying(ledger, publisher, calm, turns), turns, publisher, health)
            keeping.cancel()
    finally:
        await fence.release()
        await asyncio.gather(publisher.stop(), calm.stop())
        await redis.aclose()


async def _plan(
    settings: NotifierSettings,
    ledger: Ledger,
    carrying: Carrying,
    turns: Turns,
    publisher: Publisher,
    health: Health,
) -> None:
    where, world, redis = Where.of(settings), settings.world, ledger.redis
    planning = Planning(ledger, Gathering(redis, where.namespace, ledger), carrying, turns)
    if not await ledger.is_complete():
        await rebuild(where, world, ledger)
        await ledger.mark_complete(now_utc())
    await planning.load()
    readers = Readers(where, world, settings.verify_key, publisher)
    async with asyncio.TaskGroup() as group:
        for name in await ledger.unsent():
            group.create_task(planning.resume(name))
        group.create_task(follow_wishes(where, group_of(world), readers, planning, ledger.fence))
        group.create_task(beat("plan", world, settings, health, publisher))
        group.create_task(tally(where, world, ledger, carrying, publisher, turns))
        group.create_task(follow_latecomers(redis, where.namespace, planning))


def group_of(world: World) -> str:
    """The consumer group whose offsets say what was planned."""
    return f"plan-{world}"
