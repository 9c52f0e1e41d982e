"""A body that holds readings, as JSON, and what of it could not be read. Pure."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.source import Park


@dataclass(frozen=True, slots=True)
class BadRow:
    """One value that cannot become a reading; the others go on."""

    reason: str
    text: str
    row: str
    at: datetime | None


def read_json(body: bytes) -> dict[str, Any]:
    """An object, or Park `empty`, `not_json`."""
    if not body.strip():
        raise Park("empty", "the body is empty")
    try:
        found = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise Park("not_json", f"not JSON: {str(error)[:200]}") from error
    if not isinstance(found, dict):
        raise Park("not_json", f"a JSON {type(found).__name__} where an object was expected")
    return found
