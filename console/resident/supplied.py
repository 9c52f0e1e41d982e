"""Files that municipalities supply: which ones there are, how a CSV of theirs is read, and why one is refused."""

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from schemas.reference import municipalities

MOST_BYTES = 20_000_000
Read = TypeVar("Read")


class Refused(ValueError):
    """A file that is not published; the message says where and what to change."""


def each(
    folder: Path | None, read: Callable[[str, Path], Read], say: Callable[[str], None]
) -> Iterator[tuple[str, Read]]:
    """`read` of every <code>.csv, by municipality. A refused file is said and left out; the others go on."""
    for path in sorted(folder.glob("*.csv")) if folder else ():
        try:
            yield path.stem, read(_municipality(path), path)
        except Refused as refusal:
            say(f"{path}: {refusal}")


def rows_of(path: Path, needed: tuple[str, ...]) -> list[tuple[int, dict[str, str]]]:
    """The rows with their line numbers, empty ones left out; raises Refused. UTF-8 or, as spreadsheets write, CP932."""
    reader = csv.DictReader(io.StringIO(_text(path), newline=""), strict=True)
    try:
        head = [name.strip() for name in reader.fieldnames or ()]
        missing = [name for name in needed if name not in head]
        if missing:
            raise Refused(f"the first line has no column {'、'.join(missing)}")
        reader.fieldnames = head
        found = [(reader.line_num, _row(row)) for row in reader]
    except csv.Error as error:
        raise Refused(f"line {reader.line_num}: {error}") from error
    rows = [(line, row) for line, row in found if any(row.values())]
    if not rows:
        raise Refused("it has no rows: an empty list would look as if there were none")
    return rows


def filled(row: dict[str, str], column: str, line: int) -> str:
    """A value that must be there; raises Refused."""
    if not row.get(column):
        raise Refused(f"line {line}: {column} is empty")
    return row[column]


def _municipality(path: Path) -> str:
    if path.stem not in municipalities():
        raise Refused("its name must be the five digits of a municipality that Sonae serves, as in 14205.csv")
    return path.stem


def _row(row: dict[str | None, str | list[str] | None]) -> dict[str, str]:
    if None in row:
        raise Refused(f"a row has more values than the first line has columns: {row[None]}")
    return {str(name): value.strip() for name, value in row.items() if isinstance(value, str)}


def _text(path: Path) -> str:
    raw = path.read_bytes()
    if len(raw) > MOST_BYTES:
        raise Refused(f"it has {len(raw)} bytes, at most {MOST_BYTES}")
    for encoding in ("utf-8-sig", "cp932"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Refused("it is neither UTF-8 nor CP932 (Shift_JIS): save it again as CSV UTF-8")
