"""JSON, JSON Lines and GeoJSON → rows. A path is dotted (`properties.state`); a leading `/` starts at the root."""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from connectors.mapped.delimited import LINE
from connectors.mapped.mapping import Mapping
from connectors.mapped.row import RAW_CHARS, Bad, Cell, Look, Row, Rows
from connectors.mapped.text import read_text
from connectors.source import Park

LAT, LON = "@lat", "@lon"
KEY = "@key"
SPLIT = re.compile(r"(?<!\\)\.")
MAX_POINTS = 20_000


def read_json(mapping: Mapping, body: bytes) -> Rows:
    """The elements of the list at `rows.at` (of an object: its values, whose names are `@key`)."""
    root = _decoded(read_text(mapping, body))
    at = mapping.rows.at or ("features" if mapping.format == "geojson" else "")
    steps = _steps(at)
    rows = _inside(root, steps, f"rows.at = {at!r}")
    pointer = "".join(f"/{step}" for step in steps)
    for key, row in _members(rows, at):
        yield Row(f"{pointer}/{key}", _raw(row), _looking(root, row, key))


def read_json_lines(mapping: Mapping, body: bytes) -> Rows:
    """One JSON value a line; a line that is none is parked under its number."""
    for number, line in enumerate(LINE.split(read_text(mapping, body)), 1):
        if not line.strip():
            continue
        try:
            row = _decoded(line)
        except Park as park:
            yield Bad(f"line {number}", park.reason, park.text, line[:RAW_CHARS].encode("utf8", "replace").decode())
        else:
            yield Row(f"line {number}", line[:RAW_CHARS], _looking(row, row, str(number)))


def _decoded(text: str) -> Any:
    try:
        return msgspec.json.decode(text.encode())
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as error:
        raise Park("not_json", f"not JSON: {str(error)[:200]}") from error


def _members(rows: Any, at: str) -> Iterator[tuple[str, Any]]:
    if isinstance(rows, list):
        return ((str(index), row) for index, row in enumerate(rows))
    if isinstance(rows, dict):
        return iter(rows.items())
    raise Park("no_rows", f"rows.at = {at!r} leads to a {type(rows).__name__}, not to a list or an object")


def _looking(root: Any, row: Any, key: str) -> Look:
    def look(ref: str) -> Cell:
        if ref == KEY:
            return key
        if ref in (LAT, LON):
            return _middle(row)[ref == LON]
        start = root if ref.startswith("/") else row
        found = _inside(start, _steps(ref), f"{ref!r}")
        if isinstance(found, dict | list):
            raise Park("bad_row", f"{ref!r} holds a {type(found).__name__} where one value was expected")
        cell: Cell = found
        return cell

    return look


def _steps(path: str) -> list[str]:
    """`a.b.0` or, from the root, `/a/b/0`; a dot inside of a name is written `\\.`."""
    if path.startswith("/"):
        return [step.replace("~1", "/").replace("~0", "~") for step in path[1:].split("/") if step]
    return [step.replace("\\.", ".") for step in SPLIT.split(path) if step]


def _inside(start: Any, steps: list[str], what: str) -> Any:
    """Where the steps lead. Raises Park `no_field` where there is no such name or number."""
    found = start
    for step in steps:
        if isinstance(found, dict) and step in found:
            found = found[step]
        elif isinstance(found, list) and step.isascii() and step.isdigit() and int(step) < len(found):
            found = found[int(step)]
        else:
            where = "" if what == repr(step) else f"{what}: "
            raise Park("no_field", f"{where}there is no {step!r}{_there(found)}")
    return found


def _there(found: Any) -> str:
    names = ", ".join(map(repr, found))[:200] if isinstance(found, dict) else ""
    return f"; there are {names}" if names else ""


def _raw(row: Any) -> str:
    return msgspec.json.encode(row).decode()[:RAW_CHARS]


def _middle(row: Any) -> tuple[float, float]:
    """Latitude and longitude of the middle of a feature's extent. GeoJSON writes [longitude, latitude]."""
    geometry = row.get("geometry") if isinstance(row, dict) else None
    points = list(_points(geometry.get("coordinates"))) if isinstance(geometry, dict) else []
    if not points:
        raise Park("no_place", "the feature has no geometry with coordinates")
    lons, lats = [point[0] for point in points], [point[1] for point in points]
    return (min(lats) + max(lats)) / 2, (min(lons) + max(lons)) / 2


def _points(coordinates: Any) -> Iterator[tuple[float, float]]:
    """The positions of any geometry, however nested, without recursion."""
    waiting, seen = [coordinates], 0
    while waiting:
        one = waiting.pop()
        if not isinstance(one, list) or not one:
            continue
        if all(isinstance(part, int | float) for part in one) and len(one) >= 2:
            seen += 1
            if seen > MAX_POINTS:
                raise Park("too_large", f"a geometry of more than {MAX_POINTS} points")
            yield float(one[0]), float(one[1])
        else:
            waiting.extend(one)
