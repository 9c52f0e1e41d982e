"""Subscriptions at rest: only our keys open them, and nothing personal shows."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from notifier.subscriptions.profile import Profile
from notifier.subscriptions.seal import Sealer, Unsealable, left, sealer_of, subscriber_id

NOW = datetime(2026, 9, 21, tzinfo=UTC)
OLD, NEW = b"\x01" * 32, b"\x02" * 32
NONCE = b"\x09" * 12
PROFILE = Profile(
    endpoint="https://fcm.googleapis.com/fcm/send/abc",
    p256dh=b"\x04" + b"x" * 64,
    auth=b"a" * 16,
    vapid_key_id="k1",
    lang="vi",
    places={"14205": (), "14100": ("1410011",)},
    drills=True,
    officer=None,
)


def test_what_was_sealed_comes_out() -> None:
    """Everything a subscriber told us, and nothing of it readable in the record."""
    record = Sealer((NEW,)).seal(PROFILE, NONCE, NOW)
    assert Sealer((NEW,)).open(record) == PROFILE
    assert record.subscriber == subscriber_id(PROFILE.endpoint)
    for secret in (b"fcm", b"14205", b"vi", PROFILE.p256dh):
        assert secret not in record.sealed


def test_a_new_key_opens_what_the_old_one_sealed() -> None:
    """A key is changed by putting a new one first; leave tokens of the old one still let people go."""
    record, token = Sealer((OLD,)).seal(PROFILE, NONCE, NOW), Sealer((OLD,)).leave_token("s1")
    both = Sealer((NEW, OLD))
    assert both.open(record) == PROFILE
    assert both.seal(PROFILE, NONCE, NOW).key_id != record.key_id
    assert both.may_leave("s1", token)
    with pytest.raises(Unsealable, match="SONAE_SEALING_KEYS_OLD"):
        Sealer((NEW,)).open(record)


def test_changed_bytes_do_not_open() -> None:
    """Neither a flipped bit, nor another's sealed bytes under one's own id."""
    sealer = Sealer((NEW,))
    record = sealer.seal(PROFILE, NONCE, NOW)
    for changed in (
        replace(record, sealed=bytes([record.sealed[0] ^ 1]) + record.sealed[1:]),
        replace(record, nonce=b"\x08" * 12),
        replace(record, nonce=b""),
        replace(record, subscriber="0" * 22),
    ):
        with pytest.raises(Unsealable):
            sealer.open(changed)


def test_leaving_needs_ones_own_token() -> None:
    """Nobody can unsubscribe another."""
    sealer = Sealer((NEW,))
    assert sealer.may_leave("s1", sealer.leave_token("s1"))
    for wrong in (sealer.leave_token("s2"), "", "é", sealer.leave_token("s1") + "A"):
        assert not sealer.may_leave("s1", wrong)


def test_who_left_leaves_nothing_personal() -> None:
    """The record of a departure holds no sealed bytes."""
    record = left("s1", NOW)
    assert (record.left, record.sealed, record.nonce, record.key_id) == (True, b"", b"", "")


def test_a_short_key_is_refused() -> None:
    """32 bytes, or a sentence."""
    with pytest.raises(ValueError, match="32 bytes"):
        sealer_of("AAAA")
