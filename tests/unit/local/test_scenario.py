"""The shipped scenario restates its two records exactly, and a scenario that does not say what it must is refused."""

import csv
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from lxml import etree

from local.scenario import DEFAULT_SCENARIO, JST, BadScenario, load_scenario

HEAD = """
title = "t"
banner = "b"
banner_short = "b"
start = 2026-09-20T00:00:00+09:00
end = 2026-09-21T00:00:00+09:00
[sources]
"""
GAUGE = '[[gauge]]\nstation = "x"\npublished_after_min = 3\n'


def test_the_stages_are_those_of_the_record(recorded: Callable[[str], Path]) -> None:
    """Every reading of the record stands in the scenario, and nothing stands where the record has none."""
    with recorded("river/sakaigawa_10min/sakaigawabashi_level_10min_20260920-0923.csv").open() as file:
        record = {
            datetime.fromisoformat(r["observed_at"]).replace(tzinfo=JST): float(r["value"])
            for r in csv.DictReader(file)
        }
    (gauge,) = load_scenario(DEFAULT_SCENARIO).gauges
    assert {at: stage for at, stage in gauge.stages if stage is not None} == record


@pytest.mark.parametrize("number", [1, 2, 3])
def test_the_levels_are_those_of_the_sample_telegrams(recorded: Callable[[str], Path], number: int) -> None:
    """Who is warned, how, and who is released, area by area, as JMA's sample telegram says."""
    body = etree.parse(recorded(f"jma/samples/17_04_0{number}_250630_VXWW50.xml"))
    names = {"m": "http://xml.kishou.go.jp/jmaxml1/body/meteorology1/"}
    paths = ("m:Kind/m:Code", "m:Kind/m:Status", "m:Area/m:Code")
    said = {}
    for item in body.iterfind(".//m:Warning/m:Item", names):
        code, status, area = (item.findtext(path, "", names) for path in paths)
        said[area] = (code, status)
    telegram = load_scenario(DEFAULT_SCENARIO).telegrams[number - 1]
    assert telegram.warned == {area: status for area, (code, status) in said.items() if code == "3"}
    assert set(telegram.lifted) == {area for area, (code, _) in said.items() if code == "1"}


def test_the_clock_stops_at_every_slot_and_telegram() -> None:
    """No reading and no telegram is jumped over."""
    scenario = load_scenario(DEFAULT_SCENARIO)
    moments = scenario.moments()
    assert list(moments) == sorted(set(moments))
    assert datetime(2026, 9, 21, 15, 3, tzinfo=JST) in moments
    assert all(telegram.at + timedelta(seconds=25) in moments for telegram in scenario.telegrams)
    assert set(scenario.stops) <= set(moments)


@pytest.mark.parametrize(
    ("rest", "says"),
    [
        (GAUGE + 'stages="2026-09-20 00:00 1 2 3"', "3 columns"),
        (
            GAUGE + 'stages="2026-09-20 00:00 - - - - - -"',
            "without a single stage",
        ),
        (GAUGE + 'recorded="a.csv"', "SONAE_DATA"),
        ('[[telegram]]\ncarrier="VXWW50"\nat=2026-09-20T01:00:00\nserial=1\noriginal="o"', "no time zone"),
        ('[[telegram]]\ncarrier="VXWW50"\nserial=1\noriginal="o"', "KeyError: 'at'"),
    ],
)
def test_a_bad_scenario_is_refused_with_the_place(tmp_path: Path, rest: str, says: str) -> None:
    """The message names the file and what is wrong with it."""
    file = tmp_path / "s.toml"
    file.write_text(HEAD + rest, encoding="utf8")
    with pytest.raises(BadScenario, match=says):
        load_scenario(file)


def test_recorded_files_stay_inside_their_folder(tmp_path: Path) -> None:
    """A scenario can't serve files from anywhere else."""
    file = tmp_path / "s.toml"
    file.write_text(HEAD + GAUGE + 'recorded="../../etc/passwd"', encoding="utf8")
    with pytest.raises(BadScenario, match="outside the folder"):
        load_scenario(file, tmp_path)
