"""A virtual device as a browser and its service worker are: keys, RFC 8291 by http_ece (not ours), what it shows."""

import base64
import json
import os
from dataclasses import dataclass, field
from typing import Any

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from schemas.process.clock import now_utc


@dataclass(frozen=True, slots=True)
class Shown:
    """One notification on the screen. `at` is event time as the push says, `shown_at` real time."""

    tag: str
    id: str
    rev: int
    kind: str
    world: str
    title: str
    body: str
    lang: str
    level: int | None
    urgent: bool
    url: str
    at: str
    receipt: str | None
    shown_at: str


@dataclass(slots=True)
class Browser:
    """Keys of one subscription, and its screen: one notification per tag, a newer revision in the older one's place."""

    private: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    auth: bytes = field(default_factory=lambda: os.urandom(16))
    screen: dict[str, Shown] = field(default_factory=dict)
    rang: int = 0
    repeats: int = 0
    stale: int = 0
    unreadable: list[str] = field(default_factory=list)

    def keys(self) -> dict[str, str]:
        """The `keys` of its PushSubscription."""
        point = self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {"p256dh": _b64url(point), "auth": _b64url(self.auth)}

    def receive(self, body: bytes) -> Shown | None:
        """Decrypt and show; None when it shows nothing new. What cannot be read is kept as a reason."""
        try:
            plain = http_ece.decrypt(body, private_key=self.private, auth_secret=self.auth, version="aes128gcm")
            shown = _shown(json.loads(plain))
        except Exception as error:  # noqa: BLE001 - whatever a stranger's bytes do to a decoder, a browser survives
            self.unreadable.append(f"{type(error).__name__}: {error}")
            return None
        return shown if self._put(shown) else None

    def _put(self, shown: Shown) -> bool:
        before = self.screen.get(shown.tag)
        if before is not None and shown.rev == before.rev:
            self.repeats += 1
            return False
        if before is not None and shown.rev < before.rev:
            self.stale += 1
            return False
        self.screen[shown.tag] = shown
        self.rang += 1
        return True


def _shown(payload: dict[str, Any]) -> Shown:
    if payload.get("web_push") == 8030:
        notification = payload["notification"]
        payload = notification["data"] | {
            "title": notification["title"],
            "body": notification["body"],
            "lang": notification["lang"],
            "tag": notification["tag"],
            "url": notification["navigate"],
        }
    names = [name for name in Shown.__dataclass_fields__ if name != "shown_at"]
    return Shown(**{name: payload[name] for name in names}, shown_at=now_utc().isoformat())


def _b64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
