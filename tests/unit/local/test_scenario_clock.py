"""The scenario's clock: nothing is jumped over, and it stands still where people act."""

import asyncio
from datetime import timedelta

import pytest

from local.scenario import DEFAULT_SCENARIO, load_scenario
from local.scenario_clock import ScenarioClock

SCENARIO = load_scenario(DEFAULT_SCENARIO)
FEED = frozenset({"stage"})


async def test_time_waits_until_every_feed_was_read() -> None:
    """While the reader has not come, the moment stays; each read lets time go on by one moment."""
    clock = ScenarioClock(SCENARIO, FEED, None)
    running = asyncio.create_task(clock.run())
    await clock.resume()
    first, second = SCENARIO.moments()[:2]
    await clock.read("stage")
    await clock.wait_after(SCENARIO.start, 2)
    assert clock.now == first
    await clock.read("stage")
    await clock.wait_after(first, 2)
    assert clock.now == second
    running.cancel()


async def test_a_hold_ahead_stops_exactly_there() -> None:
    """A clock told to hold at a moment ahead stands still when it arrives, however eager the readers are."""
    clock = ScenarioClock(SCENARIO, frozenset(), None)
    running = asyncio.create_task(clock.run())
    stop = SCENARIO.moments()[3]
    await clock.resume()
    await clock.hold(stop)
    await clock.wait_after(SCENARIO.moments()[2], 2)
    assert (clock.now, clock.held) == (stop, True)
    running.cancel()


async def test_the_clock_never_goes_back() -> None:
    """Advancing to the past is refused: ages and holds would turn negative."""
    clock = ScenarioClock(SCENARIO, FEED, None)
    with pytest.raises(ValueError, match="never goes back"):
        await clock.advance(SCENARIO.start - timedelta(minutes=1))


async def test_resuming_runs_to_the_next_stop() -> None:
    """The scenario's own stops hold the clock again."""
    clock = ScenarioClock(SCENARIO, frozenset(), None)
    await clock.advance(SCENARIO.stops[0])
    await clock.resume()
    assert (clock.held, clock.stop_at) == (False, SCENARIO.stops[1])
