"""Districts of a municipality: <code>.csv with code, name, kana (and name_en); if it has outlines, <code>.geojson.

The names are what an order lists as its districts: they must be written here as the officers write them.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from console.resident.supplied import Refused, each, filled, rows_of

COLUMNS = ("code", "name", "kana")
MOST_DISTRICTS, MOST_POINTS = 400, 20_000
JAPAN = (122.0, 154.0, 20.0, 46.0)
"""West, east, south, north in degrees: a position outside has its numbers in the wrong order."""

Ring = list[list[float]]
District = dict[str, object]


def districts(folder: Path | None, say: Callable[[str], None]) -> dict[str, dict[str, list[District]]]:
    """By municipality; `say` hears why a file is refused."""
    return {code: {"districts": found} for code, found in each(folder, _read, say)}


def _read(_code: str, path: Path) -> list[District]:
    outlines = path.with_suffix(".geojson")
    rings = _rings(outlines) if outlines.exists() else {}
    rows = rows_of(path, COLUMNS)
    found: dict[str, District] = {}
    for line, row in rows:
        district = _district(row, line, rings)
        if str(district["code"]) in found or any(district["name"] == one["name"] for one in found.values()):
            raise Refused(f"line {line}: code or name of {district['name']} stands there twice")
        found[str(district["code"])] = district
    if len(found) > MOST_DISTRICTS:
        raise Refused(f"it has {len(found)} districts, at most {MOST_DISTRICTS}")
    unknown = sorted(set(rings) - set(found))
    if unknown:
        raise Refused(f"{outlines.name} has outlines of districts that the CSV does not have: {', '.join(unknown)}")
    return list(found.values())


def _district(row: dict[str, str], line: int, rings: dict[str, list[Ring]]) -> District:
    code, name, kana = (filled(row, column, line) for column in COLUMNS)
    district: District = {"code": code, "name": name, "kana": kana}
    if row.get("name_en"):
        district["en"] = row["name_en"]
    return district | ({"rings": rings[code]} if code in rings else {})


def _rings(path: Path) -> dict[str, list[Ring]]:
    """The outer rings of each district, by the `code` of the feature's properties; holes are left out."""
    try:
        features = json.loads(path.read_bytes())["features"]
        found: dict[str, list[Ring]] = {}
        for feature in features:
            found.setdefault(str(feature["properties"]["code"]), []).extend(_outer(feature["geometry"]))
    except (ValueError, KeyError, TypeError) as error:
        raise Refused(f"{path.name} is no GeoJSON whose features have properties.code and polygons: {error}") from error
    points = sum(len(ring) for rings in found.values() for ring in rings)
    if points > MOST_POINTS:
        raise Refused(f"{path.name} has {points} points, at most {MOST_POINTS}: simplify it to about 10 m")
    return found


def _outer(geometry: dict[str, Any]) -> list[Ring]:
    polygons = {"Polygon": [geometry["coordinates"]], "MultiPolygon": geometry["coordinates"]}.get(geometry["type"])
    if polygons is None:
        raise ValueError(f"{geometry['type']} is no Polygon or MultiPolygon")
    return [_ring(polygon[0]) for polygon in polygons]


def _ring(points: list[list[float]]) -> Ring:
    west, east, south, north = JAPAN
    ring = [[round(float(lon), 5), round(float(lat), 5)] for lon, lat, *_ in points]
    if len(ring) < 4 or ring[0] != ring[-1]:
        raise ValueError("a ring must have four points or more and end where it began")
    if not all(west <= lon <= east and south <= lat <= north for lon, lat in ring):
        raise ValueError("a position is not in Japan: each must be longitude, latitude in degrees")
    return ring[:-1]
