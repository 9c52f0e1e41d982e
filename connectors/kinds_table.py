"""A table of what files become: one row per kind of telegram, so that nothing is read or left in silence."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from connectors.files import describe, kind_of, places_for
from connectors.jma.kinds import kinds

HEADER = "| data type | Control/Title | files | read | about no area | parked | why parked, and what was told |"
RULE = "|---|---|---|---|---|---|---|"


@dataclass(slots=True)
class Row:
    """One kind: how many files, and what became of them."""

    files: int = 0
    read: int = 0
    no_area: int = 0
    parked: int = 0
    reasons: Counter[str] = field(default_factory=Counter)


def print_table(files: Iterable[Path], out: TextIO, all_of_japan: bool = False) -> int:
    """The table in Markdown. 1 if a file cannot be opened."""
    rows: dict[str, Row] = {}
    for file in files:
        try:
            body = file.read_bytes()
        except OSError as error:
            print(f"{file}: {error}", file=out)
            return 1
        _count(rows.setdefault(kind_of(body), Row()), describe(file, body, places_for(all_of_japan)(body)))
    print("\n".join([HEADER, RULE, *sorted(_cells(kind, row) for kind, row in rows.items())]), file=out)
    return 0


def _count(row: Row, lines: list[dict[str, object]]) -> None:
    row.files += 1
    parked = [line for line in lines if "parked" in line]
    row.reasons.update({f"`{line['parked']}`: {line['text']}" for line in parked})
    if len(parked) < len(lines):
        outside = any(line.get("kind") == "outside" for line in lines)
        row.no_area += outside
        row.read += not outside
    else:
        row.parked += 1


def _cells(kind: str, row: Row) -> str:
    why = "<br>".join(text.replace("|", "/") for text, _ in sorted(row.reasons.items()))
    return f"| {_data_type(kind)} | {kind} | {row.files} | {row.read} | {row.no_area} | {row.parked} | {why} |"


def _data_type(title: str) -> str:
    """The data type of a title, as the tables or the reason for leaving it name it."""
    known, left = kinds().titles.get(title), kinds().left.get(title, "")
    return known or left.partition(" ")[0] or "-"
