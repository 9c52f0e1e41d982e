"""Receipt tokens: only a device that got a push can report on it. Pure; the key derives from the sealing key.

A token is `<subscriber>.<MAC>`: BLAKE2s with a key (RFC 7693), 16 bytes in hex, over world, order, revision and
subscriber.
"""

import hashlib
import hmac
import json
from collections.abc import Callable

from schemas.records.base import World

_MAC_BYTES = 16


def receipt_token(key: bytes, world: World, subscriber: str, order_id: str, revision: int) -> str:
    """What a push carries in `receipt`. `key` is Sealer.receipt_key, 32 bytes."""
    mac = _begun(key, world, order_id, revision)
    mac.update(subscriber.encode())
    return f"{subscriber}.{mac.hexdigest()}"


def receipts_for(key: bytes, world: World, order_id: str, revision: int) -> Callable[[str], bytes]:
    """receipt_token for all subscribers of one push, as JSON: what they share is hashed once."""
    begun = _begun(key, world, order_id, revision)

    def token(subscriber: str) -> bytes:
        mac = begun.copy()
        mac.update(subscriber.encode())
        text = f"{subscriber}.{mac.hexdigest()}"
        return f'"{text}"'.encode() if subscriber.isalnum() else json.dumps(text).encode()

    return token


def subscriber_of(key: bytes, token: str, world: World, order_id: str, revision: int) -> str | None:
    """Whose token this is for this push, or None if it is not one."""
    subscriber, _, _ = token.partition(".")
    wanted = receipt_token(key, world, subscriber, order_id, revision)
    return subscriber if hmac.compare_digest(wanted.encode(), token.encode()) else None


def _begun(key: bytes, world: World, order_id: str, revision: int) -> hashlib.blake2s:
    mac = hashlib.blake2s(key=key, digest_size=_MAC_BYTES)
    mac.update(f"receipt|{world}|{len(order_id)}|{order_id}|{revision}|".encode())
    return mac
