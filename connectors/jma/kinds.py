"""The tables of kinds/: what a title, an InfoKind, a kind code and a word of a telegram mean. One file per family.

A file may have `titles`, `left` (titles that are known and not read: why), `carriers`, `offices`, `statuses`,
`codes.<table>` (kind code → Kind), `words.<table>` and `numbers.<table>`. Nothing may be said twice.
"""

import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path

import msgspec

from schemas.records.base import Hazard

FOLDER = Path(__file__).with_suffix("")


class BadKinds(ValueError):
    """Two tables contradict each other, or a file has a table of no known name."""


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

    over: tuple[str, ...] = ()
    in_force: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kinds:
    """All tables. `codes`, `words` and `numbers` are named by the family that reads them."""

    titles: dict[str, str] = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)
    carriers: dict[str, Carrier] = field(default_factory=dict)
    offices: dict[str, str] = field(default_factory=dict)
    statuses: Statuses = Statuses()
    codes: dict[str, dict[str, Kind]] = field(default_factory=dict)
    words: dict[str, dict[str, str]] = field(default_factory=dict)
    numbers: dict[str, dict[str, float]] = field(default_factory=dict)


@cache
def kinds() -> Kinds:
    """The tables of every file, read once. Raises BadKinds."""
    return merge(sorted((file.name, file.read_text(encoding="utf8")) for file in FOLDER.glob("*.toml")))


def merge(files: Iterable[tuple[str, str]]) -> Kinds:
    """One set of tables out of named TOML texts. Raises BadKinds where two files say the same thing."""
    merged: dict[str, dict[str, object]] = {table.name: {} for table in fields(Kinds)}
    for name, text in files:
        for table, rows in tomllib.loads(text).items():
            if table not in merged:
                raise BadKinds(f"kinds/{name}: there is no table {table!r}, only {', '.join(merged)}")
            known = merged[table]
            if twice := known.keys() & rows.keys():
                raise BadKinds(f"kinds/{name}: {table} {', '.join(sorted(twice))} stands in another file already")
            known |= rows
    try:
        return msgspec.convert(merged, Kinds)
    except msgspec.ValidationError as error:
        raise BadKinds(f"kinds: {error}") from error


def codes(table: str) -> Mapping[str, Kind]:
    """One family's kind codes."""
    return kinds().codes[table]


def plain(text: str) -> str:
    """NFKC without outer blanks: telegrams write digits and brackets in full width."""
    return unicodedata.normalize("NFKC", text).strip()


def is_over(status: str) -> bool:
    """Whether a status says that nothing is in force."""
    return plain(status) in kinds().statuses.over


def is_status(status: str) -> bool:
    """Whether this status is known at all."""
    return is_over(status) or plain(status) in kinds().statuses.in_force
