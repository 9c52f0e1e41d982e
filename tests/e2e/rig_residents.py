"""Residents with virtual devices, who subscribe again until they are let in."""

import asyncio
import contextlib
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx

from local.system import System
from schemas.process.clock import now_utc

PATIENCE_S = 60.0
TRY_AGAIN_S = 0.5
AT_ONCE = 6


class NotLetIn(AssertionError):
    """A device could not subscribe within PATIENCE_S."""


@dataclass(frozen=True, slots=True)
class Resident:
    """One device: where it wants news of, whether it opted in to drills, and when the door said 201 (real time)."""

    device: str
    subscriber: str
    place: str
    drills: bool
    behaviour: str
    joined_at: datetime


@dataclass(slots=True)
class Residents:
    """All devices of a test. `tried_again` counts knocks that were not answered with 201."""

    system: System
    all: list[Resident] = field(default_factory=list)
    tried_again: int = 0
    _gate: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def settle(self, place: str, count: int, drills: bool = False, behaviours: tuple[str, ...] = ()) -> None:
        """`count` devices; the first ones behave as told (see the virtual push service), the others answer at once."""
        kinds = [*behaviours, *["ok"] * (count - len(behaviours))]
        async with asyncio.TaskGroup() as group:
            for kind in kinds:
                group.create_task(self.join(place, drills, kind))

    async def join(
        self, place: str, drills: bool = False, behaviour: str = "ok", ticket: str | None = None
    ) -> Resident:
        """One more device; with the desk's ticket an officer's."""
        async with self._gate:
            made = await self._device(place, behaviour)
            subscriber = await self.let_in(made["subscription"], place, drills, ticket)
        resident = Resident(made["id"], subscriber, place, drills, behaviour, now_utc())
        self.all.append(resident)
        return resident

    async def let_in(self, subscription: dict[str, Any], place: str, drills: bool, ticket: str | None = None) -> str:
        """Knock until the door says 201; the subscriber's id."""
        body = {"subscription": subscription, "places": [place], "lang": "ja", "drills": drills}
        answer = await self._door("POST", "/subscriptions", body | ({"ticket": ticket} if ticket else {}))
        return str(answer["subscriber"])

    async def come_all_day(self, places: tuple[str, ...], ending: asyncio.Event, pause_s: float) -> None:
        """One more device after another, place by place, until told to end."""
        while not ending.is_set():
            for place in places:
                await self.join(place)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(ending.wait(), pause_s)

    async def screens(self) -> dict[str, dict[str, Any]]:
        """What every device of the push service shows, by its id."""
        async with httpx.AsyncClient(base_url=self.system.url("push"), timeout=30) as push:
            return {view["id"]: view for view in (await push.get("/devices")).raise_for_status().json()}

    async def sums(self) -> dict[str, int]:
        """Over all devices: answers by status, rang, repeats, stale, unreadable."""
        views = (await self.screens()).values()
        sums = Counter({name: sum(view[name] for view in views) for name in ("rang", "repeats", "stale")})
        sums["unreadable"] = sum(len(view["unreadable"]) for view in views)
        for view in views:
            sums.update({f"answered {status}": count for status, count in view["answers"].items()})
        return dict(sums)

    async def _device(self, place: str, behaviour: str) -> dict[str, Any]:
        key = (await self._door("GET", "/vapid"))["public_key"]
        told = {"kind": behaviour} | ({"times": 1, "retry_after": "1"} if behaviour == "throttle" else {})
        wish = {"count": 1, "application_key": key, "label": place, "behaviour": told}
        async with httpx.AsyncClient(base_url=self.system.url("push"), timeout=30) as push:
            made: dict[str, Any] = (await push.post("/devices", json=wish)).raise_for_status().json()[0]
        return made

    async def _door(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        why = "nothing was tried"
        with contextlib.suppress(TimeoutError):
            async with (
                asyncio.timeout(PATIENCE_S),
                httpx.AsyncClient(base_url=self.system.url("api"), timeout=10) as api,
            ):
                while True:
                    try:
                        answer = (await api.request(method, path, json=body)).raise_for_status()
                    except httpx.HTTPError as error:
                        why, self.tried_again = f"{type(error).__name__}: {error}", self.tried_again + 1
                        await asyncio.sleep(TRY_AGAIN_S)
                    else:
                        found: dict[str, Any] = answer.json()
                        return found
        raise NotLetIn(f"{method} {path}: not answered within {PATIENCE_S:.0f} s; the last try: {why}")
