"""A webhook's signature, against the vector of the Standard Webhooks libraries and their own verifier."""

import base64
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from notifier.broadcast.event import Event, event_of
from notifier.broadcast.position import Stream
from notifier.webhooks.sign import headers_of, message_id
from schemas.examples import examples_of
from schemas.process.clock import now_utc
from schemas.records.base import World
from schemas.records.decided import Order

ORDER = next(iter(examples_of(Order).values()))
PLACE = Stream(World.ACTUAL, "orders", 3)
SECRETS = st.binary(min_size=24, max_size=64)


def event(offset: int = 7, stream: Stream = PLACE, **more: object) -> Event:
    """An order as an event."""
    return event_of(stream, offset, replace(ORDER, **more))


def test_it_signs_as_the_libraries_do() -> None:
    """The vector in the tests of the reference libraries (svix, standardwebhooks: `test_sign_function`)."""
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    at = datetime.fromtimestamp(1614265330, UTC)
    headers = headers_of("msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}', [key])
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert headers["webhook-timestamp"] == "1614265330"


@given(st.lists(SECRETS, min_size=1, max_size=3), SECRETS, st.text())
def test_each_active_secret_verifies_and_no_other(keys: list[bytes], stranger: bytes, text: str) -> None:
    """While a secret is changed the partner may hold either; the body is signed to the byte."""
    body = text.encode()
    headers = headers_of("msg_1", now_utc(), body, keys)
    for key in keys:
        Webhook(key).verify(body, headers, json_parse=False)
    if stranger not in keys:
        with pytest.raises(WebhookVerificationError):
            Webhook(stranger).verify(body, headers, json_parse=False)
    with pytest.raises(WebhookVerificationError):
        Webhook(keys[0]).verify(body + b" ", headers, json_parse=False)


def test_an_id_names_one_event_for_one_partner() -> None:
    """The same at every try, in any process; another one for another partner, place, or a topic that was made anew."""
    one = message_id("fire", event())
    assert message_id("fire", event()) == one
    elsewhere = Stream(World.EXERCISE, "orders", 3)
    others = {
        message_id("state", event()),
        message_id("fire", event(8)),
        message_id("fire", event(stream=elsewhere)),
        message_id("fire", event(made_at=now_utc())),
    }
    assert len(others | {one}) == 5
