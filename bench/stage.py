"""A storm on stage: telegrams published one at a time, orders waited for until their devices have them, then lifted."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from bench.load import is_load
from bench.storm import Step
from bench.town_hall import TownHall, open_town_halls
from local.crowd import Crowd
from local.system import System
from local.witness import Sighting, Witness
from schemas.records.decided import Call, CallState, Order
from schemas.records.delivered import JobOutcome
from schemas.records.observed import ReadingBatch

STEP_S = 15.0
AT_ONCE = 6


@dataclass(slots=True)
class Seen:
    """What the stage waits for: each municipality's newest order and call, and who has an end for a revision."""

    orders: dict[str, Order] = field(default_factory=dict)
    calls: dict[str, Call] = field(default_factory=dict)
    ended: defaultdict[tuple[str, int], set[str]] = field(default_factory=lambda: defaultdict(set))

    def see(self, sighting: Sighting) -> None:
        """Take in one record."""
        record = sighting.record
        if isinstance(record, Order):
            self.orders[record.municipality] = record
        elif isinstance(record, Call):
            self.calls[record.municipality] = record
        elif isinstance(record, JobOutcome):
            self.ended[record.order_id, record.revision].update(end.subscriber for end in record.ends)

    def order_in_force(self, town: str) -> Order | None:
        """The newest order of a municipality, if it is in force."""
        order = self.orders.get(town)
        return order if order is not None and order.in_force else None

    def open_call(self, town: str) -> Call | None:
        """The newest call of a municipality, if nobody answered it yet."""
        call = self.calls.get(town)
        return call if call is not None and call.state is CallState.OPEN else None

    def reached(self, town: str, devices: int) -> bool:
        """Whether this many devices have an end for the newest order of a municipality."""
        order = self.orders[town]
        return len(self.ended[order.id, order.revision]) >= devices


@dataclass(frozen=True, slots=True)
class Stage:
    """A running system with town halls and devices, and a witness of all that happens."""

    witness: Witness
    seen: Seen
    halls: dict[str, TownHall]
    clock: httpx.AsyncClient
    devices: int

    async def play(self, step: Step) -> None:
        """Publish the step's telegram and wait for what follows from it; raises NotSeen."""
        (await self.clock.post("/clock/resume")).raise_for_status()
        await _for_each(step.news, self._ordered)
        await _for_each(step.lifts, self._lifted)

    async def _ordered(self, town: str) -> None:
        await self.witness.until(lambda: self.seen.order_in_force(town), f"order of {town}", STEP_S)
        await self._reached(town)
        await self._acknowledged(town)

    async def _acknowledged(self, town: str) -> None:
        """The second area of a municipality makes a call in the place of the first one's."""
        while True:
            call = await self.witness.until(lambda: self.seen.open_call(town), f"call in {town}", STEP_S)
            if await self.halls[town].acknowledge(call.id):
                return

    async def _lifted(self, town: str) -> None:
        await self.halls[town].lift()
        await self.witness.until(lambda: self.seen.order_in_force(town) is None, f"lift of {town}", STEP_S)
        await self._reached(town)

    async def _reached(self, town: str) -> None:
        what = f"end for the {self.devices} devices of {town}"
        await self.witness.until(lambda: self.seen.reached(town, self.devices), what, STEP_S)


async def _for_each(towns: tuple[str, ...], act: Callable[[str], Awaitable[None]]) -> None:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(town: str) -> None:
        async with gate:
            await act(town)

    try:
        async with asyncio.TaskGroup() as group:
            for town in towns:
                group.create_task(one(town))
    except ExceptionGroup as failed:  # one reason is enough: the first
        raise failed.exceptions[0] from None


@contextlib.asynccontextmanager
async def stage(system: System, devices: int) -> AsyncIterator[Stage]:
    """Officers signed in, policies signed, devices subscribed; everything given back at the end."""
    crowd, seen = Crowd(system.url("push"), system.url("api")), Seen()
    witness = Witness(system.where, tell=seen.see, ignore=_is_load)
    reading = asyncio.create_task(witness.run())
    halls: dict[str, TownHall] = {}
    try:
        halls = await open_town_halls(system, crowd, devices)
        async with httpx.AsyncClient(base_url=system.url("replay"), timeout=30) as clock:
            yield Stage(witness, seen, halls, clock, devices)
    finally:
        reading.cancel()
        closing = [hall.close() for hall in halls.values()]
        await asyncio.gather(reading, *closing, crowd.close(), return_exceptions=True)


def _is_load(record: Any) -> bool:
    return isinstance(record, ReadingBatch) or is_load(getattr(record, "order_id", ""))
