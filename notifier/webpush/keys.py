"""Who we are to push services: the VAPID key, and one signed token per origin (RFC 8292)."""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02

from notifier.webpush.subject import checked_subject

LIFETIME = timedelta(hours=12)
"""RFC 8292 §2 allows 24 h from the request; half of that leaves room for clocks that differ."""


class BadKey(ValueError):
    """The key cannot be used; the message says what is expected."""


def b64url(raw: bytes) -> str:
    """Unpadded base64url."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def from_b64url(text: str) -> bytes:
    """The bytes of strict unpadded (or padded) base64url; raises BadKey."""
    try:
        return base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadKey(f"not base64url: {error}") from error


@dataclass(frozen=True, slots=True)
class VapidKey:
    """A P-256 key pair, the application server's identity. `key_id` names it where a subscription was made under it."""

    private: ec.EllipticCurvePrivateKey
    public: bytes

    @classmethod
    def of(cls, text: str) -> "VapidKey":
        """From the 32-byte private scalar in base64url (SONAE_VAPID_KEY); raises BadKey."""
        raw = from_b64url(text)
        if len(raw) != 32:
            raise BadKey(f"the VAPID key has {len(raw)} bytes: 32 (a P-256 private scalar in base64url) are expected")
        try:
            private = ec.derive_private_key(int.from_bytes(raw, "big"), ec.SECP256R1())
        except ValueError as error:
            raise BadKey(f"the VAPID key is no P-256 private scalar: {error}") from error
        return cls(private, private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))

    @property
    def public_text(self) -> str:
        """The `applicationServerKey` of a browser: the uncompressed point in base64url."""
        return b64url(self.public)

    @property
    def key_id(self) -> str:
        """16 hex digits of SHA-256 over the public point."""
        return hashlib.sha256(self.public).hexdigest()[:16]


def new_vapid_key() -> str:
    """A fresh SONAE_VAPID_KEY."""
    private = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    return b64url(private.to_bytes(32, "big"))


@dataclass(frozen=True, slots=True)
class _Signed:
    header: str
    renew_at: datetime


class VapidTokens:
    """Authorization headers under one key: one token per origin, shared by its endpoints, renewed at half its life."""

    def __init__(self, key: VapidKey, subject: str) -> None:
        self.key = key
        self._subject = checked_subject(subject)
        self._signer = Vapid02(key.private)
        self._signed: dict[str, _Signed] = {}

    def authorization(self, origin: str, now: datetime) -> str:
        """The header's value for requests to `origin` (scheme://host[:port]); `now` is real time."""
        found = self._signed.get(origin)
        if found is None or now >= found.renew_at:
            found = self._signed[origin] = self._sign(origin, now)
        return found.header

    def forget(self, origin: str) -> None:
        """Sign anew next time: the service said 401 or 403."""
        self._signed.pop(origin, None)

    def _sign(self, origin: str, now: datetime) -> _Signed:
        claims = {"aud": origin, "exp": int((now + LIFETIME).timestamp()), "sub": self._subject}
        return _Signed(self._signer.sign(claims)["Authorization"], now + LIFETIME / 2)


def tokens_of(current: str, old: tuple[str, ...], subject: str) -> dict[str, VapidTokens]:
    """By key id, everything we may sign with: browsers subscribe under the current key, who came before under theirs.

    A push service takes only the key that a subscription was made under (RFC 8292 §4.2), so an old key stays until its
    last subscriber came back under the new one. Raises BadKey and BadSubject.
    """
    ring = (VapidTokens(VapidKey.of(text), subject) for text in (current, *old))
    return {tokens.key.key_id: tokens for tokens in ring}
