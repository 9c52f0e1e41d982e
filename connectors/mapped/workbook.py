"""Excel (.xlsx) → rows. A workbook is a zip of XML: its sizes are looked at before anything is unpacked."""

import io
import zipfile
from collections.abc import Iterator, Sequence

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from connectors.mapped.columns import Columns, spread
from connectors.mapped.mapping import Mapping
from connectors.mapped.row import MAX_ROWS, RAW_CHARS, Bad, Cell, Row, Rows, as_text
from connectors.source import Park

MAX_FILES, MAX_UNPACKED, MAX_RATIO = 500, 64_000_000, 200
"""More than any list of gauges needs. A ratio counts from a megabyte on: a small sheet of blanks packs well."""
RATIO_FROM = 1_000_000
MAX_COLUMNS = 256


def read_workbook(mapping: Mapping, body: bytes) -> Rows:
    """Every row below the header that is not blank, named by sheet and number."""
    _check_zip(body)
    title, lines = _sheet(mapping, body)
    table = mapping.table
    columns = Columns.of(mapping, lines)
    above: tuple[Cell, ...] = ()
    for number, cells in lines.items():
        if number <= table.header + table.skip or not any(as_text(cell) for cell in cells):
            continue
        place, raw = f"sheet {title} row {number}", "\t".join(as_text(cell) for cell in cells)[:RAW_CHARS]
        wide = next((at for at, cell in enumerate(cells, 1) if at > len(columns.names) and as_text(cell)), 0)
        if columns.names and wide and not table.ragged:
            yield Bad(place, "wrong_width", f"it has a cell in column {wide}, beyond the header", raw)
            continue
        above = spread(table, columns, _padded(cells, len(columns.names)), above)
        yield Row(place, raw, columns.looking(above))


def _trimmed(cells: Sequence[Cell]) -> tuple[Cell, ...]:
    """Without the empty cells at its end."""
    return tuple(cells[: max((at for at, cell in enumerate(cells, 1) if cell is not None), default=0)])


def _padded(cells: tuple[Cell, ...], width: int) -> tuple[Cell, ...]:
    """A sheet leaves out empty cells at the end of a row."""
    return cells + (None,) * (width - len(cells))


def _check_zip(body: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            files = packed.infolist()
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise Park("not_xlsx", f"not an .xlsx workbook: {error}; save an .xls or a protected one as .xlsx") from error
    if len(files) > MAX_FILES or sum(file.file_size for file in files) > MAX_UNPACKED:
        raise Park("too_large", f"the workbook unpacks to more than {MAX_UNPACKED} bytes or {MAX_FILES} files")
    for file in files:
        if file.file_size > RATIO_FROM and file.file_size > MAX_RATIO * max(1, file.compress_size):
            raise Park("too_large", f"{file.filename[:60]!r} unpacks to {file.file_size} bytes: a bomb, not a sheet")
        if file.flag_bits & 1:
            raise Park("not_xlsx", "the workbook is encrypted; publish it without a password")


def _sheet(mapping: Mapping, body: bytes) -> tuple[str, dict[int, tuple[Cell, ...]]]:
    """The sheet's title and its rows by number. Whatever openpyxl stumbles over is the file's fault."""
    try:
        book = load_workbook(io.BytesIO(body), read_only=True, data_only=True, keep_links=False)
    except (InvalidFileException, KeyError, ValueError, OSError, SyntaxError, TypeError, AttributeError) as error:
        raise Park("not_xlsx", f"not a workbook that can be read: {type(error).__name__}: {error}") from error
    try:
        wanted = mapping.table.sheet or book.sheetnames[0]
        if wanted not in book.sheetnames:
            raise Park("no_sheet", f"there is no sheet {wanted!r}; there are {', '.join(book.sheetnames)[:300]}")
        return wanted, dict(_numbered(book[wanted]))
    finally:
        book.close()


def _numbered(sheet: object) -> Iterator[tuple[int, tuple[Cell, ...]]]:
    """A sheet's own claim about its size is not believed."""
    sheet.reset_dimensions()  # type: ignore[attr-defined]  # a read-only sheet has it; the stubs' union does not
    rows = sheet.iter_rows(max_col=MAX_COLUMNS, values_only=True)  # type: ignore[attr-defined]  # as above
    try:
        for number, cells in enumerate(rows, 1):
            if number > MAX_ROWS:
                raise Park("too_many_rows", f"more than {MAX_ROWS} rows; publish the newest only")
            yield number, _trimmed(cells)
    except (KeyError, ValueError, SyntaxError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        raise Park("not_xlsx", f"the sheet cannot be read: {type(error).__name__}: {error}") from error
