"""Over at once, under only after half an hour clearly below, and never while nobody measures."""

from streams.detect.knowledge import Tuning
from streams.detect.threshold import CALM, HEARD, Crossings, Silent, cross

TUNING = Tuning()
HEIGHTS = (4.0, 4.5, 5.2)
MIN = 60


def walk(*steps: tuple[int, float], silent: Silent = HEARD) -> Crossings:
    """The crossings after (minute, stage) steps."""
    crossings, before = CALM, 0
    for minute, value in steps:
        crossings = cross(crossings, HEIGHTS, minute * MIN, value, (minute - before) * MIN, silent, TUNING)
        before = minute
    return crossings


def test_at_the_threshold_is_over_it() -> None:
    """The published criteria say 以上."""
    assert walk((10, 4.0)).over == (600, 0, 0)
    assert walk((10, 3.99)) is CALM


def test_one_step_may_pass_several_thresholds() -> None:
    """Levels may be skipped."""
    assert walk((10, 3.0), (20, 5.3)).top == 2


def test_just_below_is_still_over() -> None:
    """Hysteresis: 5 cm under the threshold ends nothing, however long."""
    assert walk((10, 4.2), *((20 + 10 * i, 3.95) for i in range(12))).top == 0


def test_clearly_below_for_half_an_hour_ends_it() -> None:
    """Three samples further, not before."""
    assert walk((10, 4.2), (20, 3.8), (30, 3.8), (40, 3.8)).top == 0
    assert walk((10, 4.2), (20, 3.8), (30, 3.8), (40, 3.8), (50, 3.8)) is CALM


def test_a_river_that_falls_and_rises_again_inside_the_hold_does_not_alarm_anew() -> None:
    """One episode, one beginning."""
    assert walk((10, 4.2), (20, 3.8), (30, 4.1), (40, 3.8), (50, 3.8), (60, 3.8)).began == 600


def test_time_without_data_never_counts_towards_an_end() -> None:
    """境川橋: 5.01 m at 15:50, nothing until 19:00, then 4.27 m: half an hour from 19:00."""
    assert walk((10, 4.6), (20, 4.2), (210, 4.2)).top == 1
    assert walk((10, 4.6), (20, 4.2), (210, 4.2), (220, 4.2), (230, 4.2)).top == 1
    assert walk((10, 4.6), (20, 4.2), (210, 4.2), (220, 4.2), (230, 4.2), (240, 4.2)).top == 0


def test_a_gauge_that_fell_off_ends_nothing() -> None:
    """An all-clear from a dead sensor is the worst of all."""
    over = walk((10, 4.2))
    for minute in range(20, 300, 10):
        over = cross(over, HEIGHTS, minute * MIN, 0.0, 10 * MIN, Silent(dead=True), TUNING)
    assert over.top == 0


def test_a_frozen_gauge_ends_nothing_until_it_moves() -> None:
    """The half hour may pass while it stands still; the end comes with a value that moves."""
    over = walk((10, 4.2), (20, 3.8))
    for minute in range(30, 120, 10):
        over = cross(over, HEIGHTS, minute * MIN, 3.8, 10 * MIN, Silent(frozen=True), TUNING)
    assert over.top == 0
    assert cross(over, HEIGHTS, 120 * MIN, 3.79, 10 * MIN, HEARD, TUNING) is CALM


def test_higher_thresholds_end_first() -> None:
    """Each threshold on its own; the episode lasts as long as the lowest."""
    steps = ((10, 5.3), (20, 4.6), (30, 4.6), (40, 4.6), (50, 4.6))
    assert walk(*steps).over == (600, 600, 0)


def test_a_gauge_without_thresholds_is_calm() -> None:
    """Nothing is inferred for it."""
    assert cross(CALM, (), 600, 99.0, 600, HEARD, TUNING) is CALM
