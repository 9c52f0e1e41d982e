"""What a telegram's body claims: per area, items of hazard, level and status. The three body parsers return these."""

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.jma.kinds import Kind, is_over, is_status
from schemas.records.observed import BulletinItem

MAX_CODE, MAX_NAME, MAX_SUMMARY = 40, 200, 1000
"""Longer than any code, name or sentence of a real telegram; what is longer is cut."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One area's items; `area` is a class20 code as the telegram writes it. `scope`: where it is not the body's."""

    area: str
    items: tuple[BulletinItem, ...]
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the body that no table knows. Its item is kept; people are told."""

    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class Body:
    """What a body says: its claims, and the scope within which later telegrams replace it.

    `problems` are what was not understood, `outside` counts areas that are not ours.
    """

    claims: tuple[Claim, ...]
    scope: str
    text: str = ""
    problems: tuple[Problem, ...] = ()
    outside: int = 0


def problems(claims: tuple[Claim, ...], known: Mapping[str, Kind]) -> tuple[Problem, ...]:
    """Unknown kind codes, unknown statuses, and areas that are listed without any kind. Each is said once."""
    found: dict[Problem, None] = {}
    for claim in claims:
        if not claim.items:
            found[Problem("area_without_kind", f"area {claim.area} is listed without a kind: left as it was")] = None
        for item in claim.items:
            found |= dict.fromkeys(_problems_of(item, known))
    return tuple(found)


def _problems_of(item: BulletinItem, known: Mapping[str, Kind]) -> list[Problem]:
    found = []
    if item.kind_code not in known and not (item.kind_code == "" and is_over(item.status)):
        found.append(unknown_kind(item))
    if not is_status(item.status):
        found.append(Problem("unknown_kind_status", f"status {item.status!r} is in no table: taken as in force"))
    return found


def unknown_kind(item: BulletinItem) -> Problem:
    """No table knows this code: the item is kept without a level."""
    return Problem("unknown_kind", f"kind code {item.kind_code!r} ({item.kind_name}) is in no table: no level")
