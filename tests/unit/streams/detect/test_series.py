"""Readings by observation time: late, double, missing and shuffled ones end in the same series."""

from datetime import timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.records.observed import Quality, Reading
from streams.detect.knowledge import Tuning
from streams.detect.series import (
    SPAN_S,
    SPIKE,
    Sample,
    merge,
    sample_of,
    seconds,
    steepest,
    unmoved_since,
    window,
    without,
)
from tests.unit.streams.inputs import jst, reading

TUNING = Tuning()
NOON = jst("21 12:00")

samples = st.tuples(
    st.integers(0, SPAN_S - 1).map(lambda s: s - s % 60),
    st.floats(0, 9).map(lambda v: round(v, 2)),
    st.integers(0, 1),
    st.just(0),
)


def folded(parts: list[Sample]) -> tuple[Sample, ...]:
    """All samples merged, in this order of arrival."""
    series: tuple[Sample, ...] = ()
    for part in parts:
        series = merge(series, part)
    return series


@settings(deadline=None)
@given(st.lists(samples, max_size=30), st.randoms(use_true_random=False))
def test_order_of_arrival_does_not_matter(parts: list[Sample], random: Random) -> None:
    """Within its span the series is what was observed, not what came when."""
    shuffled = list(parts)
    random.shuffle(shuffled)
    assert folded(shuffled) == folded(parts)


@settings(deadline=None)
@given(st.lists(samples, max_size=20), st.integers(0, 19))
def test_a_repeat_changes_nothing(parts: list[Sample], again: int) -> None:
    """The same reading twice is the same series, and the same object."""
    series = folded(parts)
    if parts:
        assert merge(series, parts[again % len(parts)]) is series


def test_of_two_values_of_one_moment_the_valid_then_the_higher_one_stays() -> None:
    """Deterministic, and on the careful side."""
    suspect, low, high = (600, 5.0, 1, 0), (600, 4.0, 0, 0), (600, 4.2, 0, 0)
    assert folded([suspect, low]) == folded([low, suspect]) == (low,)
    assert folded([low, high]) == folded([high, low]) == (high,)


def test_what_is_older_than_the_span_is_dropped() -> None:
    """The series is bounded, whatever a source sends again."""
    now = (10 * SPAN_S, 1.0, 0, 0)
    assert merge((now,), (10 * SPAN_S - SPAN_S, 9.0, 0, 0)) == (now,)


@pytest.mark.parametrize(
    "bad",
    [
        reading(NOON, None),
        reading(NOON, 4.0, Quality.STUCK),
        reading(NOON, 0.0, Quality.CLOSED),
        reading(NOON, None, Quality.MISSING),
        reading(NOON, float("nan")),
        reading(NOON, -9999.0),
        reading(NOON + timedelta(hours=1), 4.0),
        Reading("g", "rain", 4.0, "mm", NOON, Quality.VALID),
        Reading("g", "stage", 400.0, "cm", NOON, Quality.VALID),
    ],
    ids=["no value", "stuck", "closed", "missing", "nan", "error code", "from the future", "rain", "centimetres"],
)
def test_what_must_never_act_is_no_sample(bad: Reading) -> None:
    """A closed gauge's 0 is no falling river, and a clock that is ahead is no forecast."""
    assert sample_of(bad, seconds(NOON), 0, TUNING) is None


def test_a_negative_stage_is_a_stage() -> None:
    """Heights are above the station's own zero, and a river can lie below it."""
    assert sample_of(reading(NOON, -2.09), seconds(NOON), 0, TUNING) == (seconds(NOON), -2.09, 0, 0)


def test_a_refuted_spike_is_left_out_of_every_window() -> None:
    """Its value must not make the next reading look like a rise."""
    series = without(((600, 2.0, 0, 0), (1200, 0.0, 0, 0), (1800, 2.0, 0, 0)), 1200, 1800)
    assert series[1][2] == SPIKE
    assert window(series, 1800, 3600) == [(600, 2.0), (1800, 2.0)]


def test_since_when_a_gauge_stands_still() -> None:
    """What counts is the unbroken run of the same value that ends now; spikes left out are not in it."""
    stood = ((600, 2.0, 0, 0), (1200, 2.5, 0, 0), (1800, 9.0, SPIKE, 0), (2400, 2.5, 0, 0), (3000, 2.5, 0, 0))
    assert unmoved_since(stood, 3000, 2.5) == 1200
    assert unmoved_since((*stood, (3600, 2.51, 0, 0)), 3600, 2.51) == 3600


@settings(deadline=None)
@given(st.lists(samples, min_size=2, max_size=12, unique_by=lambda s: s[0]))
def test_no_pair_climbs_faster_than_the_steepest_step(parts: list[Sample]) -> None:
    """This bound is what lets a calm river go by without a fit."""
    series = folded(parts)
    bound, _ = steepest(series)
    slopes = [(b[1] - a[1]) / (b[0] - a[0]) for i, a in enumerate(series) for b in series[i + 1 :]]
    assert max(slopes, default=0.0) <= bound + 1e-12
