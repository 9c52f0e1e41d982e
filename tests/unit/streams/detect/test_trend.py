"""Rate of rise and the time that is left, as a range."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.records.base import World
from schemas.records.judged import Phase
from streams.detect.area import initial
from streams.detect.knowledge import Tuning
from streams.detect.readings import take_batch
from streams.detect.series import Series
from streams.detect.swing import UNKNOWN, Swing
from streams.detect.trend import STILL, Now, Rising, Trend, approach, fit, horizon, lead, minutes_to, pace, rapid
from tests.unit.streams.inputs import FUJISAWA, climb, jst, knowledge, polls

TUNING = Tuning()
# 境川橋, 2026-09-21 14:00 to 15:00 JST (recorded data, river/sakaigawa_10min).
SAKAI = (3.34, 3.57, 3.75, 4.02, 4.23, 4.48, 4.63)


def series(*values: float, step_s: int = 600) -> Series:
    """Valid samples a fixed step apart."""
    return tuple((step_s * (i + 1), v, 0, 0) for i, v in enumerate(values))


def fitted(*values: float, step_s: int = 600) -> Trend:
    """The trend at the last of these values."""
    found = fit(series(*values, step_s=step_s), step_s * len(values), values[-1], TUNING)
    assert found is not None
    return found


def test_a_straight_rise_has_its_slope() -> None:
    """0.1 m in ten minutes is 0.6 m in an hour, in every quartile."""
    trend = fitted(1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6)
    assert trend == pytest.approx((0.6, 0.6, 0.6, 0.1, 0.6, 0.6))


def test_the_sakai_river_rose_rapidly_at_15() -> None:
    """+1.29 m in the hour before 15:00, by subtraction from the record."""
    trend = fitted(*SAKAI)
    assert trend.rise_1h == pytest.approx(1.29)
    assert trend.dh10 == pytest.approx(0.15)
    assert rapid(trend, 4.63, 5.65, TUNING)


def test_one_bad_sample_hardly_moves_it() -> None:
    """That is what Theil-Sen is for."""
    assert fitted(1.0, 1.1, 9.9, 1.3, 1.4, 1.5, 1.6).slope == pytest.approx(0.6, abs=0.1)


def test_three_samples_are_insufficient_data() -> None:
    """No trend is better than a bold one."""
    assert fit(series(1.0, 2.0, 3.0), 1800, 3.0, TUNING) is None


def test_five_minute_gauges_are_measured_over_ten_minutes_too() -> None:
    """dh10 is a rise per ten minutes, whatever the interval."""
    assert fitted(1.0, 1.05, 1.10, 1.15, 1.20, 1.25, 1.30, step_s=300).dh10 == pytest.approx(0.1)
    assert fitted(1.0, 1.3, 1.6, 1.9, step_s=900).dh10 == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("trend", "value", "l4", "expected"),
    [
        (Trend(0.0, 0.0, 0.0, 0.30, 0.30), 3.0, 9.0, True),
        (Trend(0.0, 0.0, 0.0, 0.29, 0.99), 3.0, 9.0, False),
        (Trend(0.0, 0.0, 0.0, 0.10, 1.00), 3.0, 9.0, True),
        (Trend(1.0, 1.0, 1.0, 0.17, 0.90), 4.65, 5.65, True),
        (Trend(0.9, 0.9, 0.9, 0.15, 0.90), 4.65, 5.65, False),
        (Trend(0.9, 0.9, 0.9, 0.15, 0.90), 4.65, None, False),
    ],
    ids=["0.30 m in 10 min", "just under both", "1.0 m in 1 h", "L4 in 60 min", "L4 in 67 min", "no L4 known"],
)
def test_rapid_rise_is_any_of_three(trend: Trend, value: float, l4: float | None, expected: bool) -> None:
    """The defaults of docs/detection.md."""
    assert rapid(trend, value, l4, TUNING) is expected


def test_the_time_left_is_a_range_and_bounded() -> None:
    """0.9 m at 1 m/h is 54 minutes, give or take; nothing beyond 90 is ever shown."""
    steady = Trend(1.0, 1.0, 1.0, 1 / 6, 1.0, 1.0)
    assert pace(steady, 0.9, TUNING) == pytest.approx(1.0)
    low, high = lead(steady, 5.9, 6.8, TUNING)
    assert (low, high) == pytest.approx((54 * TUNING.soonest, min(54 * TUNING.latest, 90)))
    assert lead(Trend(0.0, -0.1, 0.0, 0, 0), 5.9, 6.8, TUNING) == (90, 90)


def test_all_three_measures_must_agree_on_a_pace() -> None:
    """One value alone never makes a pace: the newest has no part in the 20 minutes before it."""
    assert pace(Trend(0.0, 0.0, 0.0, 0.3, 0.3, 0.0), 0.1, TUNING) == 0.0
    quick = pace(Trend(0.1, 0.1, 0.1, 0.3, 0.4, 1.0), 1.0, TUNING)
    assert 0.1 < quick < 1.8
    assert pace(Trend(1.0, 1.0, 1.0, 0.0, 1.0, 1.0), 1.0, TUNING) < 0.2


@settings(deadline=None)
@given(st.floats(0.01, 5), st.floats(0.01, 3))
def test_a_falling_or_still_river_never_arrives(distance: float, slope: float) -> None:
    """No time to a threshold without a rise towards it."""
    assert minutes_to(distance, -slope) == minutes_to(distance, 0.0) == float("inf")


def test_an_approach_carries_its_own_evidence() -> None:
    """境川橋 from 13:30: what was measured of the rise, why it counts as near, and the range in minutes."""
    state, known, seen = initial(World.ACTUAL, FUJISAWA), knowledge(), []
    for poll in polls(climb(jst("21 13:30"), 3.05, 3.13, 3.17, *SAKAI[:4])):
        state, new = take_batch(state, poll, known)
        seen += [s for s in new if s.rule == "TR-L2"]
    assert [(s.phase, s.at) for s in seen] == [(Phase.BEGAN, int(jst("21 14:10").timestamp()))]
    stage, rise = seen[0].evidence
    assert (stage.kind, rise.kind, rise.unit, rise.threshold) == ("reading", "rise", "m/h", 4.5)
    assert "直近10分 +1.38 m/h、その前20分 +0.63 m/h" in rise.text
    assert "氾濫注意水位 4.50 m まで" in rise.text


RISE, STOP = Trend(1.0, 1.0, 1.0, 1 / 6, 0.5, 1.0), Trend(0.0, 0.0, 0.0, 0.0, 0.0)
HEIGHTS = (4.0, 6.0)


def test_an_approach_ends_at_the_threshold_or_when_unseen_for_the_hold() -> None:
    """It begins within the horizon of the threshold."""
    coming = approach(STILL, HEIGHTS, Now(600, 3.5), RISE, TUNING)
    assert coming.since == (600, 0)
    assert approach(coming, HEIGHTS, Now(1200, 4.0), STOP, TUNING) == STILL
    assert approach(coming, HEIGHTS, Now(1200, 3.5), STOP, TUNING).since == (600, 0)
    assert approach(coming, HEIGHTS, Now(2400, 3.5), STOP, TUNING) == STILL


def test_a_lost_or_frozen_gauge_ends_no_approach() -> None:
    """Half an hour without a rise counts only where it was measured."""
    coming = approach(STILL, HEIGHTS, Now(600, 3.5), RISE, TUNING)
    assert approach(coming, HEIGHTS, Now(9600, 3.6, frozen=True), STOP, TUNING).since == (600, 0)
    back = approach(coming, HEIGHTS, Now(9600, 3.6, resumed=True), None, TUNING)
    assert (back.since, back.last) == ((600, 0), (9600, 0))
    assert approach(back, HEIGHTS, Now(10800, 3.6), None, TUNING).since == (600, 0)
    assert approach(back, HEIGHTS, Now(11400, 3.6), None, TUNING) == STILL


def test_a_threshold_that_counts_as_exceeded_is_not_approached() -> None:
    """A river that dips under it and comes back within the hysteresis is one episode."""
    assert approach(STILL, HEIGHTS, Now(600, 3.95, over=(300, 0)), RISE, TUNING) == STILL


def test_a_gauge_that_swings_by_itself_is_believed_for_a_shorter_time_ahead() -> None:
    """Half the way to the threshold on each of three days: a horizon of 64 / (1 + 4 / 2) min; never under 27."""
    tidal = Swing(1, 1.0, 2.0, (1.0, 2.0, 1.1, 2.3, 1.0, 2.1))
    assert (tidal.every_day, tidal.lowest) == (1.0, 1.0)
    assert horizon(UNKNOWN, 3.0, TUNING) == TUNING.horizon_min
    assert horizon(tidal, 3.0, TUNING) == 27 > 64 / 3
    assert horizon(tidal, 5.0, TUNING) == pytest.approx(64 / 2)
    assert horizon(tidal, 2.2, TUNING) == 27
    assert approach(Rising(swing=tidal), (3.0,), Now(600, 2.4), RISE, TUNING).since == ()
    assert approach(Rising(), (3.0,), Now(600, 2.4), RISE, TUNING).since == (600,)
