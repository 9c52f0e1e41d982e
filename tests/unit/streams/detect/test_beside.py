"""Rain of the catchment and dams above: kept as measured, held for a while, and never a reason by themselves to end."""

from dataclasses import replace
from datetime import timedelta

import pytest

from schemas.records.base import Hazard
from schemas.records.observed import Quality, ReadingBatch
from tests.unit.streams.detect.facts import RAIN, known, published_river, rain
from tests.unit.streams.inputs import DAM, FUJISAWA_AREA, Run, climb, dam_polls, jst, polls

TEN = jst("21 10:00")
MIN = timedelta(minutes=1)
KNOWN = known(published_river())


def with_quality(poll: ReadingBatch, quality: Quality) -> ReadingBatch:
    """The same poll, its values of another quality."""
    return replace(poll, readings=tuple(replace(r, quality=quality) for r in poll.readings))


def test_rain_is_remembered_with_when_it_began_and_when_it_last_fell() -> None:
    """A pause of less than an hour is still the same rain."""
    run = Run(KNOWN).take(rain(TEN, 2.0), rain(TEN + 30 * MIN, 0.0), rain(TEN + 50 * MIN, 1.0))
    wet = run.state.watch.rain[RAIN]
    assert (wet.falling, wet.falling_last) == (int(TEN.timestamp()), int((TEN + 50 * MIN).timestamp()))
    run.take(rain(TEN + 110 * MIN, 0.0))
    assert run.state.watch.rain[RAIN].falling
    run.take(rain(TEN + 111 * MIN, 0.0))
    assert not run.state.watch.rain[RAIN].falling


@pytest.mark.parametrize("quality", [Quality.SUSPECT, Quality.STUCK, Quality.MISSING, Quality.CLOSED])
def test_what_is_not_a_measurement_is_no_rain_and_no_end_of_rain(quality: Quality) -> None:
    """Missing stays missing."""
    assert Run(KNOWN).take(with_quality(rain(TEN, 30.0), quality)).state.watch.rain == {}
    run = Run(KNOWN).take(rain(TEN, 2.0), with_quality(rain(TEN + 120 * MIN, 0.0), quality))
    assert run.state.watch.rain[RAIN].falling


def test_an_older_reading_changes_nothing() -> None:
    """Nor does a repeat."""
    run = Run(KNOWN).take(rain(TEN, 2.0))
    before = run.state.watch.rain
    assert run.take(rain(TEN - 10 * MIN, 30.0), rain(TEN, 2.0)).state.watch.rain == before


def test_rain_that_stopped_leaves_a_rule_that_it_opened() -> None:
    """The river stands over L2 (FN-3b): the wave of the rain is still to come."""
    run = Run(KNOWN).take(*polls(climb(TEN, 4.5, 4.5, 4.5, 4.5)), rain(TEN + 30 * MIN, mm_1h=25.0))
    assert run.levels() == {(FUJISAWA_AREA, Hazard.FLOOD): 3}
    run.take(*(rain(TEN + (60 + 10 * i) * MIN, 0.0, 0.0) for i in range(12)))
    assert run.levels() == {(FUJISAWA_AREA, Hazard.FLOOD): 3}


def test_rain_of_yesterday_opens_nothing() -> None:
    """The rain gauge fell silent while it rained; the river rises a day later for reasons of its own."""
    later = climb(TEN + timedelta(days=1), 4.5, 4.5, 4.5, 4.5)
    assert Run(KNOWN).take(rain(TEN, mm_1h=25.0), *polls(later)).said("FN-3b") == []


def test_a_dam_that_passes_its_inflow_is_level_4_until_it_stores_again() -> None:
    """FF-4e from 11:00 (97 %, 880 of 900 m3/s) on; over after half an hour with data that says otherwise."""
    run = Run(KNOWN).take(*dam_polls(TEN))
    assert run.said("FF-4e") == [("FF-4e", "began", 4, "21 11:00"), ("FF-4e", "ended", None, "21 13:00")]
    first = next(r for r in run.recommendations if r.called)
    evidence = first.called[0].hits[0].evidence[0]
    assert (evidence.kind, evidence.ref, evidence.value, evidence.unit) == ("dam", DAM, 880.0, "m3/s")
    assert not first.called[0].hits[0].verified


def test_calm_readings_of_other_stations_do_not_touch_the_state() -> None:
    """What no rule asks about is left to others."""
    other = rain(TEN, 30.0)
    other = replace(other, stations=("x",), readings=tuple(replace(r, station="x") for r in other.readings))
    assert Run(KNOWN).take(other).state.watch.rain == {}
