"""Polygons and circles of a CAP area, and which points lie in them. Pure."""

import math
from dataclasses import dataclass
from itertools import pairwise

from connectors.source import Park

EARTH_KM = 6371.0
MAX_POINTS = 20_000
MAX_RADIUS_KM = 20_100.0

Point = tuple[float, float]
"""Latitude, longitude in degrees (WGS 84)."""


@dataclass(frozen=True, slots=True)
class Circle:
    """A centre and a radius in km."""

    centre: Point
    radius_km: float


def read_polygon(text: str) -> tuple[Point, ...]:
    """A closed ring. Raises Park `bad_shape`."""
    points = tuple(_point(pair) for pair in text.split())
    if len(points) > MAX_POINTS:
        raise Park("bad_shape", f"a polygon of {len(points)} points; at most {MAX_POINTS} are read")
    if len(points) < 4 or points[0] != points[-1]:
        raise Park("bad_shape", "a polygon needs four points or more, and ends where it began")
    return points


def read_circle(text: str) -> Circle:
    """`lat,lon radius`. Raises Park `bad_shape`."""
    parts = text.split()
    radius_km = _number(parts[1]) if len(parts) == 2 else None
    if radius_km is None or not 0 <= radius_km <= MAX_RADIUS_KM:
        raise Park("bad_shape", f"a circle is {text[:60]!r}, not lat,lon and a radius in km")
    return Circle(_point(parts[0]), radius_km)


def in_polygon(point: Point, ring: tuple[Point, ...]) -> bool:
    """Whether a point lies inside: a ray to the east crosses the ring an odd number of times. May span 180°."""
    lat, lon = point
    crossings = 0
    for (y1, x1), (y2, x2) in pairwise(ring):
        if (y1 > lat) == (y2 > lat):
            continue
        east1, east2 = _east(x1, lon), _east(x2, lon)
        if abs(east1 - east2) < 180:
            crossings += (east2 - east1) * (lat - y1) / (y2 - y1) + east1 > 0
    return crossings % 2 == 1


def in_circle(point: Point, circle: Circle) -> bool:
    """Whether a point lies within the radius."""
    return distance_km(point, circle.centre) <= circle.radius_km


def middle(ring: tuple[Point, ...]) -> Point:
    """The middle of a ring's extent."""
    lats, lons = [point[0] for point in ring], [point[1] for point in ring]
    return (min(lats) + max(lats)) / 2, (min(lons) + max(lons)) / 2


def distance_km(a: Point, b: Point) -> float:
    """Great-circle distance on a sphere."""
    lat_a, lat_b = math.radians(a[0]), math.radians(b[0])
    east = math.radians(b[1] - a[1])
    half = math.sin((lat_b - lat_a) / 2) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin(east / 2) ** 2
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(half)))


def _east(lon: float, of: float) -> float:
    """How far east, -180 to 180 degrees."""
    return (lon - of + 540.0) % 360.0 - 180.0


def _point(pair: str) -> Point:
    parts = [_number(part) for part in pair.split(",")]
    if len(parts) != 2 or parts[0] is None or parts[1] is None or abs(parts[0]) > 90 or abs(parts[1]) > 180:
        raise Park("bad_shape", f"{pair[:40]!r} is no lat,lon in degrees")
    return parts[0], parts[1]


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
