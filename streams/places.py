"""What *decide* must know that lies outside it: municipalities, digests, and the console's key."""

from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from schemas.records.decided import Decision
from schemas.reference import municipalities
from schemas.signing import digest_of, is_signed
from streams.decide.model import Knowledge, Place


def knowledge(key: Ed25519PublicKey) -> Knowledge:
    """The reference data, and the key that every decision must be signed with."""
    places = {code: Place(found.name, found.areas) for code, found in municipalities().items()}
    return Knowledge(places, digest_of, _signed_with(key))


def _signed_with(key: Ed25519PublicKey) -> Callable[[Decision], bool]:
    return lambda decision: is_signed(key, decision)
