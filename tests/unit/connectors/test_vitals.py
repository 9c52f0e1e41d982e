"""How a source does: by the time of its content, not by whether it answers."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from connectors.source import NOT_YET, Failed, Miss, Parsed, Result, Unchanged
from connectors.vitals import Vitals, heartbeat, judge, recalled
from tests.unit.connectors.writing import AT, ROW, polled

HOUR = timedelta(hours=1)


def after(*polls: tuple[datetime, Result, datetime | None]) -> Vitals:
    """The vitals after these polls: when, how they ended, and the newest content."""
    vitals = Vitals()
    for at, result, content_at in polls:
        vitals = vitals.after(polled(result, at), Parsed(content_at=content_at))
    return vitals


OK, LOST = Unchanged("{}"), Failed("http_500", "it answered 500")


@pytest.mark.parametrize(("age", "state"), [(0, "ok"), (2, "ok"), (2.1, "stale"), (4, "stale"), (4.1, "frozen")])
def test_a_source_that_answers_with_old_content_is_stale_and_then_frozen(age: float, state: str) -> None:
    """Twice and four times the cadence of one hour; HTTP 200 helps it nothing."""
    now = AT + age * HOUR
    assert judge(ROW, after((now, OK, AT)), now)[0] == state


def test_two_failed_polls_in_a_row_are_told() -> None:
    """One is retried within seconds."""
    once = after((AT, OK, AT), (AT, LOST, None))
    twice = after((AT, OK, AT), (AT, LOST, None), (AT, LOST, None))
    assert judge(ROW, once, AT)[0] == "ok"
    state, text = judge(ROW, twice, AT)
    assert state == "failing"
    assert "it answered 500" in text


def test_a_success_ends_the_failing() -> None:
    """And what failed is remembered apart from when it was last tried."""
    vitals = after((AT, LOST, None), (AT, LOST, None), (AT + HOUR, OK, AT))
    assert judge(ROW, vitals, AT + HOUR)[0] == "ok"
    assert (vitals.tried_at, vitals.succeeded_at, vitals.content_at) == (AT + HOUR, AT + HOUR, AT)
    assert vitals.origin is polled(OK, AT).origin


def test_a_failed_poll_keeps_the_time_of_the_last_success() -> None:
    """Last tried, last succeeded and newest content are three things."""
    beat = heartbeat(ROW, after((AT, OK, AT), (AT + HOUR, LOST, None)), AT + HOUR, AT)
    assert (beat.tried_at, beat.succeeded_at, beat.content_at) == (AT + HOUR, AT, AT)


def test_parts_that_keep_missing_are_told_and_tried_sooner() -> None:
    """A feed that answers while its telegrams do not come is no healthy source."""
    part = Unchanged("{}", AT, (Miss("x", "http_404", "no such telegram"),))
    vitals = after((AT, part, AT), (AT, part, AT))
    assert judge(ROW, vitals, AT)[0] == "failing"
    assert vitals.in_vain == 2


def test_a_file_that_is_not_there_yet_is_no_failure() -> None:
    """Slots' files appear minutes late."""
    late = Unchanged("{}", AT, (Miss("x", NOT_YET, "no file yet"),))
    assert after((AT, late, AT), (AT, late, AT)).in_vain == 0


def test_nothing_read_yet_is_not_ok() -> None:
    """A source that has said nothing is not fine."""
    assert judge(ROW, after((AT, LOST, None)), AT)[0] == "stale"


def test_content_never_goes_back() -> None:
    """An older feed after a newer one (a cache) does not make it look older than it is."""
    assert after((AT, OK, AT), (AT, OK, AT - HOUR)).content_at == AT


def test_content_from_the_future_is_not_believed_and_a_clock_that_was_put_back_is_forgotten() -> None:
    """Or the source would be fresh until that time comes."""
    assert after((AT, OK, AT + HOUR)).content_at is None
    ahead = after((AT + 24 * HOUR, OK, AT + 24 * HOUR))
    assert ahead.after(polled(OK, AT), Parsed(content_at=AT)).content_at == AT


def test_a_backlog_is_told_and_polled_on_at_once() -> None:
    """It is no failure: nothing has to be done."""
    vitals = after((AT, Unchanged("{}", AT, waiting=340), AT))
    assert vitals.in_vain == 1
    assert judge(ROW, vitals, AT)[0] == "ok"
    assert "340 telegrams" in judge(ROW, vitals, AT)[1]


def test_counts_go_on_over_a_restart_and_failures_do_not() -> None:
    """The new process tries anew; what was published before is still counted."""
    before = replace(after((AT, OK, AT), (AT + HOUR, LOST, None), (AT + HOUR, LOST, None)), records=41, parked=2)
    again = recalled(before.kept())
    assert (again.records, again.parked, again.content_at, again.succeeded_at) == (41, 2, AT, AT)
    assert again.in_vain == 0
    assert [recalled(kept) for kept in (None, "junk", "[]")] == [Vitals()] * 3


def test_a_hosts_volume_is_said_with_every_source_of_it() -> None:
    """It is the host's, but an operator looks at sources."""
    assert heartbeat(ROW, after((AT, OK, AT)), AT, AT, "8 of 10 MB are used.").text.endswith("8 of 10 MB are used.")
