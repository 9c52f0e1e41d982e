"""A clock that jumps shows in ticks, and in what a poll says of when it was made: what is said, held, and let go."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.records.base import Hazard
from schemas.records.observed import Bulletin, ReadingBatch
from tests.unit.streams.detect.facts import number, stated
from tests.unit.streams.inputs import (
    FUJISAWA_AREA,
    GAUGE,
    Run,
    batch,
    bulletin,
    climb,
    item,
    jst,
    polls,
    reading,
    tick,
)

MIN, HOUR = timedelta(minutes=1), timedelta(hours=1)
JUMP = 2 * HOUR
FLOOD, LAND = Hazard.FLOOD, Hazard.LANDSLIDE
OVER_L3 = polls(climb(jst("21 10:00"), 4.6, 4.7, 4.8, 5.0, 5.25, 5.3))
LAST, NOW = jst("21 10:50"), jst("21 10:53")
"""The newest reading, and the poll that brought it."""


def standing() -> Run:
    """境川橋 over L3 and a landslide statement of level 4, seen by a clock that is right."""
    return Run().take(*OVER_L3, bulletin(NOW, item(LAND, 4)), tick(NOW))


def polled(at: datetime, value: float, clock: timedelta) -> ReadingBatch:
    """A reading of `at`, brought three minutes later by a poll whose clock is wrong by `clock`."""
    return batch(at + 3 * MIN + clock, reading(at, value))


CALLED = standing().levels()
ASKED = [GAUGE, "kawabou"]


@pytest.mark.parametrize("jumps", [[JUMP], [-JUMP], [JUMP, timedelta(), -JUMP, JUMP]], ids=["on", "back", "to and fro"])
def test_no_level_rises_or_falls_by_a_jump(jumps: list[timedelta]) -> None:
    """Levels are of records' own times: what was called for is, and nothing else."""
    run = standing().take(*(tick(NOW + jump) for jump in jumps))
    assert run.levels() == CALLED == {(FUJISAWA_AREA, FLOOD): 3, (FUJISAWA_AREA, LAND): 4}


def test_two_hours_on_every_gauge_is_called_silent_and_each_ends_with_its_next_reading() -> None:
    """As after two hours without data, which nobody can tell from it. Here the sources' time went on as well."""
    run = standing().take(tick(NOW + JUMP))
    assert [s.subject for s in run.recommendations[-1].silences] == ASKED
    run.take(polled(LAST + JUMP, 5.3, timedelta()))
    assert run.recommendations[-1].silences == ()


def test_a_clock_that_is_ahead_alone_ends_no_silence_until_it_is_right_again() -> None:
    """A reading of now looks two hours old to it; levels move with it all the same."""
    run = standing().take(tick(NOW + JUMP), polled(LAST + 10 * MIN, 5.5, JUMP), polled(LAST + 20 * MIN, 5.7, JUMP))
    assert run.levels()[FUJISAWA_AREA, FLOOD] == 4
    assert GAUGE in [s.subject for s in run.recommendations[-1].silences]
    run.take(polled(LAST + 30 * MIN, 5.75, timedelta()))
    assert run.recommendations[-1].silences == ()


def test_after_a_jump_back_a_silence_is_told_later_by_as_much_and_none_is_taken_back() -> None:
    """The gauge fell silent at 10:50; the clock says 11:11 two hours after that."""
    run = standing().take(*(tick(NOW - JUMP + minutes * MIN) for minutes in range(0, 137, 10)))
    assert run.said("SI") == []
    run.take(tick(LAST + 21 * MIN))
    assert run.said("SI") == [("SI", "began", None, "21 11:10")]
    silences = run.recommendations[-1].silences
    run.take(tick(LAST - JUMP))
    assert run.recommendations[-1].silences == silences


def test_a_reading_from_further_ahead_than_the_clock_allows_is_not_acted_on() -> None:
    """A poll's clock two hours behind: it may be the source that is wrong. With the clock right it counts."""
    run = standing().take(polled(LAST + 10 * MIN, 5.7, -JUMP))
    assert run.levels() == CALLED
    run.take(polled(LAST + 20 * MIN, 5.7, timedelta()), polled(LAST + 30 * MIN, 5.72, timedelta()))
    assert run.levels()[FUJISAWA_AREA, FLOOD] == 4


def expected(at: datetime) -> Bulletin:
    """An advisory which says that level 4 is expected from `at`."""
    return bulletin(NOW, stated(LAND, 2, number("criteria_level", 4.0, at, 4)), carrier="VPWW56")


def test_an_official_deadline_is_passed_early_by_a_jump_on_and_stays_passed() -> None:
    """Six hours ahead, and two hours is what leaving takes: early is the safe side."""
    run = Run().take(expected(NOW + 3 * HOUR), tick(NOW + 30 * MIN))
    assert run.said("LS-4d") == []
    run.take(tick(NOW + 30 * MIN + JUMP))
    assert run.levels() == {(FUJISAWA_AREA, LAND): 4}
    run.take(tick(NOW + 31 * MIN), polled(LAST + 31 * MIN, 4.0, timedelta()))
    assert run.levels() == {(FUJISAWA_AREA, LAND): 4}


def test_an_official_deadline_waits_for_a_clock_that_went_back() -> None:
    """It is passed when the clock shows it, once."""
    run = Run().take(expected(NOW + 3 * HOUR), tick(NOW - JUMP), tick(NOW), tick(NOW + 59 * MIN))
    assert run.said("LS-4d") == []
    run.take(tick(NOW + HOUR), tick(NOW - JUMP), tick(NOW + HOUR))
    assert len(run.said("LS-4d")) == 1


@given(st.lists(st.integers(min_value=-130, max_value=130), max_size=12))
def test_a_deadline_that_came_near_before_a_statement_is_never_missed(minutes: list[int]) -> None:
    """However the clock went before: with the time near by the statement's own words, it calls at once."""
    run = Run().take(*OVER_L3, *(tick(NOW + jump * MIN) for jump in minutes), expected(NOW + JUMP))
    assert run.levels()[FUJISAWA_AREA, LAND] == 4


def held(run: Run) -> Run:
    """Level 4, said three hours before it came."""
    came = NOW + 3 * HOUR
    return run.take(replace(bulletin(NOW, item(LAND, 4)), received_at=came))


def test_old_news_in_force_is_held_no_longer_because_the_clock_went_back() -> None:
    """Two hours back, and not two hours later: who is in danger is not let wait for a clock."""
    run = held(Run()).take(tick(NOW + 3 * HOUR - 50 * timedelta(seconds=1)))
    assert run.levels() == {}
    run.take(tick(NOW + 3 * HOUR - JUMP))
    assert run.levels() == {(FUJISAWA_AREA, LAND): 4}


def test_old_news_is_let_go_by_the_first_tick_of_a_clock_that_went_on() -> None:
    """Nothing more came for two hours, as far as it can tell."""
    assert held(Run()).take(tick(NOW + 3 * HOUR + JUMP)).levels() == {(FUJISAWA_AREA, LAND): 4}


def test_a_receiver_whose_clock_is_ahead_takes_every_statement_for_old_news_and_holds_it_a_moment() -> None:
    """Ten seconds of waiting, and the level is called for."""
    fast = replace(bulletin(NOW, item(LAND, 4)), received_at=NOW + JUMP)
    run = Run().take(fast, tick(NOW + JUMP + timedelta(seconds=5)))
    assert run.levels() == {}
    assert run.take(tick(NOW + JUMP + timedelta(seconds=10))).levels() == {(FUJISAWA_AREA, LAND): 4}


@given(st.lists(st.integers(min_value=-200, max_value=200), min_size=1, max_size=20))
def test_whatever_the_clock_does_every_silence_ends_with_fresh_data(minutes: list[int]) -> None:
    """And at most one begins: ticks in any order are no more than one story of the gauge."""
    run = standing().take(*(tick(NOW + jump * MIN) for jump in minutes))
    began = [d for d in run.said("SI") if d[1] == "began"]
    assert len(began) <= 1
    run.take(polled(LAST + 4 * HOUR, 5.3, timedelta()))
    assert run.recommendations[-1].silences == ()
    assert run.levels() == CALLED
