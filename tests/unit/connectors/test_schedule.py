"""When a source is polled next."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from connectors.schedule import Rhythm, next_wake

MINUTE = Rhythm(60, 20)
RHYTHMS = st.integers(1, 7200).flatmap(lambda every: st.builds(Rhythm, st.just(every), st.integers(0, every - 1)))
MOMENTS = st.datetimes(datetime(2001, 1, 1), datetime(2100, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001  # made aware here
JITTER = st.floats(0, 1)


def at(text: str) -> datetime:
    """A moment of 2026-09-21, UTC."""
    return datetime.fromisoformat(f"2026-09-21T{text}+00:00")


def test_twenty_past_each_minute() -> None:
    """As JMA asks for."""
    assert next_wake(MINUTE, at("06:00:00"), 0) == at("06:00:20")
    assert next_wake(MINUTE, at("06:00:20"), 0) == at("06:01:20")
    assert next_wake(MINUTE, at("06:00:59"), 0) == at("06:01:20")


def test_a_failed_poll_is_retried_within_seconds_and_then_ever_later() -> None:
    """5, 10, 20 s without jitter; the rhythm is the ceiling."""
    slow = Rhythm(600, 0)
    waits = [(next_wake(slow, at("06:01:00"), n, 0.5) - at("06:01:00")).total_seconds() for n in range(1, 8)]
    assert waits == [5, 10, 20, 40, 80, 160, 320]


@given(RHYTHMS, MOMENTS, st.integers(0, 50), JITTER)
def test_the_next_wake_up_lies_ahead_and_within_one_interval(
    rhythm: Rhythm, now: datetime, failures: int, jitter: float
) -> None:
    """Never at once again, never skipped; sooner after a failure, never later."""
    due = next_wake(rhythm, now, failures, jitter)
    assert now < due <= now + timedelta(seconds=rhythm.interval_s)
    assert due <= next_wake(rhythm, now, 0, jitter)


@given(RHYTHMS, MOMENTS, st.integers(0, 10**6), JITTER)
def test_a_clock_that_jumps_gets_one_poll(rhythm: Rhythm, now: datetime, jump_s: int, jitter: float) -> None:
    """However many wake-ups it jumped over, the next one lies ahead of where it landed."""
    landed = max(next_wake(rhythm, now, 0, jitter), now + timedelta(seconds=jump_s))
    assert next_wake(rhythm, landed, 0, jitter) > landed


@given(RHYTHMS, MOMENTS)
def test_wake_ups_keep_their_offset(rhythm: Rhythm, now: datetime) -> None:
    """Whenever the program started."""
    since = next_wake(rhythm, now, 0) - datetime(1970, 1, 1, tzinfo=UTC)
    assert since.total_seconds() % rhythm.interval_s == rhythm.offset_s
