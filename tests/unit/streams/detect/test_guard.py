"""No alarm from a single spike, no delay for a steady rise."""

from streams.detect.guard import Judged, judge
from streams.detect.knowledge import Tuning

TUNING = Tuning()


def after(
    *values: float, first_alarming: bool = False, suspect: frozenset[int] = frozenset()
) -> tuple[Judged, list[bool]]:
    """The judgement after values ten minutes apart, and which of them counted at once."""
    judged, counted = Judged(), []
    for i, value in enumerate(values):
        judged, accepted = judge(judged, 600 * (i + 1), value, i in suspect, first_alarming and i == 0, TUNING)
        counted.append(accepted)
    return judged, counted


def test_a_steady_rise_counts_at_once() -> None:
    """境川橋 2026-09-21 14:00 to 15:00, at most 0.27 m in ten minutes."""
    assert after(3.34, 3.57, 3.75, 4.02, 4.23, 4.48, 4.63)[1] == [True] * 7


def test_a_spike_never_counts() -> None:
    """2 m up and down again is a sensor's fault."""
    judged, counted = after(2.0, 2.0, 4.0, 2.0, 2.0)
    assert counted == [True, True, False, True, True]
    assert judged.value == 2.0


def test_a_jump_counts_with_its_second_sample() -> None:
    """A wall of water is believed after ten minutes."""
    judged, counted = after(2.0, 2.0, 3.5, 3.6)
    assert counted == [True, True, False, True]
    assert judged.value == 3.6


def test_a_jump_that_goes_on_counts_at_least_as_far_as_it_was_confirmed() -> None:
    """Two samples far above and far apart: the lower of them is certain."""
    judged, counted = after(2.0, 2.0, 3.0, 6.5)
    assert counted == [True, True, False, True]
    assert (judged.value, judged.pending) == (3.0, 6.5)


def test_a_rise_that_quickens_counts_at_once() -> None:
    """A step may exceed the pace before it by half, so flash floods are not held back."""
    assert after(2.0, 2.25, 2.7, 3.5)[1] == [True] * 4


def test_the_first_value_of_a_gauge_must_be_confirmed_if_it_alarms() -> None:
    """There is nothing before it that it could be in line with."""
    assert after(6.0, 6.05, first_alarming=True)[1] == [False, True]
    assert after(2.0, 2.05)[1] == [True, True]


def test_a_suspect_value_waits_for_the_next() -> None:
    """Change-rate flags are what a flash flood produces: kept, and confirmed by one sample."""
    assert after(2.0, 2.2, 2.4, suspect=frozenset({1}))[1] == [True, False, True]


def test_values_that_never_agree_never_count() -> None:
    """A sensor that throws dice says nothing."""
    assert after(2.0, 9.0, -7.0, 30.0, -15.0)[1] == [True, False, False, False, False]


def test_a_gauge_that_fell_off_and_stays_flat_is_known_for_it() -> None:
    """5 m, then exactly 0 for ever: not a river that fell."""
    assert after(5.0, 5.0, 0.0, 0.0, 0.0)[0].flat_since == 600 * 4
    assert after(5.0, 5.0, 0.0, 0.0, 0.02)[0].flat_since == 0


def test_ever_larger_jumps_are_judged_one_by_one() -> None:
    """The farther of two jumps waits beside the nearer one of the same moment; a third jump follows."""
    judged = Judged()
    for minute, value in ((0, 1.0), (10, 3.0), (20, 6.0), (30, 0.0), (40, 0.0)):
        judged, _ = judge(judged, 600 + minute * 60, value, False, False, Tuning())
    assert judged.value == 0.0
