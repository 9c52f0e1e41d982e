"""What a push says to its service, and what comes of each answer."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.outcome import Answer, Fault, NetworkFault, meaning
from notifier.webpush.send import LONGEST_TTL_S, Ended, Later, head_of, judge, topic_of, ttl_of
from schemas.records.delivered import End

NOW = datetime(2026, 9, 21, 3, 0, tzinfo=UTC)
UNTIL = NOW + timedelta(hours=1)
HOST = "push.example"


def said(answer: Answer | NetworkFault, attempt: int = 1, until: datetime = UNTIL) -> Ended | Later:
    """What is next after this answer."""
    return judge(answer, meaning(answer, HOST), attempt, NOW, until, 0.5, 0.1)


def test_a_push_carries_the_fields_of_the_rfcs() -> None:
    """RFC 8030: TTL, Urgency, Topic; RFC 8188: the encoding; RFC 8292: who we are. Names as HTTP/2 wants them."""
    fields = dict(head_of("vapid t=…", 600, urgent=True, topic="t" * 32).fields)
    assert fields == {
        "authorization": "vapid t=…",
        "ttl": "600",
        "urgency": "high",
        "topic": "t" * 32,
        "content-encoding": "aes128gcm",
        "content-type": "application/octet-stream",
    }
    assert dict(head_of("", 1, urgent=False, topic="").fields)["urgency"] == "normal"


@pytest.mark.parametrize(
    ("left", "ttl"), [(timedelta(hours=1), 3600), (timedelta(milliseconds=10), 1), (timedelta(days=60), LONGEST_TTL_S)]
)
def test_a_push_lives_as_long_as_its_order_is_sent(left: timedelta, ttl: int) -> None:
    """At least a second, at most what FCM keeps."""
    assert ttl_of(NOW + left, NOW) == ttl


@given(st.text())
def test_a_topic_is_what_the_rfc_allows(order_id: str) -> None:
    """RFC 8030 §5.4: at most 32 characters of base64url."""
    topic = topic_of(order_id)
    assert len(topic) == 32
    assert set(topic) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@pytest.mark.parametrize(
    ("answer", "end"),
    [
        (Answer(201, {}), End.ACCEPTED),
        (Answer(410, {}), End.GONE),
        (Answer(404, {}), End.GONE),
        (Answer(403, {}, "BadJwtToken"), End.FAILED),
        (Answer(413, {}), End.REFUSED),
        (NetworkFault(Fault.FORBIDDEN, "10.0.0.1 is not public"), End.REFUSED),
    ],
)
def test_some_answers_end_it(answer: Answer | NetworkFault, end: End) -> None:
    """As outcome.py's tables say; who was not reached is told why."""
    ended = said(answer)
    assert isinstance(ended, Ended)
    assert (ended.end, ended.detail is None) == (end, end is End.ACCEPTED)


@pytest.mark.parametrize("answer", [Answer(429, {"retry-after": "120"}), Answer(503, {"retry-after": "120"})])
def test_a_service_that_says_when_is_believed(answer: Answer) -> None:
    """And when that is too late, it was the service that kept us waiting."""
    later = said(answer)
    assert isinstance(later, Later)
    assert timedelta(seconds=120) <= later.at - NOW <= timedelta(seconds=121)
    ended = said(answer, until=NOW + timedelta(seconds=60))
    assert isinstance(ended, Ended)
    assert ended.end is End.EXPIRED


@given(st.integers(1, 400), st.floats(0, 0.999), st.integers(0, 7200))
def test_a_try_that_failed_is_followed_by_another_or_by_an_end(attempt: int, spread: float, left_s: int) -> None:
    """Never at or after `until`; never reached at all is failed."""
    fault, until = NetworkFault(Fault.UNREACHABLE, "no route"), NOW + timedelta(seconds=left_s)
    what = judge(fault, meaning(fault, HOST), attempt, NOW, until, spread, 3.0)
    if isinstance(what, Later):
        assert NOW < what.at < until
    else:
        assert what.end is End.FAILED
