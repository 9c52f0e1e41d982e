"""The scorer against hand-made records: what is an event, what a hit, what a false alarm, what is not counted."""

import numpy as np
import pytest

from bench.protocol import Floats, Grid, events, grid_of, heights, joined, score, stretches

HOUR = 3600.0
START = 1_577_836_800.0


def flood(*parts: tuple[int, float]) -> Grid:
    """A record of steady stretches: (how many ten minutes, stage)."""
    values: Floats = np.concatenate([np.full(count, stage) for count, stage in parts])
    return grid_of("g", START + 600.0 * np.arange(len(values), dtype=np.float64), values)


ONE = flood((60, 1.0), (30, 3.0), (60, 1.0))
AT = START + 60 * 600
"""When it crosses 2 m."""


def test_a_value_counts_for_fifteen_minutes() -> None:
    """Half past is still known from 20 past, a quarter to the next hour is not."""
    grid = grid_of("g", np.array([START, START + 1200, START + 3600]), np.array([1.0, 2.0, 3.0]))
    assert grid.values.tolist()[:4] == [1.0, 1.0, 2.0, 2.0]
    assert np.isnan(grid.values[4])


def test_a_single_wrong_value_is_no_truth() -> None:
    """The median of seven does not know it."""
    grid = flood((40, 1.0), (1, 9.0), (40, 1.0))
    assert np.nanmax(grid.truth) == 1.0


def test_thresholds_lie_between_median_and_peak_of_gauges_that_rose_by_a_metre() -> None:
    """30, 50 and 70 %."""
    assert heights(ONE) == pytest.approx((1.6, 2.0, 2.4))
    assert heights(flood((60, 1.0), (30, 1.9), (60, 1.0))) == ()


def test_an_event_comes_after_six_hours_below_and_is_held() -> None:
    """A second crossing after two hours is none, and neither is one that begins with the record."""
    counted, others = events(ONE, 2.0)
    assert ([e[0] for e in counted], others) == ([AT], [])
    again = flood((60, 1.0), (30, 3.0), (12, 1.0), (30, 3.0), (10, 1.0))
    counted, others = events(again, 2.0)
    assert (len(counted), len(others)) == (1, 1)
    assert len(events(flood((30, 3.0), (60, 1.0)), 2.0)[1]) == 1


def test_alarms_within_an_hour_are_one() -> None:
    """Sixty minutes are joined, sixty-one are not."""
    assert joined([(0, 600), (4200, 5000), (9000, 9600)]) == [(0, 5000), (9000, 9600)]


@pytest.mark.parametrize(
    ("alarm", "hit", "ahead_30", "false"),
    [
        ((AT - 0.75 * HOUR, AT), 1, 1, 0),
        ((AT - 0.25 * HOUR, AT + HOUR), 1, 0, 0),
        ((AT - 4 * HOUR, AT - 2.5 * HOUR), 1, 1, 0),
        ((AT - 6 * HOUR, AT - 3.5 * HOUR), 0, 0, 1),
        ((AT - 13 * HOUR, AT), 0, 0, 1),
        ((AT + HOUR, AT + 2 * HOUR), 1, 0, 0),
        ((AT + 7 * HOUR, AT + 8 * HOUR), 0, 0, 1),
    ],
    ids=["45 min", "15 min", "ends 2.5 h before", "ends 3.5 h before", "starts 13 h before", "during", "after"],
)
def test_an_alarm_beside_an_event(alarm: tuple[float, float], hit: int, ahead_30: int, false: int) -> None:
    """Starts at most 12 h before and touches it, or ends at most 3 h before it."""
    found = score(ONE, 2.0, [alarm])
    assert (found.hits, found.ahead_30, found.false) == (hit, ahead_30, false)


def test_an_alarm_beside_a_crossing_that_is_no_event_is_not_counted() -> None:
    """Neither for nor against."""
    again = flood((60, 1.0), (30, 3.0), (12, 1.0), (30, 3.0), (10, 1.0))
    second = START + 102 * 600
    found = score(again, 2.0, [(second - 0.5 * HOUR, second)])
    assert (found.hits, found.false) == (0, 0)


def test_the_figures_of_a_score() -> None:
    """CSI counts events alarmed ten minutes before; FAR counts alarms."""
    found = score(ONE, 2.0, [(AT - HOUR, AT), (AT + 7 * HOUR, AT + 7.5 * HOUR)])
    assert (found.pod_10, found.pod_30, found.far, found.csi) == (1.0, 1.0, 0.5, 0.5)


def test_a_flag_on_the_grid_becomes_stretches() -> None:
    """From its first to its last time."""
    on = np.zeros(len(ONE.times), dtype=bool)
    on[3:5] = on[9] = True
    assert stretches(ONE, on) == [(START + 1800, START + 2400), (START + 5400, START + 5400)]
