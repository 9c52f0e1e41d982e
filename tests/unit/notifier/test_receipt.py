"""Receipt tokens: made for one device, one revision, one world."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.receipts import receipt_token, receipts_for, subscriber_of
from notifier.subscriptions.endpoint import Refused
from notifier.subscriptions.receipt import Reported, receipt_of
from schemas.records.base import World

KEY = b"k" * 32
NOW = datetime(2026, 9, 21, tzinfo=UTC)


def test_a_token_names_its_subscriber_for_its_push_only() -> None:
    """Another key, world, order or revision, or a changed byte, names nobody."""
    token = receipt_token(KEY, World.ACTUAL, "s1", "o1", 2)
    assert subscriber_of(KEY, token, World.ACTUAL, "o1", 2) == "s1"
    for key, text, world, order, revision in (
        (b"x" * 32, token, World.ACTUAL, "o1", 2),
        (KEY, token, World.EXERCISE, "o1", 2),
        (KEY, token, World.ACTUAL, "o2", 2),
        (KEY, token, World.ACTUAL, "o1", 3),
        (KEY, token.replace("s1", "s2"), World.ACTUAL, "o1", 2),
        (KEY, "s1", World.ACTUAL, "o1", 2),
        (KEY, "é.é", World.ACTUAL, "o1", 2),
    ):
        assert subscriber_of(key, text, world, order, revision) is None


@given(st.binary(min_size=32, max_size=32), st.text(max_size=30), st.text(max_size=40), st.integers(0, 99))
def test_tokens_made_for_many_are_those_made_one_by_one(key: bytes, subscriber: str, order: str, revision: int) -> None:
    """What subscribers share is hashed once; the token is the same."""
    made = receipts_for(key, World.TEST, order, revision)
    assert json.loads(made(subscriber)) == receipt_token(key, World.TEST, subscriber, order, revision)


def test_the_same_report_has_the_same_id() -> None:
    """A service worker that reports twice is counted once."""
    body = b'{"receipt":"s1.x","id":"o1","rev":2,"world":"test","event":"clicked"}'
    one, two = (receipt_of(Reported.of(body), "s1", now) for now in (NOW, NOW.replace(hour=3)))
    assert one.id == two.id
    assert (one.world, one.event, one.revision) == (World.TEST, "clicked", 2)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"receipt":1}', b"\xff", b'{"receipt":"","id":"","rev":1,"world":"mars","event":"shown"}']
)
def test_what_is_no_receipt_is_refused(body: bytes) -> None:
    """With a code, not with an error page."""
    with pytest.raises(Refused) as refused:
        Reported.of(body)
    assert refused.value.code == "receipt_form"
