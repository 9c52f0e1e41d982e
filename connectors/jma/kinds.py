"""kinds.toml as typed tables: what a title, an InfoKind and a kind code mean."""

import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import msgspec

from schemas.records.base import Hazard

KINDS_FILE = Path(__file__).with_name("kinds.toml")


@dataclass(frozen=True, slots=True)
class Carrier:
    """One data type: its InfoKind, the major versions known, and the one hazard it speaks of, if it is one."""

    info_kind: str
    majors: tuple[int, ...]
    hazard: Hazard | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """What one kind code means; `active` false is an all-clear by code (only where no status says it)."""

    hazard: Hazard | None = None
    level: int | None = None
    active: bool = True


@dataclass(frozen=True, slots=True)
class Statuses:
    """What a Kind/Status may say: that something is over, or that it is in force."""

    over: tuple[str, ...]
    in_force: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kinds:
    """All tables."""

    titles: dict[str, str]
    carriers: dict[str, Carrier]
    offices: dict[str, str]
    warnings: dict[str, Kind]
    conditions: dict[str, Hazard]
    statuses: Statuses
    landslide: dict[str, Kind]
    floods: dict[str, Kind]


@cache
def kinds() -> Kinds:
    """The tables, read once."""
    return msgspec.convert(tomllib.loads(KINDS_FILE.read_text(encoding="utf8")), Kinds)


def plain(text: str) -> str:
    """NFKC without outer blanks: telegrams write digits and brackets in full width."""
    return unicodedata.normalize("NFKC", text).strip()


def is_over(status: str) -> bool:
    """Whether a status says that nothing is in force."""
    return plain(status) in kinds().statuses.over


def is_status(status: str) -> bool:
    """Whether this status is known at all."""
    return is_over(status) or plain(status) in kinds().statuses.in_force
