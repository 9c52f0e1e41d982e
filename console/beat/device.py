"""Our own device: a push endpoint (RFC 8030) that decrypts what it gets, with an implementation that is not ours."""

import base64
import hashlib
import hmac
import os
from dataclasses import dataclass
from typing import Any

import http_ece
import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


class Unopened(ValueError):
    """What came could not be decrypted or read."""


@dataclass(frozen=True, slots=True)
class Device:
    """Fresh keys at every start; the same endpoint always, so that it stays one subscriber."""

    private: ec.EllipticCurvePrivateKey
    auth: bytes
    endpoint: str

    @classmethod
    def at(cls, address: str, secret: str) -> "Device":
        """The device of this address; only who knows `secret` can name its endpoint."""
        mark = hmac.new(secret.encode(), b"beat", hashlib.sha256).hexdigest()[:32]
        return cls(ec.generate_private_key(ec.SECP256R1()), os.urandom(16), f"{address}/beat/push/{mark}")

    def subscription(self) -> dict[str, Any]:
        """As a browser's toJSON() gives it."""
        point = self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        keys = {"p256dh": _text(point), "auth": _text(self.auth)}
        return {"endpoint": self.endpoint, "expirationTime": None, "keys": keys}

    def opened(self, body: bytes) -> dict[str, Any]:
        """The message; raises Unopened."""
        try:
            clear = http_ece.decrypt(body, private_key=self.private, auth_secret=self.auth, version="aes128gcm")
            found = msgspec.json.decode(clear, type=dict[str, Any])
        except Exception as error:  # http_ece raises whatever its parts raise
            raise Unopened(f"{type(error).__name__}: {error}") from error
        return found


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
