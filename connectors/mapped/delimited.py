"""CSV and TSV → rows, line by line: a line that is no row is parked under its number, and takes no other with it."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass

from connectors.mapped.columns import Columns, spread
from connectors.mapped.mapping import Mapping, Table
from connectors.mapped.row import RAW_CHARS, Bad, Cell, Row, Rows
from connectors.mapped.text import is_clean, read_text

LINE = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class Line:
    """One record of the file as cut into cells, or why it cannot be cut."""

    number: int
    raw: str
    cells: tuple[str, ...]
    wrong: str = ""


def read_delimited(mapping: Mapping, body: bytes) -> Rows:
    """Every line below the header that is not blank."""
    lines = list(_lines(mapping, read_text(mapping, body)))
    columns = Columns.of(mapping, {line.number: line.cells for line in lines})
    first = mapping.table.header + mapping.table.skip
    above: tuple[Cell, ...] = ()
    for line in lines:
        if line.number <= first or (not line.wrong and not any(cell.strip() for cell in line.cells)):
            continue
        found = _row(mapping.table, columns, line, above)
        if isinstance(found, Row):
            above = spread(mapping.table, columns, line.cells, above)
        yield found


def _row(table: Table, columns: Columns, line: Line, above: tuple[Cell, ...]) -> Row | Bad:
    place, raw = f"line {line.number}", line.raw[:RAW_CHARS]
    if line.wrong:
        return Bad(place, "bad_row", line.wrong, raw)
    if not is_clean(line.raw):
        return Bad(place, "bad_encoding", "it has bytes that are no text in the declared encoding", _printable(raw))
    wrong = columns.width_wrong(table, line.cells)
    if wrong:
        return Bad(place, "wrong_width", wrong, raw)
    return Row(place, raw, columns.looking(spread(table, columns, line.cells, above)))


def _lines(mapping: Mapping, text: str) -> Iterator[Line]:
    return _multiline(mapping, text) if mapping.table.multiline else _single(mapping, text)


def _single(mapping: Mapping, text: str) -> Iterator[Line]:
    """A quote that nobody closes spoils its own line only."""
    for number, raw in enumerate(LINE.split(text), 1):
        try:
            cells = next(
                csv.reader([raw], delimiter=_delimiter(mapping), quotechar=mapping.table.quote, strict=True), []
            )
        except csv.Error as error:
            yield Line(number, raw, (), f"it cannot be cut into cells: {error}")
        else:
            yield Line(number, raw, tuple(cells))


def _multiline(mapping: Mapping, text: str) -> Iterator[Line]:
    """Cells may hold line breaks; a record is named by the line on which it begins."""
    parts = [part + "\n" for part in LINE.split(text)]
    reader = csv.reader(parts, delimiter=_delimiter(mapping), quotechar=mapping.table.quote)
    begins = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Line(begins, parts[begins - 1], (), f"it cannot be cut into cells: {error}")
        else:
            raw = "".join(parts[begins - 1 : reader.line_num])
            yield Line(begins, raw, tuple(cell.strip("\n") for cell in cells))
        begins = reader.line_num + 1


def _delimiter(mapping: Mapping) -> str:
    return mapping.table.delimiter or ("	" if mapping.format == "tsv" else ",")


def _printable(raw: str) -> str:
    return raw.encode("utf8", "surrogateescape").decode("utf8", "replace")
