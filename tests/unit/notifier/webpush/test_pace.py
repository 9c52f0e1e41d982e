"""One push service's lane: slower when told, resting when nobody answers, urgent first, and alone with its troubles."""

import asyncio
from contextlib import AsyncExitStack
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.outcome import ACCEPTED, GONE, THROTTLED, UNAVAILABLE, UNREACHED, Meaning
from notifier.webpush.pace import (
    FAULTS_TO_OPEN,
    FIRST_RATE,
    HIGHEST_RATE,
    IN_FLIGHT,
    LONGEST_REST_S,
    LOWEST_RATE,
    PATIENCE_S,
    Lane,
    Lanes,
    Pace,
)

MEANINGS = st.sampled_from([ACCEPTED, GONE, THROTTLED, UNAVAILABLE, UNREACHED])


def test_the_rate_is_kept() -> None:
    """At r per second the n-th place is n/r away, less what may go in one burst."""
    pace = Pace(rate=10.0)
    waits = [pace.admit(100.0) for _ in range(11)]
    assert waits[0] == 0.0
    assert waits[10] == pytest.approx(0.95, abs=0.001)


def test_told_too_much_the_rate_halves_once_a_second() -> None:
    """A hundred requests under way are told the same: one hint."""
    pace = Pace()
    for _ in range(100):
        pace.heard(THROTTLED, 10.0)
    assert pace.rate == FIRST_RATE / 2
    pace.heard(THROTTLED, 11.0)
    assert pace.rate == FIRST_RATE / 4


def test_the_rate_grows_back_by_seconds_of_success_not_by_requests() -> None:
    """Additive: ten seconds of any number of successes are worth the same."""
    pace = Pace(rate=100.0)
    for tenth in range(101):
        pace.heard(ACCEPTED, 10.0 + tenth / 10)
    assert pace.rate == pytest.approx(100.0 + 10 * 200.0)


def test_who_would_wait_too_long_is_sent_away() -> None:
    """A slow service must not hold a job: its recipients come back later."""
    pace = Pace(rate=LOWEST_RATE)
    waits = [pace.admit(5.0) for _ in range(100)]
    assert sum(wait <= PATIENCE_S for wait in waits) == pytest.approx(PATIENCE_S * LOWEST_RATE + 1, abs=1)


def test_a_service_that_never_answers_rests_and_is_probed_by_one() -> None:
    """Then twice as long each time, up to half a minute; one answer of any kind ends it."""
    pace = Pace()
    for _ in range(FAULTS_TO_OPEN):
        pace.heard(UNAVAILABLE, 50.0)
    assert pace.admit(50.5) > PATIENCE_S
    assert pace.admit(51.1) == 0.0
    assert pace.admit(51.1) > PATIENCE_S
    pace.heard(UNAVAILABLE, 51.2)
    assert pace.admit(52.5) > PATIENCE_S
    assert pace.admit(53.3) == 0.0
    pace.heard(GONE, 53.4)
    assert [pace.admit(53.5), pace.admit(53.5)] == [0.0, 0.0]


def test_a_probe_that_was_not_used_is_given_to_the_next() -> None:
    """The guard may stop the very parcel that would have probed."""
    pace = Pace(faults=FAULTS_TO_OPEN)
    assert pace.admit(1.0) == 0.0
    pace.gave_up()
    assert pace.admit(1.0) == 0.0


@given(st.lists(st.tuples(MEANINGS, st.floats(0, 10)), max_size=200))
def test_whatever_is_heard_the_rate_stays_in_its_bounds(heard: list[tuple[Meaning, float]]) -> None:
    """And the rest is never longer than agreed."""
    pace, now = Pace(), 0.0
    for meaning, passed in heard:
        now += passed
        assert pace.admit(now) >= 0.0
        pace.heard(meaning, now)
        assert LOWEST_RATE <= pace.rate <= HIGHEST_RATE
        assert pace.rest_s <= LONGEST_REST_S
        assert pace.open_until <= now + LONGEST_REST_S


async def test_urgent_parcels_go_before_ordinary_ones_that_wait() -> None:
    """A drill that is on its way does not keep a real order waiting."""
    lane, order = Lane(lambda: 0.0, free=1), list[str]()
    first_in, let_go = asyncio.Event(), asyncio.Event()

    async def one(name: str, urgent: bool, hold: bool = False) -> None:
        async with lane.place(urgent):
            order.append(name)
            if hold:
                first_in.set()
                await let_go.wait()

    async with asyncio.TaskGroup() as group:
        group.create_task(one("drill 1", urgent=False, hold=True))
        await first_in.wait()
        for name, urgent in [("drill 2", False), ("drill 3", False), ("order 1", True), ("order 2", True)]:
            group.create_task(one(name, urgent))
        await asyncio.sleep(0)
        let_go.set()
    assert order == ["drill 1", "order 1", "order 2", "drill 2", "drill 3"]
    assert lane.free == 1


async def test_a_cancelled_wait_gives_its_place_back() -> None:
    """Otherwise a lane would silt up."""
    lane = Lane(lambda: 0.0, free=1)

    async def hold(until: asyncio.Event) -> None:
        async with lane.place(urgent=True):
            await until.wait()

    let_go = asyncio.Event()
    held, waits = asyncio.create_task(hold(let_go)), asyncio.create_task(hold(let_go))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    waits.cancel()
    let_go.set()
    await asyncio.wait({held, waits})
    assert lane.free == 1


async def test_one_service_that_hangs_does_not_take_anothers_places() -> None:
    """Each origin has its own."""
    lanes = Lanes(count(step=0.01).__next__)
    stuck, well = lanes.of("https://a.example"), lanes.of("https://b.example")
    async with AsyncExitStack() as held:
        for _ in range(IN_FLIGHT):
            await held.enter_async_context(stuck.place(urgent=True))
        assert stuck.free == 0
        async with asyncio.timeout(1), well.place(urgent=False) as wait_s:
            assert wait_s is None
    assert lanes.of("https://a.example") is stuck
