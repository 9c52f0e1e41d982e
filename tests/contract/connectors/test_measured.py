"""`parse` on files of measurements: the format is told by the content, and every recorded file is read."""

from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.measured import describe_readings
from schemas.records.observed import Reading
from tests.contract.connectors.test_amedas import rain
from tests.contract.connectors.test_crisis import GOOD, items
from tests.unit.connectors.test_traffic import answer, counter
from tests.unit.connectors.writing import stage, stage_file

RAIN_ROW = {"obsTime": "2026/09/21 15:00", "rn10m": 1.5, "rn10mCcd": 0, "rnHr": 9.0, "rnHrCcd": 0, "rnInc": 40.0}
DAM_ROW = {"obsTime": "2026/09/21 15:00", "storLvl": 123.4, "storLvlCcd": 0, "allSink": 12.5, "allDisch": 0}
FILES = {
    "a stage": ("0358500400004.json", stage_file(stage(60, 4.63)), ["stage"]),
    "rain": ("x.json", stage_file(RAIN_ROW), ["rain_10min", "rain_1h", "rain_total"]),
    "a dam": ("x.json", stage_file(DAM_ROW), ["dam_inflow", "dam_level", "dam_outflow"]),
    "a list of crisis gauges": ("14000.json", items(GOOD), ["stage"]),
    "a map of rain": ("20260921150000.json", rain([0.5, 0]), ["rain_10min", "rain_1h"]),
    "traffic": ("x.json", answer(counter()), ["traffic_down", "traffic_up"]),
    "a record": ("3585_4_808.csv", b"timestamp,level_m\n2026-06-09T17:30:00+09:00,0.07\n", ["stage"]),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_known_by_its_content(name: str) -> None:
    """Its quantities, whatever it is called."""
    file, body, quantities = FILES[name]
    lines = describe_readings(Path(file), body)
    assert lines is not None
    found = {record.quantity for line in lines if isinstance(record := line.get("record"), Reading)}
    assert sorted(found) == quantities
    assert not [line for line in lines if "parked" in line]


@pytest.mark.parametrize("clock", ["crntObsTime", "crntRwTime"])
def test_the_sites_clocks_are_a_slot(clock: str) -> None:
    """Both of them."""
    lines = describe_readings(Path("tmCrntTime.json"), f'{{"{clock}": "2026/09/21 15:05"}}'.encode())
    assert [line["kind"] for line in lines or ()] == ["slot"]


@pytest.mark.parametrize("body", [b"", b"<Report/>", b"code,name\n1,2\n", b"\xff\xfe"])
def test_what_holds_no_measurements_is_left_to_others(body: bytes) -> None:
    """A telegram, a table of something else."""
    assert describe_readings(Path("x"), body) is None


@pytest.mark.parametrize(
    ("body", "reason"), [(b'{"a": 1}', "no_values"), (b"{", "not_json"), (rain([0.5, 0]), "bad_time")]
)
def test_what_cannot_be_read_says_why(body: bytes, reason: str) -> None:
    """A map needs its slot as its name."""
    assert [line["parked"] for line in describe_readings(Path("x.json"), body) or ()] == [reason]


RECORDED = {
    "amedas/amedas_point_sample_missing_temp.json": 2,
    "amedas/nationwide_20230907-08/precipitation1h_20230907T123702.csv": 1286,
    "river/sakaigawa_10min/sakaigawabashi_level_10min_20260920-0923.csv": 313,
}


@pytest.mark.parametrize("path", RECORDED)
def test_recorded_files_are_read_whole(path: str, recorded: Callable[[str], Path]) -> None:
    """A reading for each value, and nothing is parked."""
    file = recorded(path)
    lines = describe_readings(file, file.read_bytes())
    assert lines is not None
    assert [line["kind"] for line in lines] == ["reading"] * RECORDED[path]
