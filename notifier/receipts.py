"""Receipt tokens: only a device that got a push can report on it. Pure; the key derives from the sealing key."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable

from schemas.records.base import World

_BLOCK_BYTES = 64
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


def receipt_token(key: bytes, world: World, subscriber: str, order_id: str, revision: int) -> str:
    """What a push carries in `receipt`: `<subscriber>.<base64url HMAC-SHA256>`. `key` is Sealer.receipt_key."""
    return f"{subscriber}.{_mac(key, world, subscriber, order_id, revision)}"


def receipts_for(key: bytes, world: World, order_id: str, revision: int) -> Callable[[str], str]:
    """receipt_token for all subscribers of one push: what they share is hashed once (RFC 2104: inner, outer hash)."""
    whole = key.ljust(_BLOCK_BYTES, b"\0")
    begun = hashlib.sha256(bytes(byte ^ 0x36 for byte in whole) + f"receipt|{world}|".encode())
    around, after = hashlib.sha256(bytes(byte ^ 0x5C for byte in whole)), f"|{order_id}|{revision}".encode()

    def token(subscriber: str) -> str:
        inner, outer = begun.copy(), around.copy()
        inner.update(subscriber.encode() + after)
        outer.update(inner.digest())
        return f"{subscriber}.{binascii.b2a_base64(outer.digest(), newline=False).translate(_URL_SAFE, b'=').decode()}"

    return token


def subscriber_of(key: bytes, token: str, world: World, order_id: str, revision: int) -> str | None:
    """Whose token this is for this push, or None if it is not one."""
    subscriber, _, mac = token.partition(".")
    wanted = _mac(key, world, subscriber, order_id, revision)
    return subscriber if hmac.compare_digest(wanted.encode(), mac.encode()) else None


def _mac(key: bytes, world: World, subscriber: str, order_id: str, revision: int) -> str:
    message = "|".join(("receipt", world, subscriber, order_id, str(revision)))
    digest = hmac.new(key, message.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
