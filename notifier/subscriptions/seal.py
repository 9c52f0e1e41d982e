"""Subscriptions at rest: AES-256-GCM under SONAE_SEALING_KEY, named by key id, bound to their subscriber."""

import base64
import hashlib
import hmac
from datetime import datetime

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from notifier.subscriptions.profile import Profile
from schemas.records.base import content_id
from schemas.records.delivered import Subscription

KEY_BYTES, NONCE_BYTES = 32, 12


class Unsealable(ValueError):
    """This record cannot be opened: its key is not among ours, or its bytes were changed. Content: park it."""


def subscriber_id(endpoint: str) -> str:
    """Who a subscriber is: one endpoint, one subscriber."""
    return content_id(endpoint)[:22]


def sealing_key(text: str) -> bytes:
    """32 bytes from unpadded base64url (SONAE_SEALING_KEY); raises ValueError."""
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if len(raw) != KEY_BYTES:
        raise ValueError(f"a sealing key is {KEY_BYTES} bytes in base64url, this is {len(raw)}")
    return raw


def sealer_of(current: str, old: tuple[str, ...] = ()) -> "Sealer":
    """From keys as the settings hold them, the current one first."""
    return Sealer(tuple(sealing_key(text) for text in (current, *old)))


class Sealer:
    """Seals with the first key, opens with any: a key is changed by putting a new one before it."""

    def __init__(self, keys: tuple[bytes, ...]) -> None:
        self._ciphers = {key_id(key): AESGCM(key) for key in keys}
        self.current = key_id(keys[0])
        self.receipt_keys = tuple(_derive(key, "receipt") for key in keys)
        self.token_keys = tuple(_derive(key, "token") for key in keys)

    @property
    def receipt_key(self) -> bytes:
        """What receipt tokens are made with."""
        return self.receipt_keys[0]

    def seal(self, profile: Profile, nonce: bytes, now: datetime) -> Subscription:
        """The record for `subscriptions`; `nonce` is 12 fresh random bytes, `now` real time."""
        subscriber = subscriber_id(profile.endpoint)
        sealed = self._ciphers[self.current].encrypt(nonce, msgspec.msgpack.encode(profile), subscriber.encode())
        return Subscription(subscriber, self.current, nonce, sealed, False, now, now)

    def open(self, record: Subscription) -> Profile:
        """What is inside; raises Unsealable."""
        cipher = self._ciphers.get(record.key_id)
        if cipher is None:
            raise Unsealable(
                f"sealed with key {record.key_id}, which is not among ours: add it to SONAE_SEALING_KEYS_OLD"
            )
        try:
            return _PROFILE.decode(cipher.decrypt(record.nonce, record.sealed, record.subscriber.encode()))
        except (InvalidTag, ValueError) as error:
            raise Unsealable("the sealed bytes are not what was sealed for this subscriber") from error

    def leave_token(self, subscriber: str) -> str:
        """What a subscriber shows to leave."""
        return _token(self.token_keys[0], subscriber)

    def may_leave(self, subscriber: str, token: str) -> bool:
        """Whether this is the subscriber's token, under any of our keys."""
        return any(hmac.compare_digest(_token(key, subscriber).encode(), token.encode()) for key in self.token_keys)


def left(subscriber: str, now: datetime) -> Subscription:
    """The record of someone who left: nothing personal in it."""
    return Subscription(subscriber, "", b"", b"", True, now, now)


def key_id(key: bytes) -> str:
    """A key's name: 8 hex digits of its SHA-256."""
    return hashlib.sha256(b"sonae sealing key" + key).hexdigest()[:8]


def _derive(key: bytes, purpose: str) -> bytes:
    return hmac.new(key, f"sonae {purpose}".encode(), hashlib.sha256).digest()


def _token(key: bytes, subscriber: str) -> str:
    digest = hmac.new(key, subscriber.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


_PROFILE = msgspec.msgpack.Decoder(Profile)
