"""Event time: the real UTC clock, or a replay server's scenario clock. Real time is always `now_utc`."""

import asyncio
import os
from datetime import UTC, datetime, timedelta
from typing import Protocol

import httpx

WAIT_S = 20.0


def now_utc() -> datetime:
    """Real time, aware."""
    return datetime.now(UTC)


class Clock(Protocol):
    """Where event time comes from. `sleep_until` returns once event time has reached the moment, and says it."""

    async def now(self) -> datetime:
        """Event time now."""

    async def sleep_until(self, moment: datetime, who: str = "") -> datetime:
        """Wait for event time `moment`; returns the event time then. `who` names the sleeper within this process."""

    async def close(self) -> None:
        """Give back what it holds."""


class RealClock:
    """Event time is real time."""

    async def now(self) -> datetime:
        """Real UTC time."""
        return now_utc()

    async def sleep_until(self, moment: datetime, who: str = "") -> datetime:  # noqa: ARG002 - real time waits for nobody
        """Sleep in slices, so that a machine that slept catches up; a clock that is put back holds nobody up."""
        loop = asyncio.get_running_loop()
        now = await self.now()
        ends = loop.time() + (moment - now).total_seconds()
        while (left := min((moment - now).total_seconds(), ends - loop.time())) > 0:
            await asyncio.sleep(min(left, 5.0))
            now = await self.now()
        return now

    async def close(self) -> None:
        """Nothing is held."""


class ReplayClock:
    """Event time is what the replay server says. It jumps from record to record and may stand still."""

    def __init__(self, address: str) -> None:
        self._client = httpx.AsyncClient(base_url=address, timeout=WAIT_S + 10.0, trust_env=False)
        self._told: dict[str, datetime] = {}

    async def now(self) -> datetime:
        """Scenario time; raises httpx.HTTPError if the replay server is gone, which ends the process."""
        return self._time(await self._client.get("/clock"))

    async def sleep_until(self, moment: datetime, who: str = "") -> datetime:
        """Long-polls until scenario time has reached `moment`; time then stands still until `who` sleeps again.

        A scenario that went back since `who` was last told the time holds nobody up.
        """
        just_before = (moment - timedelta(microseconds=1)).isoformat()
        wish: dict[str, str | float] = {"after": just_before, "wait": WAIT_S, "who": f"{os.getpid()}:{who}"}
        while True:
            now = self._time(await self._client.get("/clock", params=wish))
            before, self._told[who] = self._told.get(who, now), now
            if now >= moment or now < before:
                return now

    async def close(self) -> None:
        """Close the connection."""
        await self._client.aclose()

    @staticmethod
    def _time(answer: httpx.Response) -> datetime:
        answer.raise_for_status()
        return datetime.fromisoformat(answer.json()["now"]).astimezone(UTC)


def clock_from(address: str | None) -> Clock:
    """The scenario's clock if an address is set, else the real one."""
    return ReplayClock(address) if address else RealClock()
