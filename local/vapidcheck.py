"""RFC 8292 as a push service checks it: the signed token, its audience, its life, and the subscription's key."""

import base64
import binascii
import json
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from schemas.process.clock import now_utc

LONGEST_LIFE_S = 24 * 3600
SKEW_S = 60


class RefusedError(Exception):
    """The request is not authorized: 401 when nothing usable was presented, 403 when it is wrong."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


class VapidCheck:
    """Checks Authorization headers; a token that was verified once is not verified again (RFC 8292 §5)."""

    def __init__(self) -> None:
        self._verified: dict[tuple[str, str], dict[str, Any]] = {}

    def check(self, header: str | None, audience: str, application_key: str | None) -> None:
        """Raises RefusedError. `application_key` is the key that the subscription is bound to, if any."""
        token, key = _parts(header)
        claims = self._verified.get((token, key))
        if claims is None:
            claims = self._verified[token, key] = _verify(token, key)
        if claims.get("aud") != audience:
            raise RefusedError(403, f"aud is {claims.get('aud')}, not {audience}")
        left = float(claims.get("exp", 0)) - now_utc().timestamp()
        if left < 0 or left > LONGEST_LIFE_S + SKEW_S:
            raise RefusedError(403, f"exp is {left:.0f} s away: expired, or more than 24 h")
        if not str(claims.get("sub", "")).startswith(("mailto:", "https:")):
            raise RefusedError(403, "sub is neither mailto: nor https:")
        if application_key is not None and key != application_key:
            raise RefusedError(403, "k is not the key of this subscription")


def _parts(header: str | None) -> tuple[str, str]:
    scheme, _, rest = (header or "").partition(" ")
    fields = dict(part.strip().partition("=")[::2] for part in rest.split(","))
    if scheme.lower() != "vapid" or not fields.get("t") or not fields.get("k"):
        raise RefusedError(401, "no vapid t= and k= in Authorization")
    return fields["t"], fields["k"]


def _verify(token: str, key: str) -> dict[str, Any]:
    try:
        signed, _, signature = token.rpartition(".")
        head, body = (json.loads(_decode(part)) for part in signed.split("."))
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _decode(key))
        raw = _decode(signature)
        der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
        point.verify(der, signed.encode(), ec.ECDSA(hashes.SHA256()))
    except (ValueError, binascii.Error, InvalidSignature) as error:
        raise RefusedError(403, f"the token is not valid: {type(error).__name__}: {error}") from error
    if head.get("alg") != "ES256" or not isinstance(body, dict):
        raise RefusedError(403, "the token is not ES256 over a claims object")
    return body


def _decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
