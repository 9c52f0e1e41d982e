"""Partners as the event stream knows them: found by their token, and what one request asks of what they may. Pure."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from schemas.partners import Partner
from schemas.records.base import World


class NotAllowed(ValueError):
    """A partner asked for what it may not follow, or for what does not exist."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one reader follows. No municipalities means every one."""

    municipalities: frozenset[str] | None
    worlds: frozenset[World]
    kinds: frozenset[str]

    def takes(self, world: World, kind: str, municipality: str) -> bool:
        """Whether a record is for this reader."""
        here = self.municipalities is None or municipality in self.municipalities
        return here and world in self.worlds and kind in self.kinds


class Partners:
    """All partners that have a token, found by it."""

    def __init__(self, partners: Iterable[Partner]) -> None:
        self._by_digest = {partner.token_sha256: partner for partner in partners if partner.token_sha256}

    def find(self, token: str) -> Partner | None:
        """The partner of this token. Only digests are compared, so a lookup tells nothing about a token."""
        return self._by_digest.get(hashlib.sha256(token.encode()).hexdigest())


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
