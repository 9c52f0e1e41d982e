"""The role `webhook`: a courier for each partner that has a webhook. One process: two would send everything twice."""

import asyncio
import random
from collections.abc import AsyncIterator

from notifier.broadcast.app import partners_of
from notifier.broadcast.read import Decoder
from notifier.broadcast.tail import Tail
from notifier.link_test import Beat, beats
from notifier.partner_pulse import pause_s, send_beats
from notifier.pulse import beat
from notifier.settings import NotifierSettings
from notifier.webhooks.courier import Courier
from notifier.webhooks.post import HttpPoster
from notifier.webhooks.standing import Book, Standing, follow, save
from schemas.kafka import Publisher, Where
from schemas.process.clock import now_utc
from schemas.process.health import Health

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
            await save(self._publisher, partner, standing)
        self._tasks[partner] = group.create_task(courier.run(standing))


async def body(settings: NotifierSettings, health: Health) -> None:
    """Deliver until cancelled."""
    assert settings.partners is not None
    where = Where.of(settings)
    tail, publisher, poster = Tail(Decoder(where)), Publisher(where), HttpPoster(settings.local)
    hooked = [partner for partner in partners_of(settings.partners) if partner.webhook is not None]
    spread = random.SystemRandom().random
    couriers = [Courier(partner, poster, publisher, tail, spread) for partner in hooked]
    dispatch = Dispatch(couriers, publisher, tail)
    health.checks["tail"] = tail.answers
    await publisher.start()
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(tail.follow(where))
            group.create_task(dispatch.run(where))
            group.create_task(dispatch.beat(settings.heartbeat_s))
            if settings.beat_municipality:
                group.create_task(dispatch.tell_beats(beats(where, settings.beat_municipality)))
            group.create_task(beat("webhook", None, settings, health, publisher))
    finally:
        await poster.close()
        await publisher.stop()
