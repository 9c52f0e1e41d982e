"""Event time where there is no scenario: real, and it passes."""

import time
from datetime import UTC, datetime, timedelta

from schemas.process.clock import RealClock, clock_from, now_utc


async def test_without_a_scenario_time_is_real() -> None:
    """Aware, and it passes."""
    clock = clock_from(None)
    assert isinstance(clock, RealClock)
    before, started = await clock.now(), time.monotonic()
    assert before.tzinfo is UTC
    assert await clock.sleep_until(before + timedelta(milliseconds=30)) >= before + timedelta(milliseconds=30)
    assert time.monotonic() - started >= 0.02
    assert await clock.sleep_until(before - timedelta(days=1)) <= now_utc()
    await clock.close()


class SetBack(RealClock):
    """Real time until it has been asked twice; then somebody puts the clock back by a day."""

    def __init__(self) -> None:
        self.asked = 0

    async def now(self) -> datetime:
        """The time as that clock shows it."""
        self.asked += 1
        return now_utc() - timedelta(days=self.asked > 2)


async def test_a_clock_that_is_put_back_holds_nobody_up() -> None:
    """What was to take a tenth of a second takes that, not a day and a tenth of a second."""
    clock, before = SetBack(), time.monotonic()
    woke = await clock.sleep_until(await clock.now() + timedelta(seconds=0.1), "x")
    assert 0.08 < time.monotonic() - before < 20
    assert woke < now_utc() - timedelta(hours=23)
