"""The places that we answer for, as parsers need them. Passed in, so that a test can answer for all of Japan."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from schemas import outlines, reference, stations
from schemas.reference import Area, RiverSection
from schemas.stations import Counter, Dam, Gauge, RainGauge
from schemas.zones import Zones, zones


@dataclass(frozen=True, slots=True)
class Places:
    """`areas` by class20 code; `areas_of`: class20 codes of an area, city, ward or forecast area code, () if unknown.

    `areas_at`: class20 codes of a position (latitude, longitude in degrees), () if it is none of ours.
    """

    areas: Mapping[str, Area]
    sections: Mapping[str, RiverSection]
    gauges: Mapping[str, Gauge]
    areas_of: Callable[[str], tuple[str, ...]]
    zones: Zones = field(default_factory=zones)
    rain_gauges: Mapping[str, RainGauge] = field(default_factory=stations.rain_gauges)
    dams: Mapping[str, Dam] = field(default_factory=stations.dams)
    counters: Mapping[str, Counter] = field(default_factory=stations.counters)
    areas_at: Callable[[float, float], tuple[str, ...]] = outlines.areas_at


def from_reference() -> Places:
    """The places of schemas/reference."""
    return Places(reference.areas(), reference.river_sections(), stations.gauges(), areas_of)


def areas_of(code: str) -> tuple[str, ...]:
    """The class20 areas that a code of a telegram stands for, 一次細分区域 among them; () if unknown."""
    return reference.areas_of(code) or reference.forecast_areas().get(code, ())
