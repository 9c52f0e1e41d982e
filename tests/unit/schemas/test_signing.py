"""Signatures: what the console's key vouches for, and everything that voids it."""

import base64
import dataclasses
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from schemas.codec import Codec
from schemas.examples import examples_of
from schemas.records.base import Trace, World
from schemas.records.decided import Decision, DecisionKind
from schemas.records.observed import Report
from schemas.signing import (
    BadTicket,
    check_ticket,
    digest_of,
    is_signed,
    new_key_pair,
    private_key,
    public_key,
    sign,
    ticket,
)

# RFC 8032, section 7.1, test 1: secret key and public key.
SECRET = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
PUBLIC = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
JST = timezone(timedelta(hours=9))
NOW = datetime(2026, 11, 24, 1, tzinfo=UTC)


def text_of(raw: bytes) -> str:
    """Unpadded base64url, as settings hold keys."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


KEY, VERIFY = private_key(text_of(SECRET)), public_key(text_of(PUBLIC))
PROPOSE = sign(KEY, examples_of(Decision)["v1/propose"])


def test_the_public_key_is_that_of_the_rfc() -> None:
    """The settings' text form is read as the standard's bytes."""
    assert KEY.public_key().public_bytes_raw() == PUBLIC == VERIFY.public_bytes_raw()


def test_a_fresh_pair_fits_together() -> None:
    """SONAE_SIGNING_KEY signs, SONAE_VERIFY_KEY of the same pair checks, another pair's does not."""
    (signing, verify), (_, other) = new_key_pair(), new_key_pair()
    signed = sign(private_key(signing), PROPOSE)
    assert is_signed(public_key(verify), signed)
    assert not is_signed(public_key(other), signed)


@pytest.mark.parametrize("name", examples_of(Decision))
def test_a_decision_is_still_signed_after_its_way_through_a_topic(name: str) -> None:
    """Encoded, kept, decoded: the signature holds."""
    codec: Codec[Decision] = Codec(Decision, None)
    assert is_signed(VERIFY, codec.decode(codec.encode(sign(KEY, examples_of(Decision)[name]))))


def test_a_time_written_in_japan_is_the_same_moment() -> None:
    """The console may hold 15:55+09:00; the topic gives back 06:55Z: one signature, one digest."""
    local = sign(KEY, dataclasses.replace(PROPOSE, decided_at=PROPOSE.decided_at.astimezone(JST)))
    codec: Codec[Decision] = Codec(Decision, None)
    assert is_signed(VERIFY, codec.decode(codec.encode(local)))
    proposal = PROPOSE.proposal
    assert proposal
    elsewhere = dataclasses.replace(proposal, deliver_until=proposal.deliver_until.astimezone(JST))
    assert digest_of(proposal) == digest_of(elsewhere)


@pytest.mark.parametrize(
    "change",
    [
        {"officer": "suzuki"},
        {"kind": DecisionKind.APPROVE},
        {"world": World.EXERCISE},
        {"municipality": "14205"},
        {"case_id": "x"},
        {"proposal": None},
        {"digest": "0" * 64},
        {"duty": ("mallory",)},
        {"decided_at": PROPOSE.decided_at + timedelta(microseconds=1)},
        {"signature": bytes(64)},
        {"signature": b""},
    ],
    ids=str,
)
def test_any_change_voids_a_signature(change: dict[str, Any]) -> None:
    """Who, what, where, when, in which world."""
    assert not is_signed(VERIFY, dataclasses.replace(PROPOSE, **change))


def test_how_it_travelled_is_not_signed() -> None:
    """A repeat with another trace or a later `made_at` is the same decision."""
    moved = dataclasses.replace(PROPOSE, trace=Trace("other", NOW), made_at=NOW + timedelta(hours=1))
    assert is_signed(VERIFY, moved)


def test_one_word_of_a_text_changes_the_digest() -> None:
    """What is approved is what was submitted, to the letter."""
    proposal = PROPOSE.proposal
    assert proposal
    changed = dataclasses.replace(proposal.texts[0], body=proposal.texts[0].body + "。")
    assert digest_of(dataclasses.replace(proposal, texts=(changed, *proposal.texts[1:]))) != digest_of(proposal)


def test_a_report_is_signed_like_a_decision() -> None:
    """What a person saw in the field, too, comes from the console alone."""
    report = sign(KEY, examples_of(Report)["v1/leakage"])
    assert is_signed(VERIFY, report)
    assert not is_signed(VERIFY, dataclasses.replace(report, text="nothing"))


def test_a_field_that_came_later_does_not_void_what_was_signed_before() -> None:
    """Signed by a console without the field, checked by a program that has it: its default was never said."""

    @dataclasses.dataclass(frozen=True, slots=True)
    class Later(Report):
        photo: str | None = None

    report = sign(KEY, examples_of(Report)["v1/leakage"])
    later = Later(**{field.name: getattr(report, field.name) for field in dataclasses.fields(Report)})
    later.__class__.__name__ = "Report"
    assert is_signed(VERIFY, later)
    assert not is_signed(VERIFY, dataclasses.replace(later, photo="x.jpg"))


def test_a_ticket_names_its_officer_until_it_runs_out() -> None:
    """At the second of its end it is over."""
    proof = ticket(KEY, "sato", NOW + timedelta(minutes=5))
    assert check_ticket(VERIFY, proof, NOW) == "sato"
    with pytest.raises(BadTicket, match="run out"):
        check_ticket(VERIFY, proof, NOW + timedelta(minutes=5))


def test_a_ticket_of_another_key_is_refused() -> None:
    """Or one whose body was exchanged."""
    other, mine = ticket(Ed25519PrivateKey.generate(), "sato", NOW), ticket(KEY, "sato", NOW + timedelta(1))
    for forged in (other, f"{other.split('.')[0]}.{mine.split('.')[1]}"):
        with pytest.raises(BadTicket, match="not signed by the console"):
            check_ticket(VERIFY, forged, NOW)


@pytest.mark.parametrize("text", ["", ".", "a.b.c", "äö.ü", "YQ.YQ", "e30.", "!!!.???"])
def test_junk_is_no_ticket(text: str) -> None:
    """Whatever a device sends, the answer is one kind of refusal."""
    with pytest.raises(BadTicket):
        check_ticket(VERIFY, text, NOW)
