"""The push that residents send to themselves: marked on every line, in every language, small, of the form of all."""

import json
from datetime import UTC, datetime

import pytest

from notifier.render import MAX_PAYLOAD_BYTES
from notifier.subscriptions.profile import Profile
from notifier.subscriptions.selftest import payload_of
from schemas.records.decided import LANGUAGES

AT = datetime(2026, 9, 21, 3, tzinfo=UTC)


def _profile(lang: str, endpoint: str = "https://fcm.googleapis.com/fcm/send/a") -> Profile:
    return Profile(endpoint, b"p", b"a", "k", lang, {"14205": ()}, False, None)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_nobody_can_take_it_for_an_order(lang: str) -> None:
    """【試験】 on every line, the world test, no level, not urgent."""
    packed = payload_of(_profile(lang), "id", "https://sonae.example.jp/", AT)
    said = json.loads(packed)
    assert len(packed) < MAX_PAYLOAD_BYTES
    assert all(line.startswith("【試験】") for line in [said["title"], *said["body"].splitlines()])
    assert (said["kind"], said["world"], said["level"], said["urgent"]) == ("selftest", "test", None, False)
    assert said["lang"] == lang


def test_a_language_without_words_is_told_in_japanese() -> None:
    """Never an empty notice: Apple ends subscriptions for that."""
    assert json.loads(payload_of(_profile("xx"), "id", "", AT))["lang"] == "ja"


def test_an_iphone_shows_it_even_if_its_worker_fails() -> None:
    """The declarative form of web.push.apple.com."""
    said = json.loads(payload_of(_profile("en", "https://web.push.apple.com/Q"), "id", "https://x.example/", AT))
    assert said["web_push"] == 8030
    assert said["notification"]["data"]["kind"] == "selftest"
