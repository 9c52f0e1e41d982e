"""Readings become series whatever the order in which batches are read."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from console.series import KEPT, Gauges
from schemas.records.observed import PollOutcome
from tests.unit.console.records import AT, FUJISAWA, STATION, batch, minutes, reading


@given(st.permutations(range(6)), st.lists(st.integers(0, 5), max_size=4))
def test_order_and_repeats_do_not_matter(order: list[int], again: list[int]) -> None:
    """Six polls, any order, some twice: one series."""
    polls = [batch(AT + minutes(10 * n), reading(AT + minutes(10 * n), 2.0 + n)) for n in range(6)]
    gauges = Gauges()
    for number in [*order, *again]:
        gauges.take(polls[number])
    assert [r.value for r in gauges.series(STATION)] == [2.0, 3.0, 4.0, 5.0, 6.0, 7.0]
    assert gauges.polls(FUJISAWA)[0].polled_at == AT + minutes(50)


def test_the_later_poll_corrects_a_value() -> None:
    """A value that a later poll gives differently counts as the later poll says, read in either order."""
    first, second = batch(AT, reading(AT, 2.0)), batch(AT + minutes(10), reading(AT, 2.4))
    for polls in ((first, second), (second, first)):
        gauges = Gauges()
        for poll in polls:
            gauges.take(poll)
        assert [r.value for r in gauges.series(STATION)] == [2.4]


def test_a_failed_poll_keeps_the_age_of_the_content() -> None:
    """The screen says when the source last answered, and how old its newest value is: two different times."""
    gauges = Gauges()
    gauges.take(batch(AT, reading(AT - minutes(5), 2.0)))
    gauges.take(batch(AT + minutes(10), outcome=PollOutcome.FAILED, reason="timeout"))
    (poll,) = gauges.polls(FUJISAWA)
    assert (poll.outcome, poll.polled_at, poll.content_at) == (PollOutcome.FAILED, AT + minutes(10), AT - minutes(5))


def test_old_values_go() -> None:
    """A gauge keeps three days, counted from its own newest value."""
    gauges = Gauges()
    gauges.take(batch(AT, reading(AT - KEPT - timedelta(minutes=1), 1.0), reading(AT, 2.0)))
    assert [r.value for r in gauges.series(STATION)] == [2.0]
