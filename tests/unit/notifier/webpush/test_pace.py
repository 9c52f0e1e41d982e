"""How much a push service bears: fast from the start, slower when told, resting when it does not answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.outcome import ACCEPTED, GONE, THROTTLED, UNAVAILABLE, UNREACHED, Meaning
from notifier.webpush.pace import (
    BURST_S,
    DOUBLING_S,
    FIRST_RATE,
    FIRST_WINDOW,
    GROWTH_PER_S,
    HIGHEST_RATE,
    LONGEST_REST_S,
    LOWEST_RATE,
    ROW_TO_REST,
    WIDEST_WINDOW,
    Pace,
)

MEANINGS = st.sampled_from([ACCEPTED, GONE, THROTTLED, UNAVAILABLE, UNREACHED])
QUICK_S = 0.01


def told(pace: Pace, meaning: Meaning, count: int, now: float, told_s: float | None = None) -> None:
    """So many leave, and are answered at once."""
    pace.sent(count, now)
    pace.heard(meaning, count, now, QUICK_S, told_s)


def test_the_rate_is_kept() -> None:
    """What leaves in a second is the rate and one burst, however often it is asked."""
    pace, left = Pace(rate=100.0), 0
    for millisecond in range(1000):
        room = pace.room(millisecond / 1000)
        pace.sent(room, millisecond / 1000)
        pace.under_way = 0
        left += room
    assert left == pytest.approx(100 * (1 + BURST_S), abs=1)


def test_a_service_that_takes_everything_is_soon_given_everything() -> None:
    """A fully used rate doubles in DOUBLING_S; the window opens with the answers."""
    pace = Pace()
    told(pace, ACCEPTED, int(FIRST_RATE * DOUBLING_S), 1.0)
    assert pace.rate == 2 * FIRST_RATE
    assert pace.window > FIRST_WINDOW
    for second in range(20):
        told(pace, ACCEPTED, WIDEST_WINDOW, 2.0 + second)
    assert pace.rate == HIGHEST_RATE
    assert pace.window == WIDEST_WINDOW


def test_who_takes_long_is_given_no_more_at_a_time() -> None:
    """A queue inside a slow service helps nobody."""
    pace = Pace()
    pace.sent(FIRST_WINDOW, 0.0)
    pace.heard(ACCEPTED, FIRST_WINDOW, 4.0, 4.0)
    assert pace.window == FIRST_WINDOW


def test_told_too_much_the_rate_halves_once_a_second_and_grows_back_slowly() -> None:
    """A hundred requests under way are told the same: one hint. After that, seconds of success count, not requests."""
    pace = Pace()
    told(pace, THROTTLED, ROW_TO_REST - 1, 10.0)
    told(pace, ACCEPTED, 1, 10.0)
    told(pace, THROTTLED, 1, 10.5)
    assert pace.rate == FIRST_RATE / 2
    told(pace, THROTTLED, 1, 11.0)
    assert pace.rate == FIRST_RATE / 4
    for tenth in range(1, 101):
        told(pace, ACCEPTED, 5, 11.0 + tenth / 10)
    assert pace.rate == pytest.approx(FIRST_RATE / 4 + 10 * GROWTH_PER_S)


def test_a_service_that_refuses_everybody_rests_as_long_as_it_asks() -> None:
    """RFC 9110 §10.2.3: Retry-After. Then one probe finds out."""
    pace = Pace()
    told(pace, THROTTLED, ROW_TO_REST, 10.0, 30.0)
    assert [pace.room(moment) for moment in (10.1, 39.9, 40.0)] == [0, 0, 1]
    pace.sent(1, 40.0)
    assert pace.room(40.1) == 0
    pace.heard(ACCEPTED, 1, 40.2, QUICK_S)
    assert pace.room(40.3) > 1


def test_without_answers_it_rests_and_probes_with_one() -> None:
    """1 s, then twice as long each time, at most half a minute; any answer ends it."""
    pace, now, rests = Pace(), 0.0, []
    pace.sent(ROW_TO_REST, now)
    pace.heard(UNAVAILABLE, ROW_TO_REST, now, 5.0)
    for _ in range(8):
        rests.append(pace.rests_until - now)
        now = pace.rests_until
        assert pace.room(now - 0.001) == 0
        assert pace.room(now) == 1
        pace.sent(1, now)
        assert pace.room(now) == 0
        pace.heard(UNREACHED, 1, now, 5.0)
    assert rests == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]
    told(pace, GONE, 1, now + 100)
    assert not pace.is_open


@given(st.lists(st.tuples(MEANINGS, st.integers(1, 300), st.floats(0, 20), st.none() | st.floats(0, 3600))))
def test_whatever_is_heard_it_stays_within_its_bounds(heard: list[tuple[Meaning, int, float, float | None]]) -> None:
    """Rate, window and rest; and some day it may send again."""
    pace, now = Pace(), 0.0
    for meaning, wanted, after, told_s in heard:
        count = min(wanted, pace.room(now))
        pace.sent(count, now)
        now += after
        if count:
            pace.heard(meaning, count, now, after, told_s)
        assert LOWEST_RATE <= pace.rate <= HIGHEST_RATE
        assert FIRST_WINDOW <= pace.window <= WIDEST_WINDOW
        assert pace.rest_s <= LONGEST_REST_S
        assert pace.under_way == 0
    assert pace.room(max(now, pace.rests_until) + 1.0 / LOWEST_RATE) > 0
