"""Who may follow what: the partners' file (SONAE_PARTNERS), and what one request asks of it. Pure but for the reading.

[[partner]]
id = "fujisawa-fire"
name = "藤沢市消防局"
token_sha256 = "…"                  # of the bearer token, in hex
municipalities = ["14205"]           # or ["*"]
worlds = ["actual", "exercise"]      # default: actual
kinds = ["orders", "bulletins"]      # default: all
"""

import hashlib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from notifier.broadcast.position import KINDS
from schemas.records.base import World

EVERY = "*"


class BadPartners(ValueError):
    """The partners' file cannot be used; the message says what to change."""


class NotAllowed(ValueError):
    """A partner asked for what it may not follow, or for what does not exist."""


@dataclass(frozen=True, slots=True)
class Partner:
    """One partner and all that it may follow. No municipalities means every one."""

    id: str
    name: str
    municipalities: frozenset[str] | None
    worlds: frozenset[World]
    kinds: frozenset[str]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one reader follows."""

    municipalities: frozenset[str] | None
    worlds: frozenset[World]
    kinds: frozenset[str]

    def takes(self, world: World, kind: str, municipality: str) -> bool:
        """Whether a record is for this reader."""
        here = self.municipalities is None or municipality in self.municipalities
        return here and world in self.worlds and kind in self.kinds


class Partners:
    """All partners, found by their token."""

    def __init__(self, by_digest: Mapping[str, Partner]) -> None:
        self._by_digest = by_digest

    def find(self, token: str) -> Partner | None:
        """The partner of this token. Only digests are compared, so a lookup tells nothing about a token."""
        return self._by_digest.get(hashlib.sha256(token.encode()).hexdigest())


def load_partners(path: Path) -> Partners:
    """From the file; raises BadPartners."""
    try:
        rows = tomllib.loads(path.read_text(encoding="utf8")).get("partner", [])
        return Partners({str(row["token_sha256"]).lower(): _partner(row) for row in rows})
    except (OSError, tomllib.TOMLDecodeError, KeyError, ValueError, TypeError) as error:
        raise BadPartners(f"{path}: {type(error).__name__}: {error}") from error


def wanted_of(partner: Partner, municipalities: Iterable[str], kinds: Iterable[str], worlds: Iterable[str]) -> Wanted:
    """What a request asks for, all that the partner may where it names nothing; raises NotAllowed."""
    return Wanted(
        municipalities=_chosen_municipalities(partner, frozenset(municipalities)),
        worlds=frozenset(World(name) for name in _chosen("world", worlds, {str(world) for world in partner.worlds})),
        kinds=frozenset(_chosen("kind", kinds, partner.kinds)),
    )


def _chosen_municipalities(partner: Partner, asked: frozenset[str]) -> frozenset[str] | None:
    if not asked:
        return partner.municipalities
    refused = sorted(asked - partner.municipalities) if partner.municipalities is not None else []
    if refused:
        raise NotAllowed(f"{partner.id} may not follow municipality {refused[0]}.")
    return asked


def _chosen(name: str, asked: Iterable[str], allowed: Iterable[str]) -> set[str]:
    chosen, may = set(asked), set(allowed)
    refused = sorted(chosen - may)
    if refused:
        raise NotAllowed(f"{name} {refused[0]} is not among what you may follow: {', '.join(sorted(may))}.")
    return chosen or may


def _partner(row: dict[str, Any]) -> Partner:
    kinds, places = frozenset(row.get("kinds", KINDS)), frozenset(row["municipalities"])
    if unknown := sorted(kinds - KINDS.keys()):
        raise ValueError(f"kind {unknown[0]} does not exist; there are {', '.join(KINDS)}")
    if len(str(row["token_sha256"])) != 64:
        raise ValueError(f"token_sha256 of {row['id']} must be 64 hex digits")
    worlds = frozenset(World(name) for name in row.get("worlds", ["actual"]))
    return Partner(row["id"], row["name"], None if EVERY in places else places, worlds, kinds)
