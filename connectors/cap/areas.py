"""Which of our areas a CAP area means: by a geocode that we know, else by where its polygons and circles lie."""

from collections.abc import Iterator, Sequence

from connectors.cap.alert import Place
from connectors.cap.profile import CLASS20, LOCAL_GOVERNMENT
from connectors.cap.shapes import Point, in_circle, in_polygon, middle, read_circle, read_polygon
from connectors.places import Places
from schemas.outlines import areas_at

MARGIN_DEGREES = 0.5
"""Around our outermost points: what lies farther away is looked at no closer."""
MOST_CORNERS = 60


def areas_of(place: Place, places: Places) -> tuple[str, ...]:
    """Class20 codes of ours. Raises Park `bad_shape`.

    A geocode of a list that we know decides alone. Of shapes, an area is meant if its representative point lies
    inside, or if the shape's middle or a corner lies in its outline: a small polygon must not fall between the points.
    """
    known = [value for name, value in place.geocodes if name in (CLASS20, LOCAL_GOVERNMENT)]
    if known:
        found: Iterator[str] = (area for value in known for area in places.areas_of(value))
    else:
        found = _by_shape(place, places)
    return tuple(area for area in dict.fromkeys(found) if area in places.areas)


def _by_shape(place: Place, places: Places) -> Iterator[str]:
    polygons = [read_polygon(text) for text in place.polygons]
    circles = [read_circle(text) for text in place.circles]
    points = places.zones.points
    yield from (area for ring in polygons for area, point in points.items() if in_polygon(point, ring))
    yield from (area for circle in circles for area, point in points.items() if in_circle(point, circle))
    corners = [corner for ring in polygons for corner in (middle(ring), *_some(ring))]
    for lat, lon in (*corners, *(circle.centre for circle in circles)):
        if _is_near((lat, lon), list(points.values())):
            yield from areas_at(lat, lon)


def _some(ring: Sequence[Point]) -> Sequence[Point]:
    """The corners, evenly thinned where there are many."""
    return ring[:: max(1, len(ring) // MOST_CORNERS)]


def _is_near(point: Point, points: Sequence[Point]) -> bool:
    if not points:
        return False
    lats, lons = [lat for lat, _ in points], [lon for _, lon in points]
    north_south = min(lats) - MARGIN_DEGREES <= point[0] <= max(lats) + MARGIN_DEGREES
    return north_south and min(lons) - MARGIN_DEGREES <= point[1] <= max(lons) + MARGIN_DEGREES
