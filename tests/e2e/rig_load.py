"""A whole Sonae under load: a storm, officers who order and lift, residents who come, a partner who listens."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import httpx
from redis.exceptions import RedisError
from rich.console import Console

from local.system import System, Wanted
from local.up import running
from local.witness import Witness
from notifier.pages import index_state
from notifier.store import connect
from tests.e2e.rig_officers import BY_POLICY, ORDERING, Town, landslide_policy, lifts_all_day, orders_all_day, towns
from tests.e2e.rig_partner import Listener
from tests.e2e.rig_pulse import Pulse
from tests.e2e.rig_residents import Residents
from tests.e2e.rig_storm import Storm, write_storm

RESIDENTS, ODD = 12, ("gone", "not_found", "throttle", "slow")
TOWNS = (*ORDERING, *BY_POLICY)
LOOK_AGAIN_S = 0.1


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast the storm's clock runs (scenario seconds a second), and the pauses of officers and newcomers."""

    speed: float = 250.0
    order_s: float = 0.8
    newcomer_s: float = 1.5


@dataclass(slots=True)
class Load:
    """What goes on. `end()` lets everybody finish what they began."""

    system: System
    storm: Storm
    residents: Residents
    listener: Listener
    witness: Witness
    pulse: Pulse
    desks: dict[str, Town]
    index_moved: list[float] = field(default_factory=list)
    ending: asyncio.Event = field(default_factory=asyncio.Event)
    workers: list[asyncio.Task[None]] = field(default_factory=list)

    async def end(self) -> datetime:
        """Everybody goes home; the storm's time, which stands still now."""
        self.ending.set()
        await asyncio.wait(self.workers)
        async with httpx.AsyncClient(base_url=self.system.url("replay"), timeout=10) as replay:
            answer = (await replay.post("/clock/hold")).raise_for_status().json()
        return datetime.fromisoformat(answer["now"])


@contextlib.asynccontextmanager
async def under_load(folder: Path, pace: Pace) -> AsyncIterator[Load]:
    """Everything runs, and goes on until `end()`."""
    storm = write_storm(folder)
    wanted = Wanted(storm.file, None, speed=pace.speed)
    async with running(wanted, Console(width=160)) as system, towns(system, ORDERING | BY_POLICY) as desks:
        listener = Listener(system.url("broadcast"), system.people.partner_token)
        witness, pulse = Witness(system.where), Pulse(system.where)
        load = Load(system, storm, Residents(system), listener, witness, pulse, desks)
        following = (witness.run(), pulse.run(), listener.run(), _watch_index(load))
        async with asyncio.TaskGroup() as group:  # whoever fails ends the test at once
            beside = [group.create_task(work) for work in following]
            await _prepare(load)
            load.workers += [group.create_task(work) for work in _work(load, pace)]
            try:
                yield load
            finally:
                for task in (*beside, *load.workers):
                    task.cancel()


async def _prepare(load: Load) -> None:
    for town in TOWNS:
        await load.residents.settle(town, RESIDENTS, behaviours=ODD)
    for code in BY_POLICY:
        await load.desks[code].sign(landslide_policy(code))
    async with asyncio.timeout(10):
        await load.listener.connected.wait()
    async with httpx.AsyncClient(base_url=load.system.url("replay"), timeout=10) as replay:
        (await replay.post("/clock/resume")).raise_for_status()


def _work(load: Load, pace: Pace) -> list[Coroutine[None, None, None]]:
    ordering = [orders_all_day(load.desks[code], load.ending, pace.order_s) for code in ORDERING]
    lifting = [lifts_all_day(load.desks[code], load.witness, load.ending) for code in BY_POLICY]
    coming = load.residents.come_all_day(TOWNS, load.ending, pace.newcomer_s)
    return [*ordering, *lifting, coming]


async def _watch_index(load: Load) -> None:
    """Note whenever the index of subscribers moved on. A Redis that was just killed says nothing."""
    redis, before = connect(load.system.redis_url), 0
    try:
        while True:
            with contextlib.suppress(RedisError):
                state = await index_state(redis, load.system.where.namespace)
                now = sum(state.offsets.values()) if state else 0
                if now != before:
                    load.index_moved.append(time.time())
                before = now
            await asyncio.sleep(LOOK_AGAIN_S)
    finally:
        await redis.aclose()
