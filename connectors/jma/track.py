"""A typhoon's track as geometry: where it is at each time of a telegram, and when a point lies in its storm zone.

Between two times the centre and the radius change evenly: that is how the zone around two circles is drawn.
Angles are degrees, lengths kilometres on a sphere.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

EARTH_KM = 6371.0
STEP = timedelta(minutes=10)
Point = tuple[float, float]
"""Latitude and longitude."""


@dataclass(frozen=True, slots=True)
class Disc:
    """A circle on the sphere."""

    centre: Point
    radius_km: float


@dataclass(frozen=True, slots=True)
class Span:
    """From when until when (both included) a point lies in a zone."""

    at: datetime
    until: datetime


def distance_km(one: Point, other: Point) -> float:
    """Great-circle distance."""
    lat1, lon1, lat2, lon2 = (math.radians(angle) for angle in (*one, *other))
    chord = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_KM * math.asin(math.sqrt(min(1.0, chord)))


def moved(point: Point, bearing: float, km: float) -> Point:
    """The point that lies `km` away in a direction (degrees from north, clockwise)."""
    lat, lon, turn, angle = (*(math.radians(a) for a in point), math.radians(bearing), km / EARTH_KM)
    to = math.asin(math.sin(lat) * math.cos(angle) + math.cos(lat) * math.sin(angle) * math.cos(turn))
    east = math.sin(turn) * math.sin(angle) * math.cos(lat)
    return math.degrees(to), math.degrees(lon + math.atan2(east, math.cos(angle) - math.sin(lat) * math.sin(to)))


def disc_of(centre: Point, axes: Sequence[tuple[float | None, float]]) -> Disc | None:
    """One axis without a direction is a circle around the centre; a long and a short one opposite to it, a shifted one.

    None where the axes are neither.
    """
    if len(axes) == 1 and axes[0][0] is None:
        return Disc(centre, axes[0][1])
    if len(axes) != 2 or any(bearing is None for bearing, _ in axes):
        return None
    (bearing, long), (_, short) = sorted(axes, key=lambda axis: -axis[1])
    return Disc(moved(centre, bearing or 0.0, (long - short) / 2), (long + short) / 2)


def spans(point: Point, zones: Iterable[tuple[datetime, Disc | None]]) -> tuple[Span, ...]:
    """When the point lies in the zone, to ten minutes. `zones` in order of time; None: no such winds at that time."""
    found: list[Span] = []
    for at, disc in _drawn(list(zones)):
        if distance_km(point, disc.centre) > disc.radius_km:
            continue
        if found and at - found[-1].until <= STEP:
            found[-1] = Span(found[-1].at, at)
        else:
            found.append(Span(at, at))
    return tuple(found)


def _drawn(zones: list[tuple[datetime, Disc | None]]) -> Iterable[tuple[datetime, Disc]]:
    """The discs, and those between two that follow each other."""
    for (at, disc), (then, following) in pairwise(zones):
        if disc is None:
            continue
        yield at, disc
        if following is not None:
            yield from _between(at, disc, then, following)
    if zones and (last := zones[-1][1]) is not None:
        yield zones[-1][0], last


def _between(at: datetime, disc: Disc, then: datetime, following: Disc) -> Iterable[tuple[datetime, Disc]]:
    steps = max(1, math.ceil((then - at) / STEP))
    for step in range(1, steps):
        share = step / steps
        (lat, lon), (lat2, lon2) = disc.centre, following.centre
        centre = (lat + (lat2 - lat) * share, lon + (lon2 - lon) * share)
        yield at + (then - at) * share, Disc(centre, disc.radius_km + (following.radius_km - disc.radius_km) * share)
