"""Which areas of ours a telegram's rows name, and which it should have named."""

from collections.abc import Iterable

from connectors.jma.claims import Claim, Problem
from connectors.jma.kinds import plain
from connectors.jma.markup import Node
from connectors.places import Places

AREAS = ("met:Area", "met:Areas/met:Area", "ib:Areas/ib:Area")
"""A row names its area barely or inside a wrapper; both occur in production."""


def named(row: Node) -> list[tuple[str, str]]:
    """Code and name of every area of a row, as the telegram writes them."""
    found = (area for path in AREAS for area in row.all(path))
    return [(plain(_text(area, "Code")), _text(area, "Name")) for area in found]


def ours(row: Node, places: Places) -> list[tuple[str, str]]:
    """Our class20 areas in a row with the row's name for them: a city code stands for all areas of its city."""
    return [(area, name) for code, name in named(row) for area in places.areas_of(code)]


def not_named(claims: Iterable[Claim], places: Places, prefecture: str) -> tuple[Problem, ...]:
    """A telegram lists every area of its prefecture: one that is missing is told, and stays as it was."""
    spoken = {claim.area for claim in claims}
    missing = [area for area in places.areas_of(prefecture) if area not in spoken]
    if not missing or not spoken:
        return ()
    text = f"{len(missing)} of {prefecture}'s areas are not listed and stay as they were: {' '.join(missing[:40])}"
    return (Problem("area_missing", text),)


def _text(area: Node, name: str) -> str:
    return area.text(f"met:{name}") or area.text(f"ib:{name}")
