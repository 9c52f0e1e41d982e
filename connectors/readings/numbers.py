"""Numbers as a feed writes them, checked. Pure."""

import math
from typing import Any

from connectors.source import Park


def number(value: Any, what: str, lowest: float, highest: float) -> float | None:
    """A finite number within its range, None where there is none. Raises Park `not_a_number`, `out_of_range`."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Park("not_a_number", f"{what} is {str(value)[:40]!r}, not a number")
    if isinstance(value, float) and not math.isfinite(value):
        raise Park("not_a_number", f"{what} is {value}")
    if not lowest <= value <= highest:
        raise Park("out_of_range", f"{what} is {str(value)[:40]}, outside {lowest:g}..{highest:g}")
    return float(value)


def written(text: str, what: str, lowest: float, highest: float) -> float | None:
    """The same for a number in a table's cell; an empty cell is None."""
    if not text.strip():
        return None
    try:
        found = float(text)
    except ValueError as error:
        raise Park("not_a_number", f"{what} is {text[:40]!r}, not a number") from error
    return number(found, what, lowest, highest)
