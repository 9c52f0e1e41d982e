"""From a position to the warning areas that it lies in, for stations that come without a municipality. Pure.

The outlines are simplified to about 200 m, so whatever lies within NEAR_M of a border matters to both of its sides.
"""

import math
import tomllib
from functools import cache
from itertools import pairwise

from schemas.reference import FOLDER, areas_of

NEAR_M = 300.0
M_PER_DEGREE = 111_320.0
Point = tuple[float, float]
"""Longitude, latitude in degrees."""


@cache
def outlines() -> dict[str, tuple[tuple[Point, ...], ...]]:
    """The rings of every municipality and ward, by 5-digit code; each ends where it began."""
    rows = tomllib.loads((FOLDER / "outlines.toml").read_text(encoding="utf8"))["outlines"]
    return {code: tuple(_ring(text) for text in rings) for code, rings in rows.items()}


def areas_at(lat: float, lon: float) -> tuple[str, ...]:
    """The class20 areas of a position in degrees: of the outline it lies in, and of those NEAR_M away; () if none."""
    towns = {
        code
        for code, ring, (west, south, east, north) in _boxed()
        if west <= lon <= east and south <= lat <= north and _touches(lon, lat, ring)
    }
    return tuple(sorted({area for town in towns for area in areas_of(town)}))


@cache
def _boxed() -> tuple[tuple[str, tuple[Point, ...], tuple[float, float, float, float]], ...]:
    """Every ring with its town and the box, NEAR_M wider on each side, beyond which nothing touches it."""
    return tuple((code, ring, _box(ring)) for code, rings in outlines().items() for ring in rings)


def _box(ring: tuple[Point, ...]) -> tuple[float, float, float, float]:
    lons, lats = zip(*ring, strict=True)
    wider = 1.01 * NEAR_M / M_PER_DEGREE
    sideways = wider / math.cos(math.radians(max(abs(lat) for lat in lats) + wider))
    return min(lons) - sideways, min(lats) - wider, max(lons) + sideways, max(lats) + wider


def _ring(text: str) -> tuple[Point, ...]:
    points = [(float(lon), float(lat)) for lon, lat in (pair.split(",") for pair in text.split())]
    return (*points, points[0])


def _touches(lon: float, lat: float, ring: tuple[Point, ...]) -> bool:
    return _inside(lon, lat, ring) or any(_metres(lon, lat, a, b) <= NEAR_M for a, b in pairwise(ring))


def _inside(lon: float, lat: float, ring: tuple[Point, ...]) -> bool:
    """Whether a ray to the east leaves the ring an odd number of times."""
    crossings = sum(
        (y1 > lat) != (y2 > lat) and lon < (x2 - x1) * (lat - y1) / (y2 - y1) + x1
        for (x1, y1), (x2, y2) in pairwise(ring)
    )
    return crossings % 2 == 1


def _metres(lon: float, lat: float, a: Point, b: Point) -> float:
    """From the position to one side of the ring, on a plane: good to a metre at this distance."""
    east = M_PER_DEGREE * math.cos(math.radians(lat))
    ax, ay, bx, by = (a[0] - lon) * east, (a[1] - lat) * M_PER_DEGREE, (b[0] - lon) * east, (b[1] - lat) * M_PER_DEGREE
    dx, dy = bx - ax, by - ay
    length = dx * dx + dy * dy
    share = min(max(-(ax * dx + ay * dy) / length, 0.0), 1.0) if length else 0.0
    return math.hypot(ax + share * dx, ay + share * dy)
