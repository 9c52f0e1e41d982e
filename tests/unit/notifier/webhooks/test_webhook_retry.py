"""When a webhook is tried again, and when it is given up."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.broadcast.event import event_of
from notifier.broadcast.position import Stream
from notifier.outcome import Answer, Fault, NetworkFault
from notifier.webhooks.retry import Verdict, expires_at, judge, wait_s
from schemas.examples import examples_of
from schemas.records.base import World
from schemas.records.decided import Order
from schemas.records.observed import Bulletin

NOW = datetime(2026, 9, 21, 6, 30, tzinfo=UTC)
ORDER = replace(next(iter(examples_of(Order).values())), made_at=NOW, deliver_until=NOW + timedelta(hours=2))
BULLETIN = replace(next(iter(examples_of(Bulletin).values())), made_at=NOW)
PLACE = Stream(World.ACTUAL, "orders", 0)


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, Verdict.ACKNOWLEDGED),
        (204, Verdict.ACKNOWLEDGED),
        (301, Verdict.AGAIN),
        (400, Verdict.AGAIN),
        (404, Verdict.AGAIN),
        (410, Verdict.GONE),
        (429, Verdict.AGAIN),
        (500, Verdict.AGAIN),
    ],
)
def test_only_2xx_acknowledges(status: int, verdict: Verdict) -> None:
    """A redirect or a refusal is not a receipt; only 410 says that nobody lives there."""
    assert judge(Answer(status, {}), NOW).verdict is verdict


def test_no_answer_is_tried_again() -> None:
    """Whatever the network did."""
    assert {judge(NetworkFault(fault, ""), NOW).verdict for fault in Fault} == {Verdict.AGAIN}


@given(st.integers(1, 10_000), st.floats(0, 0.999), st.none() | st.floats(0, 3600))
def test_a_pause_grows_varies_and_is_never_shorter_than_asked(tries: int, spread: float, asked: float | None) -> None:
    """From half a second to a minute; `Retry-After` is kept to."""
    pause = wait_s(tries, asked, spread)
    assert 0.5 <= pause <= max(60.0, (asked or 0) + 1)
    assert asked is None or pause >= asked
    assert wait_s(1, None, 0.999) <= 1.0


def test_a_partner_says_when_to_come_back() -> None:
    """In seconds (RFC 9110, 10.2.3)."""
    assert judge(Answer(429, {"retry-after": "120"}), NOW).asked_s == 120


def test_an_order_stays_news_for_a_day() -> None:
    """Or until its sending ends, if that is later; everything else for an hour; a replay makes it new again."""
    order, bulletin = event_of(PLACE, 1, ORDER), event_of(PLACE, 1, BULLETIN)
    assert expires_at(order, None) == NOW + timedelta(hours=24)
    long = event_of(PLACE, 1, replace(ORDER, deliver_until=NOW + timedelta(hours=30)))
    assert expires_at(long, None) == NOW + timedelta(hours=30)
    assert expires_at(bulletin, None) == NOW + timedelta(hours=1)
    assert expires_at(bulletin, NOW + timedelta(hours=5)) == NOW + timedelta(hours=6)
    assert expires_at(bulletin, NOW - timedelta(hours=5)) == NOW + timedelta(hours=1)
