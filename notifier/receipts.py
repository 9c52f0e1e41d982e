"""Receipt tokens: only a device that got a push can report on it. Pure; the key derives from the sealing key."""

import base64
import hashlib
import hmac

from schemas.records.base import World


def receipt_token(key: bytes, world: World, subscriber: str, order_id: str, revision: int) -> str:
    """What a push carries in `receipt`: `<subscriber>.<base64url HMAC-SHA256>`. `key` is Sealer.receipt_key."""
    return f"{subscriber}.{_mac(key, world, subscriber, order_id, revision)}"


def subscriber_of(key: bytes, token: str, world: World, order_id: str, revision: int) -> str | None:
    """Whose token this is for this push, or None if it is not one."""
    subscriber, _, mac = token.partition(".")
    wanted = _mac(key, world, subscriber, order_id, revision)
    return subscriber if hmac.compare_digest(wanted.encode(), mac.encode()) else None


def _mac(key: bytes, world: World, subscriber: str, order_id: str, revision: int) -> str:
    message = "|".join(("receipt", world, subscriber, order_id, str(revision)))
    digest = hmac.new(key, message.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
