"""RFC 8291 (aes128gcm of RFC 8188 for Web Push): one record, one recipient.

Two steps, so that the slow one can be done before there is anything to say: `prepare` makes the key agreement for one
recipient (fresh key pair, random salt) and derives the keys of one message, `seal` encrypts a payload under them.
"""

import hmac
import os
import struct
from dataclasses import dataclass
from typing import NewType

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from notifier.webpush.keys import BadKey, from_b64url

RECORD_SIZE = 4096
POINT_BYTES, AUTH_BYTES, SALT_BYTES, KEY_BYTES, NONCE_BYTES = 65, 16, 16, 16, 12
_TO_NONCE, _TO_HEADER = KEY_BYTES, KEY_BYTES + NONCE_BYTES
MAX_PLAINTEXT = RECORD_SIZE - (SALT_BYTES + 4 + 1 + POINT_BYTES) - 16 - 1
"""3,993: a body of 4,096 bytes, which no push service may refuse (RFC 8030 §7.2), less header, tag and delimiter."""

_CURVE = ec.SECP256R1()
_HEADER_TAIL = struct.pack(">IB", RECORD_SIZE, POINT_BYTES)
_CEK_INFO, _NONCE_INFO = b"Content-Encoding: aes128gcm\0\x01", b"Content-Encoding: nonce\0\x01"
_LAST_RECORD = b"\x02"


class TooLong(ValueError):
    """The payload does not fit into one record."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """A browser's keys: its point on P-256 and its 16-byte secret."""

    point: ec.EllipticCurvePublicKey
    p256dh: bytes
    auth: bytes

    @classmethod
    def of(cls, p256dh: str, auth: str) -> "Receiver":
        """From a PushSubscription's base64url texts; raises BadKey when a browser cannot have made them."""
        return cls.of_raw(from_b64url(p256dh), from_b64url(auth))

    @classmethod
    def of_raw(cls, p256dh: bytes, auth: bytes) -> "Receiver":
        """From the bytes themselves; raises BadKey."""
        if len(auth) != AUTH_BYTES:
            raise BadKey(f"auth has {len(auth)} bytes: {AUTH_BYTES} are expected")
        if len(p256dh) != POINT_BYTES or p256dh[0] != 4:
            raise BadKey(f"p256dh is no uncompressed point of {POINT_BYTES} bytes")
        try:
            return cls(ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, p256dh), p256dh, auth)
        except ValueError as error:
            raise BadKey(f"p256dh is no point on P-256: {error}") from error


Agreement = NewType("Agreement", bytes)
"""All that one message to one receiver takes but its words: key (16 bytes), nonce (12), and the header of the body with
salt and our public point (86). Never used for a second message: under one key and nonce, AES-GCM gives both away."""


def prepare(receiver: Receiver, salt: bytes, private: ec.EllipticCurvePrivateKey | None = None) -> Agreement:
    """An agreement from a fresh pair, whose private half is dropped. `salt` is 16 fresh random bytes; `private` is for
    test vectors only."""
    own = private or ec.generate_private_key(_CURVE)
    sender = own.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    shared = own.exchange(ec.ECDH(), receiver.point)
    key_info = b"WebPush: info\0" + receiver.p256dh + sender + b"\x01"
    material = _hmac(salt, _hmac(_hmac(receiver.auth, shared), key_info))
    key, nonce = _hmac(material, _CEK_INFO)[:KEY_BYTES], _hmac(material, _NONCE_INFO)[:NONCE_BYTES]
    return Agreement(key + nonce + salt + _HEADER_TAIL + sender)


def seal(agreement: Agreement, payload: bytes) -> bytes:
    """The body of the request; raises TooLong."""
    if len(payload) > MAX_PLAINTEXT:
        raise TooLong(f"the payload has {len(payload)} bytes, a push carries at most {MAX_PLAINTEXT}: shorten it")
    cipher, nonce = AESGCM(agreement[:_TO_NONCE]), agreement[_TO_NONCE:_TO_HEADER]
    return agreement[_TO_HEADER:] + cipher.encrypt(nonce, payload + _LAST_RECORD, None)


def encrypt(receiver: Receiver, payload: bytes) -> bytes:
    """Both steps at once, under a fresh key and a random salt."""
    return seal(prepare(receiver, os.urandom(SALT_BYTES)), payload)


def _hmac(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")
