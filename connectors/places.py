"""The places that we answer for, as parsers need them. Passed in, so that a test can answer for all of Japan."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from schemas import reference, stations
from schemas.reference import Area, RiverSection
from schemas.stations import Gauge
from schemas.zones import Zones, zones


@dataclass(frozen=True, slots=True)
class Places:
    """`areas` by class20 code; `areas_of`: class20 codes of an area, city, ward or prefecture code, () if unknown."""

    areas: Mapping[str, Area]
    sections: Mapping[str, RiverSection]
    gauges: Mapping[str, Gauge]
    areas_of: Callable[[str], tuple[str, ...]]
    zones: Zones = field(default_factory=zones)


def from_reference() -> Places:
    """The places of schemas/reference."""
    return Places(reference.areas(), reference.river_sections(), stations.gauges(), reference.areas_of)
