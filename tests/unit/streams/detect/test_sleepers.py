"""Crisis gauges are silent below their start level: asleep is no silence, vanished from high up is one."""

from dataclasses import replace
from datetime import timedelta

import pytest

from schemas.records.observed import Quality
from tests.unit.streams.detect.facts import crisis_gauge, known
from tests.unit.streams.inputs import GAUGE, Run, batch, jst, reading, tick

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


def test_sleep_ends_what_its_last_value_was_below_and_its_start_level() -> None:
    """2.3 m is over 2.0 m (sure by the second sample), and the source says that it fell below; 5.5 m was far."""
    run = awake().take(batch(TEN + 31 * MIN, reading(TEN + 30 * MIN, None, Quality.CLOSED)))
    assert run.said("ST-START") == [("ST-START", "began", 1, "21 10:10"), ("ST-START", "ended", None, "21 10:31")]
    woken = batch(TEN + 51 * MIN, reading(TEN + 50 * MIN, 2.2))
    assert run.take(woken).said("ST-START")[-1] == ("ST-START", "began", 1, "21 10:50")


def test_sleep_ends_no_threshold_that_was_reached_and_the_gauge_is_missed() -> None:
    """A gauge whose start level lies just under where water leaves the river: nobody knows, and it is named."""
    high = replace(crisis_gauge(), thresholds=(("START", 5.3), ("NEAR", 5.5), ("FS", 6.0)), start_m=5.3)
    run = Run(known(high)).take(*(batch(TEN + i * MIN + MIN, reading(TEN + i * MIN, 5.6)) for i in (0, 10)))
    run.take(batch(TEN + 21 * MIN, reading(TEN + 20 * MIN, None, Quality.CLOSED)), tick(TEN + 45 * MIN))
    assert [(rule, phase) for rule, phase, _, _ in run.said("ST-NEAR", "ST-START")] == [("ST-NEAR", "began")]
    reasons = {silence.subject: silence.reason for silence in run.recommendations[-1].silences}
    assert reasons[GAUGE] == "stale: no usable value for more than 20 min; last said: closed"
