"""Signatures: the console signs what a person did, decide and the notifier check it. Ed25519 over a canonical form."""

import base64
import dataclasses
import hashlib
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from schemas.records.decided import Decision, Policy, Proposal, Resend
from schemas.records.observed import Report

Signed = TypeVar("Signed", Decision, Report, Resend)
UNSIGNED = ("signature", "trace", "made_at")
_CANONICAL = msgspec.json.Encoder(order="sorted")


class BadTicket(ValueError):
    """The ticket is not the console's, or it has run out."""


def private_key(text: str) -> Ed25519PrivateKey:
    """From 32 bytes in unpadded base64url (SONAE_SIGNING_KEY); raises ValueError."""
    return Ed25519PrivateKey.from_private_bytes(_decode(text))


def public_key(text: str) -> Ed25519PublicKey:
    """From 32 bytes in unpadded base64url (SONAE_VERIFY_KEY); raises ValueError."""
    return Ed25519PublicKey.from_public_bytes(_decode(text))


def new_key_pair() -> tuple[str, str]:
    """(SONAE_SIGNING_KEY, SONAE_VERIFY_KEY), fresh."""
    key = Ed25519PrivateKey.generate()
    return _encode(key.private_bytes_raw()), _encode(key.public_key().public_bytes_raw())


def sign(key: Ed25519PrivateKey, record: Signed) -> Signed:
    """The record with its signature over everything but the trace and the times of transport."""
    return dataclasses.replace(record, signature=key.sign(_canonical(record)))


def is_signed(key: Ed25519PublicKey, record: Decision | Report | Resend) -> bool:
    """Whether the console's key signed exactly this record."""
    try:
        key.verify(record.signature, _canonical(record))
    except InvalidSignature:
        return False
    return True


def digest_of(content: Proposal | Policy) -> str:
    """The id of exactly this content: what a submission or an approval names."""
    return hashlib.sha256(_CANONICAL.encode(_plain(content))).hexdigest()


def ticket(key: Ed25519PrivateKey, subject: str, expires_at: datetime) -> str:
    """A short proof that the console vouches for `subject` (an officer id) until `expires_at` (real time)."""
    body = _CANONICAL.encode({"sub": subject, "exp": int(expires_at.timestamp())})
    return f"{_encode(body)}.{_encode(key.sign(body))}"


def check_ticket(key: Ed25519PublicKey, text: str, now: datetime) -> str:
    """The subject of a valid ticket; raises BadTicket."""
    try:
        body, signature = (_decode(part) for part in text.split("."))
        key.verify(signature, body)
        claims = msgspec.json.decode(body, type=dict[str, str | int])
    except (ValueError, InvalidSignature, msgspec.DecodeError) as error:
        raise BadTicket("this ticket was not signed by the console") from error
    if now.timestamp() >= int(claims["exp"]):
        raise BadTicket("this ticket has run out: sign in again")
    return str(claims["sub"])


def _canonical(record: Decision | Report | Resend) -> bytes:
    signed = {name: value for name, value in _plain(record).items() if name not in UNSIGNED}
    return type(record).__name__.encode() + b"\n" + _CANONICAL.encode(signed)


def _plain(value: Any) -> Any:
    """The same for equal content: times in UTC, as they come off a topic; a field that holds its default is left out,
    so that a field added later with a default does not void what was signed before.
    """
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    if not dataclasses.is_dataclass(value):
        return value
    held = ((field, getattr(value, field.name)) for field in dataclasses.fields(value))
    return {field.name: _plain(part) for field, part in held if part != field.default}


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
