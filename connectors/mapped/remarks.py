"""What `try` says about a mapping beside its records: what nobody would judge, be told of, or believe. Pure."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import msgspec

from connectors.hosts import JST
from connectors.mapped.mapping import Mapping
from connectors.mapped.parse import Understanding
from connectors.mapped.readings import AHEAD
from connectors.mapped.units import KNOWN
from connectors.nearest import meant

MOST_PATHS = 5
MOST_STEPS = 4


def remarks(mapping: Mapping, found: Understanding, body: bytes, now: datetime) -> Iterator[str]:
    """One sentence each; `now` is held against the newest readings."""
    yield from _unknown_quantities(found)
    yield from _nobodys(found)
    yield from _ahead(found, now)
    if not found.readings and not found.notices:
        yield "nothing of it was understood"
        yield from _rows_elsewhere(mapping, body)


def jst(at: datetime) -> str:
    """As a person in Japan reads it."""
    return f"{at.astimezone(JST):%Y-%m-%d %H:%M} JST"


def is_anybodys(found: Understanding) -> bool:
    """Whether somebody of ours would be told of something."""
    return found.outside < len(found.readings) + len(found.notices)


def _unknown_quantities(found: Understanding) -> Iterator[str]:
    for name in sorted({one.reading.quantity for one in found.readings} - set(KNOWN)):
        yield f"no rule knows the quantity {name!r}: it is shown, and nothing follows from it{meant(name, KNOWN)}"


def _nobodys(found: Understanding) -> Iterator[str]:
    if (found.readings or found.notices) and not is_anybodys(found):
        yield "nobody would be told: no place that it speaks of is in schemas/reference (municipalities.toml)"
    elif found.outside:
        yield f"{found.outside} of them lie outside of schemas/reference: nobody would be told of these"


def _ahead(found: Understanding, now: datetime) -> Iterator[str]:
    late = [one.reading.observed_at for one in found.readings if one.reading.observed_at > now + AHEAD]
    if late:
        told = f"{len(late)} readings lie ahead of now ({jst(now)}), up to {jst(max(late))}"
        yield f"{told}: a poll would park them as `future_time`; is the zone right?"


def _rows_elsewhere(mapping: Mapping, body: bytes) -> Iterator[str]:
    """Where lists are in a document whose rows were looked for in the wrong place."""
    if mapping.format not in ("json", "geojson"):
        return
    try:
        paths = list(_lists(msgspec.json.decode(body.removeprefix(b"\xef\xbb\xbf")), ()))[:MOST_PATHS]
    except (msgspec.DecodeError, RecursionError):
        return
    others = [path for path in paths if path != mapping.rows.at]
    if others:
        told = ", ".join(f'rows.at = "{one}"' for one in others)
        yield f"are its rows at another place? There are lists at {told}"


def _lists(node: Any, steps: tuple[str, ...]) -> Iterable[str]:
    if isinstance(node, list) and node and isinstance(node[0], dict):
        yield ".".join(step.replace(".", "\\.") for step in steps)
    elif isinstance(node, dict) and len(steps) < MOST_STEPS:
        for name, inner in node.items():
            yield from _lists(inner, (*steps, name))
