"""A row of any format: where it stands, what it says, and a way to look things up in it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time

from connectors.mapped.mapping import Refs, refs
from connectors.source import Park

Cell = str | int | float | bool | datetime | date | time | None
Look = Callable[[str], Cell]
"""The cell at a reference. Raises Park `no_field` where the format could have such a thing, but this row has none."""

MAX_ROWS = 50_000
MIDNIGHT = time(0, 0)
RAW_CHARS = 2000


@dataclass(frozen=True, slots=True)
class Row:
    """`place` is for people: a line number, a JSON pointer, an element's line and path. `raw`: what it says, cut."""

    place: str
    raw: str
    look: Look

    def text(self, named: Refs) -> str:
        """The text at one reference, or at several, joined by a blank."""
        return " ".join(filter(None, (as_text(self.look(ref)) for ref in refs(named))))


@dataclass(frozen=True, slots=True)
class Bad:
    """A row, or a value of it, that cannot be used; the others go on."""

    place: str
    reason: str
    text: str
    raw: str


Rows = Iterator[Row | Bad]


def as_text(cell: Cell) -> str:
    """A cell as a person reads it: a spreadsheet's whole number without its .0, its day without a midnight."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, datetime):
        return (cell.date() if cell.time() == MIDNIGHT else cell).isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def limited(rows: Rows, most: int = MAX_ROWS) -> Rows:
    """Raises Park `too_many_rows` at the first row too much: a file like that is not what was mapped."""
    for number, row in enumerate(rows):
        if number >= most:
            raise Park("too_many_rows", f"more than {most} rows; split the file, or filter it at its source")
        yield row
