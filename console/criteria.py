"""The criteria that a policy may rest on: one that is none, or calls for another level, would never order. Pure."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from console.phrases import Incomplete
from console.words import wide
from schemas.levels import HAZARD_WORDS
from schemas.records.base import Hazard

FILE = Path(__file__).with_name("criteria.toml")


@dataclass(frozen=True, slots=True)
class Criterion:
    """One row. `level` None: a tsunami order, which has no number; `source`: tags as in docs/detection.md."""

    id: str
    hazard: Hazard
    level: int | None
    source: str


@cache
def criteria() -> dict[str, Criterion]:
    """By id, in the order of the published tables."""
    rows = tomllib.loads(FILE.read_text(encoding="utf8"))
    return {name: Criterion(name, Hazard(row["hazard"]), row.get("level"), row["source"]) for name, row in rows.items()}


def of_hazard(hazard: Hazard) -> tuple[Criterion, ...]:
    """What a policy for a hazard may name."""
    return tuple(one for one in criteria().values() if one.hazard is hazard)


def check_named(names: tuple[str, ...], hazard: Hazard, level: int | None) -> None:
    """Raises Incomplete for a policy that would never order anything, or not what its officers think."""
    if not names:
        raise Incomplete("発令基準の番号を1つ以上入れてください（例：LS-4a）")
    for name in names:
        found = criteria().get(name)
        if found is None:
            raise Incomplete(f"発令基準「{name}」はありません。番号を確かめてください")
        if found.hazard is not hazard:
            raise Incomplete(
                f"「{name}」は{HAZARD_WORDS[found.hazard][0]}の発令基準です。災害か番号を選び直してください"
            )
        if found.level != level:
            its = "津波（レベルなし）" if found.level is None else f"警戒レベル{wide(found.level)}"
            raise Incomplete(f"「{name}」は{its}の発令基準です。同じレベルの種類を選んでください")
