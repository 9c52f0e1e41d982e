"""The columns of a table: by name, by number (`#3`), and single cells of the sheet (`@B2`)."""

import re
from collections.abc import Mapping as Dictionary
from collections.abc import Sequence
from dataclasses import dataclass

from connectors.mapped.mapping import Mapping, Table, references
from connectors.mapped.row import Cell, Look, as_text
from connectors.source import Park

CELL = re.compile(r"@([A-Z]{1,2})([1-9]\d{0,5})")
NUMBERED = re.compile(r"#([1-9]\d{0,3})")


@dataclass(frozen=True, slots=True)
class Columns:
    """Names → places in a line. `above` are the lines of the head, for references to single cells."""

    names: tuple[str, ...]
    above: Dictionary[int, Sequence[Cell]]

    @classmethod
    def of(cls, mapping: Mapping, lines: Dictionary[int, Sequence[Cell]]) -> "Columns":
        """Names from the header line, or from the mapping.

        Raises Park `no_header` where that line is not there, `no_column` where it lacks one that the mapping reads: a
        renamed column is the file's fault, said once, and no row's.
        """
        made = cls._named(mapping.table, lines)
        for ref in references(mapping):
            if not CELL.fullmatch(ref):
                made.index(ref)
        return made

    @classmethod
    def _named(cls, table: Table, lines: Dictionary[int, Sequence[Cell]]) -> "Columns":
        head = {number: cells for number, cells in lines.items() if number <= table.header + table.skip}
        if table.header == 0:
            return cls(table.columns, head)
        names = tuple(as_text(cell) for cell in lines.get(table.header, ()))
        if not any(names):
            raise Park("no_header", f"line {table.header} should name the columns, but there is nothing in it")
        return cls(names, head)

    def index(self, name: str) -> int:
        """Where a column stands, from 0. Raises Park `no_column`, which says what there is."""
        numbered = NUMBERED.fullmatch(name)
        if numbered:
            return int(numbered.group(1)) - 1
        if self.names.count(name) == 1:
            return self.names.index(name)
        if name in self.names:
            raise Park("no_column", f"{self.names.count(name)} columns are called {name!r}; say which one as #3")
        there = ", ".join(repr(found) for found in self.names if found)[:300] or "none that has a name"
        raise Park("no_column", f"there is no column {name!r}; there are {there}")

    def looking(self, cells: Sequence[Cell]) -> Look:
        """How a row with these cells is looked up."""

        def look(ref: str) -> Cell:
            single = CELL.fullmatch(ref)
            if single:
                return _at(self.above.get(int(single.group(2)), ()), _letters(single.group(1)))
            return _at(cells, self.index(ref))

        return look

    def width_wrong(self, table: Table, cells: Sequence[Cell]) -> str:
        """A sentence if the line has fewer or more cells than columns; empty cells at its end do not count."""
        if table.ragged or not self.names or len(cells) == len(self.names):
            return ""
        used = max((at for at, cell in enumerate(cells, 1) if as_text(cell)), default=0)
        if len(cells) > len(self.names) >= used:
            return ""
        return f"it has {len(cells)} cells where the header has {len(self.names)}"


def spread(table: Table, columns: Columns, cells: Sequence[Cell], above: Sequence[Cell]) -> tuple[Cell, ...]:
    """The cells, with the value from the row above where a merged cell is empty in the columns of `fill_down`."""
    filled = list(cells)
    for name in table.fill_down:
        at = columns.index(name)
        if at < len(filled) and not as_text(filled[at]) and at < len(above):
            filled[at] = above[at]
    return tuple(filled)


def _at(cells: Sequence[Cell], index: int) -> Cell:
    return cells[index] if index < len(cells) else None


def _letters(letters: str) -> int:
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - ord("A") + 1
    return index - 1
