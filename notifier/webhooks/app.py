"""The role `webhook`: a courier for each partner that has a webhook.

One process delivers, the one that holds the fence; another stands by.
"""

import asyncio
import random
import secrets
from collections.abc import AsyncIterator

from notifier.broadcast.app import partners_of
from notifier.broadcast.read import Decoder
from notifier.broadcast.tail import Tail
from notifier.fence import Fence
from notifier.link_test import Beat, beats
from notifier.partner_pulse import pause_s, send_beats
from notifier.pulse import beat
from notifier.settings import NotifierSettings
from notifier.store import connect
from notifier.webhooks.courier import Courier
from notifier.webhooks.post import HttpPoster
from notifier.webhooks.standing import Book, Standing, follow
from schemas.kafka import Publisher, Where
from schemas.process.clock import now_utc
from schemas.process.health import Health
from schemas.process.log import get_logger

LOOK_AGAIN_S = 0.02


class Dispatch:
    """All couriers, each in a task of its own: one partner's slowness is nobody else's."""

    def __init__(self, couriers: list[Courier], publisher: Publisher, tail: Tail) -> None:
        self._couriers = {courier.partner.id: courier for courier in couriers}
        self._publisher, self._tail, self._book = publisher, tail, Book()
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def run(self, where: Where) -> None:
        """Start every courier where it stood, and again where an operator wants it to. Until cancelled."""
        async with asyncio.TaskGroup() as group:
            async for asked in follow(where, self._book):
                for partner in self._couriers if asked is None else {asked} & self._couriers.keys():
                    await self._start(partner, group)

    async def beat(self, every_s: float) -> None:
        """How each partner does. Until cancelled."""
        while True:
            started = [courier for courier in self._couriers.values() if courier.partner.id in self._tasks]
            await send_beats(self._publisher, [courier.state(now_utc()) for courier in started])
            await asyncio.sleep(pause_s(len(started), every_s))

    async def tell_beats(self, beats: AsyncIterator[Beat]) -> None:
        """Every partner hears of every beat. Until cancelled."""
        async for one in beats:
            started = [courier for courier in self._couriers.values() if courier.partner.id in self._tasks]
            await asyncio.gather(*(courier.pulse(one) for courier in started))

    async def _start(self, partner: str, group: asyncio.TaskGroup) -> None:
        while not self._tail.positions:  # noqa: ASYNC110 - for a moment, at the start
            await asyncio.sleep(LOOK_AGAIN_S)
        courier = self._couriers[partner]
        running = self._tasks.get(partner)
        standing = self._book.standings.get(partner, Standing())
        if running is not None:
            running.cancel()
            await asyncio.wait([running])
            standing = courier.standing
        replay = self._book.replays.get(partner)
        if replay is not None and replay.id != standing.replayed:
            standing = standing.asked(replay)
            await courier.keep(standing)
        self._tasks[partner] = group.create_task(courier.run(standing))


async def body(settings: NotifierSettings, health: Health) -> None:
    """Stand by until nobody else delivers, then deliver until cancelled."""
    redis, publisher, poster = connect(settings.redis_url), Publisher(Where.of(settings)), HttpPoster(settings.local)
    fence = Fence(redis, settings.namespace, secrets.token_hex(8), "webhook")
    await publisher.start()
    health.checks |= {"redis": redis.ping, "kafka": publisher.answers}
    try:
        await fence.take()
        get_logger().info("delivering to webhooks", instance=settings.instance)
        await _deliver(settings, health, publisher, poster, fence)
    finally:
        await fence.release()
        await poster.close()
        await publisher.stop()
        await redis.aclose()


async def _deliver(
    settings: NotifierSettings, health: Health, publisher: Publisher, poster: HttpPoster, fence: Fence
) -> None:
    assert settings.partners is not None
    where = publisher.where
    tail, spread = Tail(Decoder(where)), random.SystemRandom().random
    health.checks["tail"] = tail.answers
    hooked = [partner for partner in partners_of(settings.partners) if partner.webhook is not None]
    couriers = [Courier(partner, poster, publisher, tail, spread, fence) for partner in hooked]
    dispatch = Dispatch(couriers, publisher, tail)
    async with asyncio.TaskGroup() as group:
        group.create_task(fence.keep())
        group.create_task(tail.follow(where))
        group.create_task(dispatch.run(where))
        group.create_task(dispatch.beat(settings.heartbeat_s))
        if settings.beat_municipality:
            group.create_task(dispatch.tell_beats(beats(where, settings.beat_municipality)))
        group.create_task(beat("webhook", None, settings, health, publisher))
