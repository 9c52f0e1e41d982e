"""One station, several numbers: explicit, and never two stations for one number."""

from dataclasses import replace

import pytest

from schemas.crosswalk import TwoStations, table_of
from schemas.stations import SYSTEMS, dams, gauges, rain_gauges


def _crosswalk() -> dict[str, dict[str, str]]:
    """Over all stations of the reference."""
    return table_of([*gauges().values(), *rain_gauges().values(), *dams().values()])


@pytest.mark.parametrize(
    ("system", "code", "station"),
    [
        ("kikikanri", "1400000015", "1400000015"),
        ("kawabou", "0358500400004", "0358500400004"),
        ("kanagawa_suibou", "3585_4_309", "3585_4_309"),
        ("suimon_db", "303061283310060", "303061283310060"),
        ("amedas", "46141", "46141"),
        ("kikikanri", "1300000001", None),
        ("vxko", "85030600010000001", None),
    ],
)
def test_a_number_leads_to_its_station_or_to_none(system: str, code: str, station: str | None) -> None:
    """Nothing is guessed from the shape of a number."""
    assert _crosswalk()[system].get(code) == station


def test_two_stations_with_one_number_are_refused() -> None:
    """Both are named."""
    one = gauges()["1400000015"]
    with pytest.raises(TwoStations, match="1400000015 and copy"):
        table_of([one, replace(one, station="copy")])


def test_an_unknown_system_is_refused() -> None:
    """With the systems that there are."""
    with pytest.raises(ValueError, match="there are kikikanri"):
        table_of([replace(gauges()["1400000015"], codes={"kikikanry": "1"})])


def test_every_station_is_reachable_by_each_of_its_numbers() -> None:
    """The table is the rows, read the other way round."""
    table = _crosswalk()
    for gauge in gauges().values():
        for system, code in gauge.codes.items():
            assert table[system][code] == gauge.station
    assert set(table) == set(SYSTEMS)


def test_numbers_look_like_those_of_their_system() -> None:
    """Ten characters, 13 digits (kind 004 for a stage), 15, and five; a stand-in is the prefecture's own."""
    table = _crosswalk()
    for code, station in table["kawabou"].items():
        assert (len(code) == 13 and code[5:8] == "004") or code == gauges()[station].codes["kanagawa_suibou"]
    lengths = {"kikikanri": {10}, "suimon_db": {15}, "amedas": {5}}
    assert {system: {len(code) for code in table[system]} for system in lengths} == lengths
