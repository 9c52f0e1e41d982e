"""Which station a row speaks of, and which areas that is: by code, name, position, the mapping, the reference."""

import math
import re
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass

from connectors.mapped.mapping import Area, Mapping
from connectors.mapped.row import Row
from connectors.places import Places
from connectors.source import Park
from schemas import reference, stations
from schemas.crosswalk import Station, table_of
from schemas.outlines import areas_at

CODE = re.compile(r"\d{5,7}", re.ASCII)
EARTH_KM = 6371.0
NO_AREA = "say under [area] whose it is, or list it under [[stations]]"
BEFORE = re.compile(r"^(神奈川県)?([^\s市]{1,4}郡)?")
"""Left out before a name: a prefecture's list writes prefecture and district, a town's does not."""


@dataclass(frozen=True, slots=True)
class Found:
    """A station and its areas; no areas: it lies outside of what we answer for."""

    station: str
    areas: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Where:
    """The places as one mapping uses them."""

    mapping: Mapping
    places: Places
    names: Dictionary[str, tuple[str, ...]]
    stations: Dictionary[tuple[str, str], Found]

    @classmethod
    def of(cls, mapping: Mapping, places: Places) -> "Where":
        """With the names and the stations of the reference."""
        return cls(mapping, places, names_of(places), stations_of(places))

    def find(self, row: Row, fixed_station: str = "") -> Found:
        """Raises Park `no_station`, `unknown_station`, `unknown_area`; what is known to lie elsewhere has no areas."""
        code = self._code(row, fixed_station)
        if self.mapping.stations:
            return Found(self._named(code), self._listed(code))
        if self.mapping.area is not None:
            return Found(self._named(code), self.areas(row))
        return self._known(code)

    def areas(self, row: Row) -> tuple[str, ...]:
        """The areas that the row's own area stands for."""
        area = self.mapping.area
        if area is None:
            raise Park("unknown_area", "the mapping does not say where the area stands")
        if area.by == "point":
            return self._near(row)
        text = area.const or row.text(area.from_)
        text = area.words.get(text, text)
        return self._by_code(text) if area.by == "code" else self._by_name(text)

    def _code(self, row: Row, fixed_station: str) -> str:
        station = self.mapping.station
        if fixed_station:
            return fixed_station
        if station is None:
            raise Park("no_station", "the mapping does not say where the station stands")
        text = station.const or row.text(station.from_)
        if not text:
            raise Park("no_station", "the row names no station")
        return station.words.get(text, text)

    def _named(self, code: str) -> str:
        return (self.mapping.station.prefix if self.mapping.station else "") + code

    def _listed(self, code: str) -> tuple[str, ...]:
        for listed in self.mapping.stations:
            if listed.code == code:
                return tuple(dict.fromkeys(area for written in listed.areas for area in self._by_code(written)))
        return self._elsewhere("unknown_station", f"station {code[:60]!r} is not in the mapping's [[stations]]")

    def _known(self, code: str) -> Found:
        """A station of the reference, by its own number or by the number that it has in `station.codes`."""
        system = self.mapping.station.codes if self.mapping.station else ""
        found = self.stations.get((system, code))
        return found or Found(
            code, self._elsewhere("unknown_station", f"station {code[:60]!r} is in no reference; {NO_AREA}")
        )

    def _by_code(self, text: str) -> tuple[str, ...]:
        """Ours, or () for a code of the right shape that is another municipality's."""
        plain = text.zfill(5) if text.isascii() and text.isdigit() and len(text) == 4 else text
        if not CODE.fullmatch(plain):
            raise Park("unknown_area", f"{text[:60]!r} is no area code of five, six or seven digits")
        return self.places.areas_of(plain)

    def _by_name(self, text: str) -> tuple[str, ...]:
        found = self.names.get(BEFORE.sub("", text), ())
        return found or self._elsewhere("unknown_area", f"no municipality or area is called {text[:60]!r}")

    def _near(self, row: Row) -> tuple[str, ...]:
        """The areas in whose outline it lies; outside of all, the one with the nearest point in `within_km`."""
        area = self.mapping.area or Area()
        lat, lon = _degrees(row, area.lat, 90.0), _degrees(row, area.lon, 180.0)
        inside = tuple(area for area in areas_at(lat, lon) if area in self.places.areas)
        if inside:
            return inside
        near = sorted((distance_km(lat, lon, *point), code) for code, point in self.places.zones.points.items())
        if near and near[0][0] <= area.within_km:
            return (near[0][1],)
        return self._elsewhere("unknown_area", f"{lat:g}, {lon:g} lies in no area of ours")

    def _elsewhere(self, reason: str, text: str) -> tuple[str, ...]:
        """A source that is wider than we are says `elsewhere = "skip"`."""
        if self.mapping.elsewhere == "skip":
            return ()
        raise Park(reason, f'{text}; if the source also speaks of others, say elsewhere = "skip"')


def names_of(places: Places) -> dict[str, tuple[str, ...]]:
    """Areas by the name of an area, a municipality, or a ward with its city's name before it: 南区 alone is two."""
    cities_by_code = {code: city.name for code, city in reference.municipalities().items()}
    cities = {city.name: city.areas for city in reference.municipalities().values()}
    wards = {cities_by_code[ward.municipality] + ward.name: ward.areas for ward in reference.wards().values()}
    areas = {area.name: (code,) for code, area in places.areas.items()}
    found = areas | wards | cities
    return {name: codes for name, codes in found.items() if set(codes) <= set(places.areas)}


def stations_of(places: Places) -> dict[tuple[str, str], Found]:
    """Every station of the reference by (code system, its number there); "" is the system of our own names."""
    known: dict[str, Station] = {**stations.dams(), **stations.rain_gauges(), **places.gauges}
    found = {name: Found(name, station.areas) for name, station in known.items()}
    numbers = {"": {name: name for name in known}} | table_of(known.values())
    return {(system, code): found[name] for system, codes in numbers.items() for code, name in codes.items()}


def distance_km(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Great-circle distance on a sphere: good to half a percent."""
    a, b = math.radians(lat), math.radians(other_lat)
    half = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(math.radians(other_lon - lon) / 2) ** 2
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(half)))


def _degrees(row: Row, ref: str, most: float) -> float:
    text = row.text(ref)
    try:
        degrees = float(text)
    except ValueError as error:
        raise Park("no_place", f"{ref!r} is {text[:40]!r}, not degrees") from error
    if not -most <= degrees <= most:
        raise Park("no_place", f"{ref!r} is {degrees:g}, not degrees from -{most:g} to {most:g}")
    return degrees
