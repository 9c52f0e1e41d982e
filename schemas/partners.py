"""The partners' file (SONAE_PARTNERS): who may follow what, and over which ways. The one place that reads it.

[[partner]]
id = "fujisawa-fire"
name = "藤沢市消防局"
municipalities = ["14205"]           # or ["*"]
worlds = ["actual", "exercise"]      # default: actual
kinds = ["orders", "bulletins"]      # default: all
token_sha256 = "…"                   # of the bearer token, in hex: lets it follow the event stream
kafka = true                         # lets it read the topics themselves
[partner.webhook]                    # sends it each event
url = "https://fire.example.jp/sonae"
kinds = ["orders"]                   # default: the partner's
secrets = ["whsec_…"]                # the first one is the newest; all of them sign
"""

import base64
import binascii
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from schemas.records.base import World

KINDS = ("readings", "bulletins", "detections", "recommendations", "orders")
"""Topics that partners may follow: rows of topics.toml that `centres` read, without people's reports."""
EVERY = "*"
SECRET_PREFIX = "whsec_"  # noqa: S105 - what every secret begins with (Standard Webhooks)
KAFKA_BYTES_PER_S = 2_097_152
"""What one partner's Kafka clients may read by default, from each broker."""

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_CODE = re.compile(r"[0-9]{5}")


class BadPartners(ValueError):
    """The partners' file cannot be used; the message says what to change, and never a secret."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where a partner's events are posted. Every secret signs; the keys are 24 to 64 bytes (Standard Webhooks)."""

    url: str
    kinds: frozenset[str]
    keys: tuple[bytes, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Partner:
    """One partner, all that it may follow, and how. No municipalities means every one."""

    id: str
    name: str
    municipalities: frozenset[str] | None
    worlds: frozenset[World]
    kinds: frozenset[str]
    token_sha256: str = field(default="", repr=False)
    kafka: bool = False
    kafka_bytes_per_s: int = KAFKA_BYTES_PER_S
    webhook: Webhook | None = None


def read_partners(path: Path) -> tuple[Partner, ...]:
    """All partners in the file's order; raises BadPartners."""
    try:
        rows = tomllib.loads(path.read_text(encoding="utf8")).get("partner", [])
        partners = tuple(_partner(row) for row in rows)
        _check_different("id", [partner.id for partner in partners])
        _check_different("token_sha256", [partner.token_sha256 for partner in partners if partner.token_sha256])
    except (OSError, tomllib.TOMLDecodeError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise BadPartners(f"{path}: {type(error).__name__}: {error}") from error
    return partners


def _partner(row: Mapping[str, Any]) -> Partner:
    partner_id = str(row["id"])
    if not _ID.fullmatch(partner_id):
        raise ValueError(f"id {partner_id} must be lower-case letters, digits and hyphens, at most 63")
    kinds = _kinds(row.get("kinds", KINDS))
    digest = str(row.get("token_sha256", "")).lower()
    if digest and not _DIGEST.fullmatch(digest):
        raise ValueError(f"token_sha256 of {partner_id} must be 64 hex digits")
    partner = Partner(
        id=partner_id,
        name=str(row["name"]),
        municipalities=_municipalities(row["municipalities"]),
        worlds=frozenset(World(name) for name in row.get("worlds", ["actual"])),
        kinds=kinds,
        token_sha256=digest,
        kafka=row.get("kafka", False) is True,
        kafka_bytes_per_s=int(row.get("kafka_bytes_per_s", KAFKA_BYTES_PER_S)),
        webhook=_webhook(partner_id, row["webhook"], kinds) if "webhook" in row else None,
    )
    if not (digest or partner.kafka or partner.webhook):
        raise ValueError(f"{partner_id} has no way in: give it token_sha256, kafka = true or [partner.webhook]")
    return partner


def _municipalities(codes: list[str]) -> frozenset[str] | None:
    if wrong := [code for code in codes if code != EVERY and not _CODE.fullmatch(code)]:
        raise ValueError(f"municipality {wrong[0]} is no 5-digit code")
    return None if EVERY in codes else frozenset(codes)


def _kinds(names: list[str] | tuple[str, ...]) -> frozenset[str]:
    if unknown := sorted(set(names) - set(KINDS)):
        raise ValueError(f"kind {unknown[0]} does not exist; there are {', '.join(KINDS)}")
    return frozenset(names)


def _webhook(partner_id: str, row: Mapping[str, Any], allowed: frozenset[str]) -> Webhook:
    url, kinds = str(row["url"]), _kinds(row.get("kinds", sorted(allowed)))
    parts = urlsplit(url)
    if parts.scheme not in {"https", "http"} or not parts.hostname or "@" in parts.netloc or parts.fragment:
        raise ValueError(f"webhook.url of {partner_id} must be https://host/path without user name and fragment")
    if beyond := sorted(kinds - allowed):
        raise ValueError(f"webhook.kinds of {partner_id}: {beyond[0]} is not among its kinds")
    keys = tuple(_key(partner_id, secret) for secret in row["secrets"])
    if not keys:
        raise ValueError(f"webhook.secrets of {partner_id} is empty: nothing is sent unsigned")
    return Webhook(url, kinds, keys)


def _key(partner_id: str, secret: str) -> bytes:
    try:
        if not secret.startswith(SECRET_PREFIX):
            raise ValueError
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not 24 <= len(key) <= 64:
        raise ValueError(f"a webhook secret of {partner_id} is not {SECRET_PREFIX} and 24 to 64 bytes in base64")
    return key


def _check_different(name: str, values: list[str]) -> None:
    twice = sorted({value for value in values if values.count(value) > 1})
    if twice:
        raise ValueError(f"{name} {twice[0] if name == 'id' else 'of one partner'} stands there twice")
