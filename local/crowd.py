"""Residents and officers with virtual devices: made at the virtual push service, subscribed at the notifier's door."""

import asyncio
from dataclasses import dataclass
from typing import Any

import httpx

AT_ONCE = 8
ODD = (
    ("gone", {"kind": "gone"}),
    ("gone", {"kind": "not_found"}),
    ("gone", {"kind": "gone"}),
    ("throttled", {"kind": "throttle", "times": 1, "retry_after": "1"}),
    ("throttled", {"kind": "throttle", "times": 2, "retry_after": "1"}),
    ("unavailable", {"kind": "unavailable", "times": 1}),
    ("slow", {"kind": "slow", "delay_s": 1.0}),
    ("slow", {"kind": "slow", "delay_s": 0.5}),
)
"""How the first devices of every place behave; all others answer at once."""


@dataclass(frozen=True, slots=True)
class Device:
    """One subscribed device: whose, where, in which language, and how it was told to behave."""

    id: str
    subscriber: str
    place: str
    lang: str
    behaviour: str
    officer: str | None = None


class Crowd:
    """Makes and looks at devices over the push service's own door and the notifier's."""

    def __init__(self, push: str, api: str) -> None:
        self._push = httpx.AsyncClient(base_url=push, timeout=30)
        self._api = httpx.AsyncClient(base_url=api, timeout=30)
        self._gate = asyncio.Semaphore(AT_ONCE)
        self.devices: list[Device] = []

    async def settle(self, place: str, count: int) -> None:
        """`count` residents of a place: two in three read Japanese, the third English; the first ones are odd."""
        key = await self._key()
        odd = ODD[: count // 5]
        wishes = [*odd, *[("ok", {"kind": "ok"})] * (count - len(odd))]
        async with asyncio.TaskGroup() as group:
            for number, (name, behaviour) in enumerate(wishes):
                lang = "en" if number % 3 == 2 else "ja"
                group.create_task(self._join(key, place, lang, name, behaviour))

    async def officer(self, officer: str, place: str, ticket: str) -> None:
        """The device of an officer, registered for calls with the desk's ticket."""
        await self._join(await self._key(), place, "ja", "ok", {"kind": "ok"}, officer, ticket)

    async def screens(self) -> dict[str, dict[str, Any]]:
        """What every device shows, by device id."""
        return {view["id"]: view for view in (await self._push.get("/devices")).json()}

    async def until_rung(self, officer: str, call_id: str, seconds: float) -> None:
        """Wait until an officer's device shows a call; raises TimeoutError."""
        devices = {device.id for device in self.devices if device.officer == officer}
        seen = 0
        async with asyncio.timeout(seconds):
            while True:
                news = (await self._push.get("/pushes", params={"after": seen, "wait": 5})).json()
                if any(n["device"] in devices and n["shown"] and n["shown"]["id"] == call_id for n in news):
                    return
                seen += len(news)

    async def close(self) -> None:
        """Close the connections."""
        await self._push.aclose()
        await self._api.aclose()

    async def _key(self) -> str:
        return str((await self._api.get("/vapid")).raise_for_status().json()["public_key"])

    async def _join(
        self,
        key: str,
        place: str,
        lang: str,
        name: str,
        behaviour: dict[str, Any],
        officer: str | None = None,
        ticket: str | None = None,
    ) -> None:
        wish = {"count": 1, "application_key": key, "label": officer or place, "behaviour": behaviour}
        async with self._gate:
            made = (await self._push.post("/devices", json=wish)).raise_for_status().json()[0]
            body = {"subscription": made["subscription"], "places": [place], "lang": lang, "drills": False}
            answer = await self._api.post("/subscriptions", json=body | ({"ticket": ticket} if ticket else {}))
            subscriber = answer.raise_for_status().json()["subscriber"]
        self.devices.append(Device(made["id"], subscriber, place, lang, name, officer))
