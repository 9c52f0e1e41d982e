"""How far a gauge moves by itself: every one of three days, never one flood."""

from hypothesis import given
from hypothesis import strategies as st

from streams.detect.swing import DAY_S, UNKNOWN, Swing, swung


def after(*days: tuple[float, ...]) -> Swing:
    """The swing after days of 25 hours, each with its stages spread over it."""
    swing = UNKNOWN
    for day, stages in enumerate(days):
        for i, value in enumerate(stages):
            swing = swung(swing, 600 + day * DAY_S + i * DAY_S // len(stages), value)
    return swing


def test_a_tide_is_known_after_its_first_day() -> None:
    """Low 1.0 m and high 2.0 m, day after day."""
    assert after((1.0, 2.0, 1.1, 1.9)).every_day == 0.0
    assert after((1.0, 2.0, 1.1, 1.9), (1.2, 2.0)).every_day == 1.0


def test_one_flood_is_no_habit() -> None:
    """3 m on one day beside 0.1 m on the two others."""
    assert round(after((1.0, 1.1), (1.0, 4.0), (1.1, 1.0), (1.0,)).every_day, 3) == 0.1


def test_a_gauge_that_slept_for_a_day_starts_anew() -> None:
    """What it did before says nothing about now."""
    swing = after((1.0, 2.0, 1.0), (1.0, 2.0))
    assert swung(swing, swing.ends + DAY_S, 1.5) == Swing(swing.ends + 2 * DAY_S, 1.5, 1.5)


@given(st.lists(st.floats(0, 10), min_size=1, max_size=60))
def test_its_size_is_bounded_and_a_value_inside_changes_nothing(values: list[float]) -> None:
    """At most three days; the same object again while nothing new is said."""
    swing = UNKNOWN
    for i, value in enumerate(values):
        swing = swung(swing, 600 + i * 7200, value)
        assert len(swing.past) <= 6
        assert swung(swing, 601 + i * 7200, value) is swing or 601 + i * 7200 >= swing.ends
    assert swing.low <= values[-1] <= swing.high
