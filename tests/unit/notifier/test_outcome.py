"""What answers mean, and when the next try is."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.outcome import (
    LONGEST_BACKOFF_S,
    Answer,
    Fault,
    NetworkFault,
    backoff_s,
    meaning,
    next_try,
    retry_after,
)
from schemas.records.delivered import End

NOW = datetime(2026, 9, 21, 3, 0, tzinfo=UTC)
HOUR = NOW + timedelta(hours=1)
HOST, WNS = "updates.push.services.mozilla.com", "wns2-par02p.notify.windows.com"
SPREAD = st.floats(0, 1, exclude_max=True)


def answer(status: int, **headers: str) -> Answer:
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()})


@pytest.mark.parametrize(
    ("status", "end"),
    [
        (200, End.ACCEPTED),
        (201, End.ACCEPTED),
        (202, End.ACCEPTED),
        (404, End.GONE),
        (410, End.GONE),
        (413, End.REFUSED),
        (307, End.REFUSED),
        (400, End.FAILED),
        (401, End.FAILED),
        (403, End.FAILED),
        (406, End.FAILED),
        (418, End.FAILED),
        (429, None),
        (500, None),
        (502, None),
        (503, None),
        (408, None),
    ],
)
def test_a_status_is_an_end_or_another_try(status: int, end: End | None) -> None:
    """The table of docs/delivery.md."""
    assert meaning(answer(status), HOST).end is end


@pytest.mark.parametrize("status", [400, 401, 403, 406, 413, 307])
def test_our_own_faults_call_for_a_person_and_delete_nobody(status: int) -> None:
    """A wrong clock must not cost a town its subscribers."""
    meant = meaning(answer(status), HOST)
    assert meant.alarm
    assert meant.end is not End.GONE


def test_windows_says_406_when_it_is_too_much() -> None:
    """Only there: it is throttling, and slows us down."""
    meant = meaning(answer(406), WNS)
    assert (meant.end, meant.slow_down) == (None, True)


@pytest.mark.parametrize(
    ("fault", "end", "at_last"),
    [
        (Fault.TIMEOUT, None, End.EXPIRED),
        (Fault.BROKEN, None, End.EXPIRED),
        (Fault.UNREACHABLE, None, End.FAILED),
        (Fault.TLS, None, End.FAILED),
        (Fault.FORBIDDEN, End.REFUSED, End.REFUSED),
    ],
)
def test_no_answer_is_tried_again_unless_the_address_is_forbidden(fault: Fault, end: End | None, at_last: End) -> None:
    """And who was never reached failed, by us or by the way there: it did not merely expire."""
    meant = meaning(NetworkFault(fault, "why"), HOST)
    assert (meant.end, meant.at_last) == (end, at_last)


@given(status=st.integers(200, 599), host=st.sampled_from([HOST, WNS]))
def test_every_status_has_a_meaning_and_only_404_and_410_delete(status: int, host: str) -> None:
    """Also those that nobody has thought of."""
    meant = meaning(answer(status), host)
    assert (meant.end is End.GONE) == (status in (404, 410))
    assert (meant.end is End.ACCEPTED) == (status in (200, 201, 202, 204))


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("120", 120.0), ("0", 0.0), ("", None), ("soon", None), ("-5", None), ("999999", 3600.0), ("１２", None)],
)
def test_retry_after_is_seconds(header: str, seconds: float | None) -> None:
    """RFC 9110 §10.2.3; nonsense is no wish, and nobody waits longer than an hour at a stranger's word."""
    assert retry_after(answer(429, retry_after=header), NOW) == seconds


def test_retry_after_is_a_date() -> None:
    """The other form; one in the past means now."""
    later = format_datetime(NOW + timedelta(seconds=90), usegmt=True)
    assert retry_after(answer(503, retry_after=later), NOW) == 90.0
    assert retry_after(answer(503, retry_after=format_datetime(NOW - timedelta(days=1))), NOW) == 0.0


@given(spread=SPREAD, told=st.integers(0, 3000), attempt=st.integers(1, 100))
def test_nobody_comes_back_before_the_service_said(spread: float, told: int, attempt: int) -> None:
    """Nor more than a second after it."""
    at = next_try(answer(429, retry_after=str(told)), attempt, NOW, HOUR, spread)
    assert at is not None
    assert timedelta(seconds=told) <= at - NOW <= timedelta(seconds=told + 1)


@given(spread=SPREAD, attempt=st.integers(1, 1000))
def test_the_wait_grows_and_is_bounded_and_spread(spread: float, attempt: int) -> None:
    """Half a second to one at first, one to two minutes in the end."""
    assert 0.5 <= backoff_s(attempt, spread) <= LONGEST_BACKOFF_S
    assert backoff_s(attempt, spread) <= backoff_s(attempt + 1, spread)
    assert backoff_s(1, spread) <= 1.0


@given(spread=SPREAD, attempt=st.integers(1, 50), left_s=st.integers(0, 300))
def test_no_try_is_planned_for_when_it_is_over(spread: float, attempt: int, left_s: int) -> None:
    """A try needs at least a second of life left, or it is not made."""
    until = NOW + timedelta(seconds=left_s)
    at = next_try(NetworkFault(Fault.TIMEOUT, "hangs"), attempt, NOW, until, spread)
    assert at is None or at + timedelta(seconds=1) <= until
    assert at is not None or left_s < LONGEST_BACKOFF_S + 1
