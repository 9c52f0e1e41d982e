"""Where a position lies: against the stations whose municipality their own source names."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.outlines import areas_at, outlines
from schemas.reference import areas_of, municipalities, wards


def test_every_municipality_and_ward_has_an_outline() -> None:
    """Designated cities by their wards."""
    whole = {code for code in municipalities() if code not in {ward.municipality for ward in wards().values()}}
    assert set(outlines()) == whole | set(wards())


@pytest.mark.parametrize(
    ("lat", "lon", "area"),
    [
        (35.32, 139.45, "1420500"),  # AMeDAS 辻堂
        (35.17833, 139.63, "1421000"),  # AMeDAS 三浦
        (35.22167, 139.04167, "1438200"),  # AMeDAS 箱根
        (35.43833, 139.65167, "1410012"),  # AMeDAS 横浜, in 中区
        (35.41, 139.04333, "1436400"),  # AMeDAS 丹沢湖
    ],
)
def test_positions_of_weather_stations(lat: float, lon: float, area: str) -> None:
    """As the station table of 気象庁 gives them."""
    assert areas_at(lat, lon) == (area,)


def test_crisis_gauges_lie_in_the_town_that_they_name(recorded: Callable[[str], Path]) -> None:
    """45 positions, each with the code of its town or ward."""
    with recorded("river/kanagawa_gauges_kikikanri.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 45
    for row in rows:
        found = set(areas_at(float(row["lat"]), float(row["lon"])))
        assert found & set(areas_of(row["townCode"])), row["name"]


@pytest.mark.parametrize(("lat", "lon"), [(35.681, 139.767), (34.9, 139.3), (0.0, 0.0), (43.06, 141.35)])
def test_elsewhere_is_nowhere(lat: float, lon: float) -> None:
    """Tokyo station, the open sea, Sapporo."""
    assert areas_at(lat, lon) == ()


@given(st.floats(-90, 90), st.floats(-180, 180))
def test_any_position_has_an_answer(lat: float, lon: float) -> None:
    """Never a fault, whatever a feed says."""
    assert isinstance(areas_at(lat, lon), tuple)
