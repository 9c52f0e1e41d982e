"""Crisis gauges are silent below their start level: asleep is no silence, vanished from high up is one."""

from datetime import timedelta

import pytest

from schemas.records.observed import Quality
from tests.unit.streams.detect.facts import crisis_gauge, known
from tests.unit.streams.inputs import Run, batch, jst, reading, tick

TEN = jst("21 10:00")
MIN = timedelta(minutes=1)


def awake() -> Run:
    """Over its start level of 2.00 m from 10:00 to 10:20."""
    samples = [(TEN + 10 * i * MIN, 2.1 + 0.1 * i) for i in range(3)]
    return Run(known(crisis_gauge())).take(*(batch(at + MIN, reading(at, value)) for at, value in samples))


def test_a_gauge_that_vanishes_while_it_is_awake_is_stale_and_lost() -> None:
    """Like any other: it should be speaking."""
    run = awake().take(tick(TEN + 45 * MIN), tick(TEN + 65 * MIN))
    assert [phase for _, phase, _, _ in run.said("SI")] == ["began", "rose"]


@pytest.mark.parametrize("hours", [1, 24, 24 * 14])
def test_a_gauge_that_fell_asleep_is_not_missed(hours: int) -> None:
    """Its source said so; a fortnight of dry weather is nothing to wake an officer for."""
    slept = batch(TEN + 31 * MIN, reading(TEN + 30 * MIN, None, Quality.CLOSED))
    run = awake().take(slept, batch(TEN + timedelta(hours=hours)), tick(TEN + timedelta(hours=hours)))
    assert run.said("SI") == []


def test_a_gauge_that_woke_again_is_missed_again() -> None:
    """The next sample is the end of its sleep."""
    slept = batch(TEN + 31 * MIN, reading(TEN + 30 * MIN, None, Quality.CLOSED))
    woken = batch(TEN + 51 * MIN, reading(TEN + 50 * MIN, 2.2))
    run = awake().take(slept, woken, tick(TEN + 95 * MIN))
    assert [phase for _, phase, _, _ in run.said("SI")] == ["began"]


@pytest.mark.parametrize("days", [1, 14])
def test_a_gauge_that_never_spoke_is_not_missed(days: int) -> None:
    """Its source answers for it and it has had nothing to say."""
    run = Run(known(crisis_gauge())).take(batch(TEN))
    later = TEN + timedelta(days=days)
    assert run.take(batch(later), tick(later)).said("SI") == []
