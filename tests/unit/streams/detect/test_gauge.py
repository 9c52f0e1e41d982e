"""One gauge, sample by sample: no alarm from a broken sensor, no all-clear from a silent one."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.detect.gauge import take
from streams.detect.knowledge import Track, track_of
from streams.detect.rules import read_tunings
from streams.detect.series import Sample
from streams.detect.state import Station
from streams.knowledge import RULES
from tests.unit.streams.inputs import gauge

TUNING, _ = read_tunings(RULES.read_text(encoding="utf8"))
TRACK: Track = track_of(gauge(), TUNING)
START = 600_000
CALM = (2.00, 2.01, 2.00, 1.99, 2.00, 2.01, 2.00, 2.00)
FLOOD = (2.0, 2.1, 2.3, 2.5, 2.7, 2.95, 3.2, 3.5, 3.8, 4.1, 4.3)


def samples(*values: float, start: int = START, step_s: int = 600) -> list[Sample]:
    """Valid samples, ten minutes apart unless told otherwise."""
    return [(start + i * step_s, value, 0, 0) for i, value in enumerate(values)]


def walk(given_samples: list[Sample], station: Station | None = None) -> list[Station]:
    """The station after each sample."""
    station, walked = station or Station(START), []
    for sample in given_samples:
        station = take(station, sample, TRACK).station
        walked.append(station)
    return walked


def alarmed(station: Station) -> bool:
    """Whether anything is said of it, threshold or trend."""
    return bool(station.crossings.over or station.rising.since)


@given(st.integers(0, 15), st.floats(-30, 90), st.sampled_from((300, 600, 900)))
def test_one_wrong_value_is_never_an_alarm(place: int, wrong: float, step_s: int) -> None:
    """Anywhere in a calm record, at its first sample too, however large, and not just under a threshold either."""
    values = [*CALM, *CALM]
    values[place] = wrong
    assert not any(alarmed(station) for station in walk(samples(*values, step_s=step_s)))


@given(st.floats(2.5, 90), st.integers(2, 30))
def test_a_sensor_that_jumps_and_stays_exactly_there_is_never_an_alarm(stuck: float, times: int) -> None:
    """Water that jumps up does not stand still to the half centimetre."""
    assert not any(alarmed(station) for station in walk(samples(*CALM, *(stuck,) * times)))


@pytest.mark.parametrize("rest", [(4.3,), (0.0,), (9.99,)], ids=["where it was", "at zero", "at its end stop"])
def test_a_gauge_that_freezes_ends_nothing(rest: tuple[float]) -> None:
    """Six hours of one and the same value after a flood: what stood stands."""
    before, *after = walk(samples(*FLOOD, *rest * 36))[len(FLOOD) - 1 :]
    assert before.crossings.over
    assert all(station.crossings.over == before.crossings.over for station in after)


@given(st.integers(5, 10), st.integers(40, 600))
@settings(deadline=None)
def test_a_gap_ends_nothing(until: int, minutes: int) -> None:
    """Lost on the way up; the first values after the gap, lower by little, are no all-clear."""
    walked = walk(samples(*FLOOD[: until + 1]))
    before = walked[-1]
    value = FLOOD[until]
    later = samples(value - 0.01, value - 0.02, start=START + until * 600 + minutes * 60)
    after = walk(later, before)[-1]
    assert _named(before.rising.since) <= _named(after.rising.since) | _named(after.crossings.over)
    assert _named(before.crossings.over) <= _named(after.crossings.over)


def _named(since: tuple[int, ...]) -> set[int]:
    return {i for i, at in enumerate(since) if at}


def test_an_approach_frozen_on_the_way_stays_announced() -> None:
    """It stops at 3.5 m, 0.5 m under the first threshold, to the millimetre and for hours."""
    frozen = walk(samples(*FLOOD[:8], *(3.5,) * 30))
    assert frozen[7].rising.since
    assert frozen[-1].rising.since
    moved = walk(samples(*FLOOD[:8], *(3.5,) * 30, 3.49))[-1]
    assert not moved.rising.since


@given(st.permutations(range(5)), st.integers(1, 3))
def test_within_the_hour_repeats_add_nothing_and_order_loses_nothing(order: list[int], repeats: int) -> None:
    """The series ends the same; what was judged already is not judged again."""
    told = samples(*FLOOD[:5])
    straight = walk(told)[-1]
    shuffled = walk([told[i] for i in order for _ in range(repeats)])[-1]
    assert shuffled.series == straight.series
    assert walk(told * repeats)[-1] == straight


@given(st.lists(st.floats(1.5, 3.0).map(lambda v: round(v, 2)), min_size=5, max_size=40))
def test_a_repeated_sample_changes_nothing(values: list[float]) -> None:
    """Whatever the river does."""
    station = Station(START)
    for sample in samples(*values):
        station = take(station, sample, TRACK).station
        assert take(station, sample, TRACK).station == station
