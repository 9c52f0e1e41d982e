"""Sealed in Redis: entries and key agreements of one generation, under keys that derive from SONAE_SEALING_KEY.

AES-256-GCM, a key per generation and kind, a random nonce per value, bound to the subscriber's id. A generation is
sealed under one key and named after it: with a new SONAE_SEALING_KEY the indexer builds a new generation.
"""

import hashlib
import hmac

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from notifier.pages import IndexIncomplete, Keys
from notifier.subscriptions.seal import NONCE_BYTES, key_id, sealing_key


class Unopened(ValueError):
    """These bytes were not sealed here for this subscriber, or were changed."""


class Cipher:
    """Seals and opens values of one kind in one generation. Values are `nonce ‖ ciphertext ‖ tag`."""

    def __init__(self, key: bytes, generation: str, kind: str) -> None:
        cipher = AESGCM(hmac.digest(key, f"sonae index {generation} {kind}".encode(), hashlib.sha256))
        self._encrypt, self._decrypt = cipher.encrypt, cipher.decrypt

    def seal(self, plain: bytes, nonce: bytes, about: bytes) -> bytes:
        """`nonce` is 12 fresh random bytes; `about` has to be said again to open."""
        return nonce + self._encrypt(nonce, plain, about)

    def open(self, sealed: bytes, about: bytes) -> bytes:
        """What was sealed; raises Unopened."""
        try:
            return self._decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], about)
        except (InvalidTag, ValueError) as error:
            raise Unopened("sealed for another subscriber or under another key, or changed") from error


class Seals:
    """Both kinds of one generation."""

    def __init__(self, key: bytes, generation: str) -> None:
        self.entries = Cipher(key, generation, "entry")
        self.agreements = Cipher(key, generation, "agreement")


def bound_to(life: bytes, name: bytes, auth: bytes, p256dh: bytes) -> bytes:
    """What an agreement is sealed about. In another life of Redis (`taking.py`), for another subscriber or for other
    keys it is worth nothing."""
    return b"".join((life, name, auth, p256dh))


class Opener:
    """The seals of any generation whose key is among ours. One a process; it keeps the last generation's."""

    def __init__(self, keys: tuple[bytes, ...]) -> None:
        self._keys = {key_id(key): key for key in keys}
        self.current = key_id(keys[0])
        self._last: tuple[Keys, Seals] | None = None

    @property
    def last(self) -> Keys | None:
        """The generation that was opened last: probably still the current one."""
        return None if self._last is None else self._last[0]

    def of(self, keys: Keys) -> Seals:
        """Raises IndexIncomplete: an index under a key that we lack is none for us."""
        if self._last is None or self._last[0] != keys:
            self._last = keys, self._seals(keys)
        return self._last[1]

    def _seals(self, keys: Keys) -> Seals:
        key = self._keys.get(keys.key_id)
        if key is None:
            raise IndexIncomplete(
                f"the index is sealed with key {keys.key_id}, which is not among ours: set it in "
                "SONAE_SEALING_KEY or SONAE_SEALING_KEYS_OLD, and start this process again"
            )
        return Seals(key, keys.generation)


def opener_of(current: str, old: tuple[str, ...] = ()) -> Opener:
    """From sealing keys as the settings hold them, the current one first."""
    return Opener(tuple(sealing_key(text) for text in (current, *old)))
