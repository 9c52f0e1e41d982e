"""The same station under its numbers in other systems. Explicit rows only: no number is made from another system's."""

from collections.abc import Iterable
from functools import cache

from schemas.stations import SYSTEMS, Dam, Gauge, RainGauge, dams, gauges, rain_gauges

Station = Gauge | RainGauge | Dam


class TwoStations(ValueError):
    """Two stations claim one number of one system; the message names both."""


def station_of(system: str, code: str) -> str | None:
    """Our station for a number of a system of SYSTEMS, None for a number that we do not know. KeyError: no system."""
    return crosswalk()[system].get(code)


@cache
def crosswalk() -> dict[str, dict[str, str]]:
    """Number → station, for each system, over all gauges, rain gauges and dams."""
    return table_of([*gauges().values(), *rain_gauges().values(), *dams().values()])


def table_of(stations: Iterable[Station]) -> dict[str, dict[str, str]]:
    """The crosswalk of these stations. Raises TwoStations, and ValueError for a system that is not in SYSTEMS."""
    table: dict[str, dict[str, str]] = {system: {} for system in SYSTEMS}
    for station in stations:
        for system, code in station.codes.items():
            if system not in table:
                raise ValueError(f"{station.station}: {system!r} is no system; there are {', '.join(SYSTEMS)}")
            first = table[system].setdefault(code, station.station)
            if first != station.station:
                raise TwoStations(f"{system} {code} is claimed by {first} and {station.station}")
    return table
