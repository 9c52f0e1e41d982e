"""Examples of every record as readable JSON: what a test, a reader or a new program can start from.

schemas/examples/<record>/v<version>/<name>.json; times are ISO 8601 with an offset, bytes are base64.
"""

from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from schemas.codec import snake

EXAMPLES_FOLDER = Path(__file__).with_name("examples")
Record = TypeVar("Record")


@cache
def examples_of(record: type[Record]) -> dict[str, Record]:
    """Every example of a record, by "v1/<name>"; raises msgspec.ValidationError naming what is wrong."""
    return {f"{file.parent.name}/{file.stem}": read(file, record) for file in files_of(record)}


def files_of(record: type[Any]) -> list[Path]:
    """The example files of a record."""
    return sorted(EXAMPLES_FOLDER.joinpath(snake(record.__name__)).glob("v*/*.json"))


def read(file: Path, record: type[Record]) -> Record:
    """One example as today's record."""
    return msgspec.json.decode(file.read_bytes(), type=record)


def write(file: Path, record: Any) -> None:
    """Save a record as an example, indented, every field written out."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n")
