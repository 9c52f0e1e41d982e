"""指定河川洪水予報: every number on record against a reader of its own."""

import re
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from connectors.jma.telegram import parse_telegram
from connectors.source import Parsed
from schemas.records.observed import Quantity
from tests.contract.connectors.jma.plainly import Element, all_of, at, files, narrow, parsed, root_of, text
from tests.unit.connectors.writing import AT, KANAGAWA, bulletins, payload

Recorded = Callable[[str], Path]
LEVELS = {"10": 0, "20": 2, "21": 2, "22": 2, "30": 3, "31": 3, "40": 4, "41": 4, "51": 5, "53": 5}


def test_every_stage_and_level(recorded: Recorded) -> None:
    """水位・流量情報 of all VXKO on record: value, time, station; empty is null, level 9 is null."""
    seen = 0
    for file in files(recorded("jma"), "*VXKO*", "vxko*"):
        quantities = _quantities(file)
        for series in all_of(root_of(file), "Body/MeteorologicalInfos/TimeSeriesInfo"):
            times = {d.get("timeId"): text(d, "DateTime") for d in all_of(series, "TimeDefines/TimeDefine")}
            for row in all_of(series, "Item"):
                expected = _stages(row, times)
                mine = Counter(
                    (q.value, q.at)
                    for q in quantities
                    if q.subject == text(row, "Station/Code") and q.name.startswith(("stage", "discharge"))
                )
                assert not expected or all(mine[one] >= 1 for one in expected), file.name
                seen += len(expected)
    assert seen > 250


def _stages(row: Element, times: dict[str | None, str]) -> list[tuple[float | None, datetime | None]]:
    parts = [
        *all_of(row, "Kind/Property/WaterLevelPart/WaterLevel"),
        *all_of(row, "Kind/Property/DischargePart/Discharge"),
    ]
    found = []
    for element in parts:
        written = (element.text or "").strip()
        unknown = element.get("type") == "レベル" and written == "9"
        found.append((None if unknown or not written else float(written), at(times[element.get("refID")])))
    return found


def test_every_threshold(recorded: Recorded) -> None:
    """HydrometricStationPart: 有効 has its number, 無効 has none and says so."""
    seen = invalid = 0
    for file in files(recorded("jma"), "*VXKO*", "vxko*"):
        expected: list[tuple[str, float | None, bool]] = []
        for station in all_of(root_of(file), "//HydrometricStationPart"):
            for row in [*all_of(station, "Criteria/WaterLevel"), *all_of(station, "Criteria/Discharge")]:
                valid = row.get("condition") == "有効"
                expected.append((text(station, "Area/Code"), float(row.text or "nan") if valid else None, valid))
        criteria = [q for q in _quantities(file) if q.name.startswith("criteria_")]
        assert [(q.subject, q.value, "無効" not in q.condition) for q in criteria] == expected, file.name
        assert {q.condition.split()[0] for q in criteria} <= {"L1", "L2", "L3", "L4", "HWL"}
        seen, invalid = seen + len(expected), invalid + sum(not valid for *_, valid in expected)
    assert (seen > 90, invalid) == (True, 2)


def test_rain_of_the_basin(recorded: Recorded) -> None:
    """流域平均雨量, measured and 見込み, with its begin."""
    for file in files(recorded("jma"), "*VXKO*", "vxko*"):
        expected = [float(e.text or "nan") for e in all_of(root_of(file), "//PrecipitationPart/Precipitation")]
        rain = [q for q in _quantities(file) if q.name in {"rain_observed", "rain_forecast"}]
        assert [q.value for q in rain] == expected, file.name
        assert all(q.at and q.until and q.until > q.at for q in rain)
        assert all(("見込み" in q.condition) == (q.name == "rain_forecast") for q in rain)


def test_expected_inundation(recorded: Recorded) -> None:
    """氾濫水の予報: five places; the last is 5.0 m or more, reached at 15:00, deepest at 18:00."""
    found = [q for q in _quantities(recorded("jma/samples/16_04_01_220728_VXKOii.xml")) if q.name == "inundation_depth"]
    assert [q.subject for q in found] == ["○市市役所", "○市郵便局", "△市市役所", "△市公民館", "△市消防署"]
    assert (found[-1].value, found[-1].condition) == (5.0, "5.0m以上")
    assert (found[-1].at, found[-1].until) == (at("2019-05-27T15:00:00+09:00"), at("2019-05-27T18:00:00+09:00"))
    assert (found[1].value, found[1].condition) == (0.5, "0.5m以上1.0m未満")


def test_flood_prone_districts_go_to_their_own_town(recorded: Recorded) -> None:
    """A town learns of its own districts; a dummy code is nobody's and counted as outside."""
    written = recorded("jma/samples/16_01_01_220728_VXKOii.xml").read_text("utf8")
    written = written.replace("<CityCode>0000000</CityCode>", "<CityCode>1420500</CityCode>", 1)
    found = bulletins(parse_telegram(payload(written.encode()), KANAGAWA, AT))
    (fujisawa,) = found
    districts = [q for q in fujisawa.items[0].quantities if q.name == "inundation_area"]
    assert [(q.subject, q.subject_name) for q in districts] == [("1420500", "○○市 ○○地区 ○○地区 ○○地区")]


def test_level_by_code(recorded: Recorded) -> None:
    """The level of every VXKO on record follows from the headline's code."""
    for file in files(recorded("jma"), "*VXKO*", "vxko*"):
        code = text(root_of(file), "Head/Headline/Information/Item/Kind/Code")
        assert {i.level for b in bulletins(_parsed(file)) for i in b.items} == {LEVELS[code]}, file.name


def test_an_announced_river(recorded: Recorded) -> None:
    """The one sample of VXSU: 善川 level 2, three warning areas, three thresholds."""
    found = bulletins(parsed(recorded("jma/samples/91_01_01_241031_VXSUii.xml")))
    assert {b.area for b in found} == {"0442101", "0442102", "0442400"}
    assert {(b.items[0].level, b.items[0].subject_name, b.scope) for b in found} == {(2, "善川", "VXSU:8201813100")}
    thresholds = [(q.value, q.condition) for q in found[0].items[0].quantities if q.name == "criteria_stage"]
    assert thresholds == [(2.6, "L2"), (3.1, "L3"), (3.8, "L4")]


def test_a_cancelled_section_of_no_table_is_told(recorded: Recorded) -> None:
    """取消 of a section that the reference does not have: people look, it does not vanish."""
    written = recorded("jma/real/2026-weather/vxko_flood_lv3.xml").read_text("utf8")
    cut = re.sub(r"<Body.*</Body>", "<Body><Text>取り消します。</Text></Body>", written, flags=re.DOTALL)
    made = parse_telegram(payload(cut.replace("<InfoType>発表", "<InfoType>取消").encode()), KANAGAWA, AT)
    assert [p.reason for p in made.parked] == ["unknown_scope"]
    assert "820209000400" in made.parked[0].text


def _parsed(file: Path) -> Parsed:
    """A sample's dummy section read as 酒匂川, whose towns the reference knows."""
    body = file.read_bytes().replace(b"123456789012<", b"140019000100<")
    if b"140019000100" in body:
        return parse_telegram(payload(body, file.name), KANAGAWA, AT, judge_future=False)
    return parsed(file)


def _quantities(file: Path) -> tuple[Quantity, ...]:
    return bulletins(_parsed(file))[0].items[0].quantities


def test_words_are_narrow(recorded: Recorded) -> None:
    """What a condition says is compared in narrow letters."""
    assert {narrow(q.condition) for q in _quantities(recorded("jma/real/2026-weather/vxko_flood_lv3.xml"))} >= {"欠測"}
