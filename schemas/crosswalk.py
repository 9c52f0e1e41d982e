"""The same station under its numbers in other systems. Explicit rows only: no number is made from another system's."""

from collections.abc import Iterable

from schemas.stations import SYSTEMS, Dam, Gauge, RainGauge

Station = Gauge | RainGauge | Dam


class TwoStations(ValueError):
    """Two stations claim one number of one system; the message names both."""


def table_of(stations: Iterable[Station]) -> dict[str, dict[str, str]]:
    """Number → station, for each system. Raises TwoStations, and ValueError for a system that is not in SYSTEMS."""
    table: dict[str, dict[str, str]] = {system: {} for system in SYSTEMS}
    for station in stations:
        for system, code in station.codes.items():
            if system not in table:
                raise ValueError(f"{station.station}: {system!r} is no system; there are {', '.join(SYSTEMS)}")
            first = table[system].setdefault(code, station.station)
            if first != station.station:
                raise TwoStations(f"{system} {code} is claimed by {first} and {station.station}")
    return table
