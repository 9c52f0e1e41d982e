"""The stations of Kanagawa, against the published tables."""

from schemas.reference import areas, municipality_of
from schemas.stations import counters, dams, gauges, rain_gauges


def test_thresholds_as_published() -> None:
    """境川橋 and 新崎橋 from the prefecture's pages, 亀の子橋 from a flood bulletin."""
    found = {gauge.name: gauge.thresholds for gauge in gauges().values()}
    assert found["境川橋"] == {"L1": 4.00, "L2": 4.50, "L3": 5.20, "L4": 5.65}
    assert found["新崎橋"] == {"L1": 0.80, "L2": 1.15, "L3": 1.20, "L4": 1.65}
    assert found["亀の子橋"] == {"L1": 5.30, "L2": 5.80, "L3": 5.90, "L4": 6.80}


def test_a_gauge_without_thresholds_is_a_state_of_its_own() -> None:
    """Nothing is inferred where no source names a threshold."""
    assert gauges()["0358500400004"].thresholds == {}


def test_every_gauge_is_whole() -> None:
    """Known areas, known class, rising thresholds in metres, and where each fact is from."""
    for station, gauge in gauges().items():
        assert gauge.areas
        assert set(gauge.areas) <= set(areas())
        assert set(gauge.municipalities) == {municipality_of(area) for area in gauge.areas}
        assert gauge.river_class in {"洪水予報河川", "水位周知河川", "その他河川"}
        assert set(gauge.thresholds) <= {"L1", "L2", "L3", "L4", "FS"}
        assert list(gauge.thresholds.values()) == sorted(gauge.thresholds.values())
        assert (gauge.station, gauge.unit) == (station, "m")
        assert gauge.source


def test_the_class_of_small_rivers_is_marked_unverified() -> None:
    """境川 is taken for a 水位周知河川 from general knowledge: screens must say so."""
    assert (gauges()["3585_4_309"].river_class, gauges()["3585_4_309"].class_verified) == ("水位周知河川", False)
    assert gauges()["3585_4_309"].tidal


def test_rain_gauges_dams_and_counters_load() -> None:
    """Each lists the areas it matters to, all of them known."""
    rows = [*rain_gauges().values(), *dams().values(), *counters().values()]
    assert all(set(row.areas) <= set(areas()) for row in rows)
