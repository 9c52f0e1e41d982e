"""What the apps must know that lies outside them: municipalities, digests, and whether the console signed."""

from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from schemas.records.decided import Decision
from schemas.records.observed import Report
from schemas.reference import municipalities
from schemas.signing import digest_of, is_signed
from streams.decide.model import Knowledge, Place


def knowledge(key: Ed25519PublicKey) -> Knowledge:
    """The reference data, and the key that every decision must be signed with."""
    places = {code: Place(found.name, found.areas) for code, found in municipalities().items()}
    return Knowledge(places, digest_of, signed_with(key))


def signed_with(key: Ed25519PublicKey) -> Callable[[Decision | Report], bool]:
    """Whether the console signed what a person said."""
    return lambda record: is_signed(key, record)
