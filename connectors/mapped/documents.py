"""Which reader opens which format: bytes → rows."""

from collections.abc import Callable

from connectors.mapped.delimited import read_delimited
from connectors.mapped.elements import read_elements
from connectors.mapped.mapping import Mapping
from connectors.mapped.row import Rows, limited
from connectors.mapped.tree import read_json, read_json_lines
from connectors.mapped.workbook import read_workbook

READERS: dict[str, Callable[[Mapping, bytes], Rows]] = {
    "csv": read_delimited,
    "tsv": read_delimited,
    "json": read_json,
    "geojson": read_json,
    "jsonl": read_json_lines,
    "xml": read_elements,
    "xlsx": read_workbook,
}


def read_document(mapping: Mapping, body: bytes) -> Rows:
    """The rows of a file. Raises Park, while they are read, where the file as a whole says nothing."""
    return limited(READERS[mapping.format](mapping, body))
