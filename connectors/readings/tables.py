"""CSV with a header, in UTF-8, as its columns and lines. Pure."""

import csv
import io
from dataclasses import dataclass

from connectors.source import Park

MAX_ROWS = 200_000


@dataclass(frozen=True, slots=True)
class Table:
    """The names of the columns, and each line by its number in the file. A cell that is not there is ""."""

    names: tuple[str, ...]
    rows: tuple[tuple[int, dict[str, str]], ...]


def read_table(body: bytes) -> Table:
    """The whole table. Raises Park `empty`, `not_utf8`, `bad_table`, `too_many_values`."""
    if not body.strip():
        raise Park("empty", "the body is empty")
    try:
        lines = csv.DictReader(io.StringIO(body.decode("utf-8-sig")), restval="")
        names = tuple(lines.fieldnames or ())
        rows = []
        for row in lines:
            rows.append((lines.line_num, {name: row[name] for name in names}))
            if len(rows) > MAX_ROWS:
                raise Park("too_many_values", f"more than {MAX_ROWS} lines")
    except UnicodeDecodeError as error:
        raise Park("not_utf8", f"the table is no UTF-8: {error}") from error
    except csv.Error as error:
        raise Park("bad_table", f"no table: {error}") from error
    return Table(names, tuple(rows))
