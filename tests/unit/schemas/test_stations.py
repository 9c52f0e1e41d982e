"""The stations of Kanagawa, against the published tables."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from schemas.crosswalk import table_of
from schemas.reference import areas, areas_of, municipality_of
from schemas.stations import Counter, Dam, counters, dams, gauges, rain_gauges


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


def test_a_gauge_without_thresholds_is_never_judged() -> None:
    """Neither normal nor high: a state of its own."""
    assert not gauges()["0358500400004"].judged
    assert gauges()["3585_4_309"].judged


def test_crisis_gauges_as_published(recorded: Callable[[str], Path]) -> None:
    """All 45: start level, 危険水位 where there is one, overflow stage, position."""
    with recorded("river/kanagawa_gauges_kikikanri.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["code"]: row for row in csv.DictReader(file)}
    ours = {gauge.codes["kikikanri"]: gauge for gauge in gauges().values() if "kikikanri" in gauge.codes}
    assert set(ours) == set(rows)
    for code, row in rows.items():
        gauge, warn = ours[code], row["warnLevel"]
        assert (gauge.start_m, gauge.warn_m) == (float(row["startLevel"]), float(warn) if warn else None)
        assert (gauge.thresholds, gauge.name) == ({"FS": float(row["fladLevel"])}, row["name"])
        assert gauge.start_m is not None
        assert gauge.start_m < gauge.thresholds["FS"]
        assert gauge.silent_below_start
        assert set(gauge.areas) & set(areas_of(row["townCode"]))
        assert gauge.lat == pytest.approx(float(row["lat"]), abs=1e-5)


def test_gauges_of_other_tables_are_there(recorded: Callable[[str], Path]) -> None:
    """Every number and threshold of the table, under its own system."""
    with recorded("river/kanagawa_gauge_ids_and_thresholds.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    numbers = table_of(gauges().values())
    columns = {"L1": "taiki_m", "L2": "chui_m", "L3": "handan_m", "L4": "kiken_m"}
    for row in rows:
        system = {"kawabou_obs_fcd": "kawabou"}.get(row["system"], row["system"])
        assert row["id"] in numbers[system], row["name"]
        station = numbers[system][row["id"]]
        published = {name: float(row[column]) for name, column in columns.items() if row[column]}
        assert (gauges()[station].name, {**gauges()[station].thresholds, **published}) == (
            row["name"],
            gauges()[station].thresholds,
        )


def test_rain_gauges_as_the_station_table_has_them(recorded: Callable[[str], Path]) -> None:
    """Eleven AMeDAS stations of Kanagawa; every warning area has one."""
    with recorded("amedas/amedastable.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["amdno"]: row for row in csv.DictReader(file) if row["amdno"].startswith("46")}
    ours = {gauge.codes["amedas"]: gauge for gauge in rain_gauges().values() if "amedas" in gauge.codes}
    assert len(rows) == 11
    assert {code: gauge.name for code, gauge in ours.items()} == {code: row["kjName"] for code, row in rows.items()}
    assert {area for gauge in ours.values() for area in gauge.areas} == set(areas())


def test_what_a_gauge_names_is_there() -> None:
    """Rain gauges of its catchment and gauges above it."""
    for gauge in gauges().values():
        assert set(gauge.rain) <= set(rain_gauges())
        assert {upper.station for upper in gauge.upstream} <= set(gauges())
    assert gauges()["3585_4_808"].rain == ("南郷山", "白銀山", "浅間山")


def test_rain_reaches_whoever_answers_for_a_gauge_below_it() -> None:
    """相模湖's rain is for everyone along the 相模川, or no rule of theirs could see it."""
    for gauge in gauges().values():
        for rain in gauge.rain:
            assert set(gauge.municipalities) <= set(rain_gauges()[rain].municipalities)
    assert {"14212", "14321"} <= set(rain_gauges()["46001"].municipalities)


def test_dams_and_counters_load() -> None:
    """Each lists the areas it matters to, all of them known; no dam has thresholds that nobody published."""
    rows: list[Dam | Counter] = [*dams().values(), *counters().values()]
    assert all(set(row.areas) <= set(areas()) for row in rows)
    assert {dam.name for dam in dams().values()} == {"城山ダム", "相模ダム", "宮ヶ瀬ダム", "三保ダム", "道志ダム"}
    assert not any(dam.thresholds for dam in dams().values())
