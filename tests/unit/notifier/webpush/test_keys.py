"""Who we are to push services."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from py_vapid import Vapid02

from notifier.webpush.keys import BadKey, VapidKey, VapidTokens, new_vapid_key
from notifier.webpush.subject import BadSubject, checked_subject

NOW = datetime(2026, 9, 21, 3, 0, tzinfo=UTC)
ORIGIN = "https://updates.push.services.mozilla.com"
SUBJECT = "mailto:desk@city.example.jp"


def claims(header: str) -> dict[str, object]:
    body = header.split("t=")[1].split(".")[1]
    read: dict[str, object] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return read


def tokens() -> VapidTokens:
    return VapidTokens(VapidKey.of(new_vapid_key()), SUBJECT)


def test_a_token_says_who_for_whom_and_until_when() -> None:
    """RFC 8292 §2: audience is the origin, at most 24 h, and the signature holds."""
    signer = tokens()
    header = signer.authorization(ORIGIN, NOW)
    assert claims(header) == {"aud": ORIGIN, "exp": int((NOW + timedelta(hours=12)).timestamp()), "sub": SUBJECT}
    assert header.endswith(f"k={signer.key.public_text}")
    assert Vapid02.verify(header)


def test_one_token_serves_an_origin_for_six_hours() -> None:
    """The service may cache its verification; renewal at half its life leaves room for every clock."""
    signer = tokens()
    first = signer.authorization(ORIGIN, NOW)
    assert signer.authorization(ORIGIN, NOW + timedelta(hours=5, minutes=59)) == first
    later = NOW + timedelta(hours=6)
    assert signer.authorization(ORIGIN, later) != first
    assert claims(signer.authorization(ORIGIN, later))["exp"] == int((later + timedelta(hours=12)).timestamp())


def test_two_origins_never_share_a_token() -> None:
    """The audience of the first must not reach the second (pywebpush's shared claims do that)."""
    signer = tokens()
    other = "https://fcm.googleapis.com"
    assert claims(signer.authorization(ORIGIN, NOW))["aud"] == ORIGIN
    assert claims(signer.authorization(other, NOW))["aud"] == other
    assert claims(signer.authorization(ORIGIN, NOW))["aud"] == ORIGIN


def test_a_token_that_was_refused_is_made_anew() -> None:
    """After a 401 the next send signs again."""
    signer = tokens()
    first = signer.authorization(ORIGIN, NOW)
    signer.forget(ORIGIN)
    assert signer.authorization(ORIGIN, NOW) != first


def test_a_key_is_named_by_its_public_half() -> None:
    """The same key has the same id wherever it is loaded; another has another."""
    text = new_vapid_key()
    assert VapidKey.of(text).key_id == VapidKey.of(text).key_id
    assert VapidKey.of(text).key_id != VapidKey.of(new_vapid_key()).key_id
    assert len(VapidKey.of(text).public) == 65


@pytest.mark.parametrize("text", ["", "AAAA", "A" * 43, "not base64!", "_" * 43])
def test_a_key_that_is_none_is_refused_at_the_start(text: str) -> None:
    """Empty, short, zero, garbage, beyond the curve's order: one sentence each."""
    with pytest.raises(BadKey):
        VapidKey.of(text)


@pytest.mark.parametrize("subject", ["mailto:desk@city.example.jp", "https://city.example.jp/contact"])
def test_a_contact_is_a_plain_address(subject: str) -> None:
    """Mail or web."""
    assert checked_subject(subject) == subject


@pytest.mark.parametrize(
    "subject",
    ["", "desk@city.example.jp", "mailto: <desk@city.example.jp>", "mailto:desk", "https://localhost", "http://a.jp"],
)
def test_a_contact_that_apple_would_refuse_stops_the_start(subject: str) -> None:
    """403 BadJwtToken in the middle of a flood is too late to notice."""
    with pytest.raises(BadSubject, match="is no contact"):
        checked_subject(subject)
