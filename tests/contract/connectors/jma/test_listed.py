"""VXWW50, VPHW50/51, VPOA50, VPNO50 and VPBS50: every recorded telegram against its own text."""

from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.jma.telegram import parse_telegram
from schemas.records.base import Hazard
from tests.contract.connectors.jma.telegram_text import (
    NAMES,
    by_area,
    moment,
    opened,
    parsed,
    rows,
    same_head,
    strings,
    text,
)
from tests.unit.connectors.writing import AT, KANAGAWA, payload

Recorded = Callable[[str], Path]
REAL = {
    "VXWW50": [
        "dosha_keikai_joho_toyama_serial1.xml",
        "dosha_keikai_joho_toyama_serial3.xml",
        "vxww50_landslide-alert.xml",
    ],
    "VPHW50": ["vphw50_tornado.xml"],
    "VPOA50": ["phase6b_VPOA50_JPTK202608221709_202608221717.xml"],
    "VPNO50": ["18_00_01_260830_VPNO50_issue.xml"],
    "VPBS50": [
        "VPBS50_HJPNA202608270258.xml",
        "phase6b_VPBS50_KJPTK202608221709_202608221709.xml",
        "vpbs50_record-rain.xml",
    ],
}
COUNTS = {"VXWW50": 17, "VPHW50": 7, "VPHW51": 8, "VPOA50": 3, "VPNO50": 6, "VPBS50": 8}
TYPO = {"132100"}
"""清瀬市 in a sample of 2009, which means 1322100: a code of no municipality."""


def files_of(recorded: Recorded, carrier: str) -> list[Path]:
    """Samples and real telegrams of one data type."""
    samples = sorted(recorded("jma/samples").glob(f"*_{carrier}.xml"))
    assert len(samples) == COUNTS[carrier]
    return samples + [recorded(f"jma/real/2026-weather/{name}") for name in REAL.get(carrier, [])]


SECTIONS = {
    "VXWW50": "土砂災害警戒情報",
    "VPHW50": "竜巻注意情報（市町村等）",
    "VPHW51": "竜巻注意情報（市町村等）",
}


@pytest.mark.parametrize("carrier", SECTIONS)
def test_every_area_has_the_kind_that_it_is_listed_with(recorded: Recorded, carrier: str) -> None:
    """Code, status, and level 4 exactly for 土砂災害警戒情報 in force."""
    level = 4 if carrier == "VXWW50" else None
    hazard = Hazard.LANDSLIDE if carrier == "VXWW50" else Hazard.OTHER
    for file in files_of(recorded, carrier):
        made, written = by_area(parsed(file)), rows(opened(file), SECTIONS[carrier])
        assert made.keys() == written.keys(), file.name
        for area, (kind,) in written.items():
            (item,) = made[area].items
            over = kind.code in ("0", "1") if carrier == "VXWW50" else kind.code == "0"
            assert (item.kind_code, item.status, item.active) == (kind.code, kind.status, not over)
            assert (item.level, item.hazard) == (0 if over else level, hazard)
        same_head(file, parsed(file))


@pytest.mark.parametrize("carrier", ["VPHW50", "VPHW51"])
def test_a_tornado_advisory_ends_when_it_says(recorded: Recorded, carrier: str) -> None:
    """ValidDateTime of the head, for what is in force."""
    for file in files_of(recorded, carrier):
        until = moment(text(opened(file), "h:Head/h:ValidDateTime"))
        items = [item for one in by_area(parsed(file)).values() for item in one.items]
        assert {item.valid_until for item in items if item.active} <= {until}
        assert {item.valid_until for item in items if not item.active} <= {None}


def test_a_code_of_no_municipality_is_told(recorded: Recorded) -> None:
    """The misprint of a sample: 清瀬市 keeps what it had, and people hear of it."""
    found = parsed(recorded("jma/samples/19_01_01_091210_VPHW50.xml"))
    assert [parked.reason for parked in found.parked] == ["area_missing"]
    assert "1322100" in found.parked[0].text


def test_record_rain_names_its_areas(recorded: Recorded) -> None:
    """VPOA50: code 1 is in force, 0 and なし are not; the words of the headline are carried."""
    for file in files_of(recorded, "VPOA50"):
        root = opened(file)
        made = by_area(parsed(file))
        for area, (kind,) in rows(root, "記録的短時間大雨情報（発表細分）").items():
            (item,) = made[area].items
            assert (item.kind_code, item.status, item.active) == (kind.code, kind.status, kind.code == "1")
            assert (item.hazard, item.level) == (Hazard.HEAVY_RAIN, None if kind.code == "1" else 0)
            assert text(root, "h:Head/h:Headline/h:Text") in made[area].text


@pytest.mark.parametrize(
    ("name", "area", "rain"),
    [
        ("samples/18_01_01_100806_VPOA50.xml", "270000", [("大阪市中央区", 130.0)]),
        ("samples/18_02_01_111226_VPOA50.xml", "260000", [("舞鶴市西部", 120.0), ("上京区", 90.0)]),
        ("samples/18_03_01_190412_VPOA50.xml", "016010", [("札幌市中央区", 100.0), ("小樽市", 90.0)]),
        (f"real/2026-weather/{REAL['VPOA50'][0]}", "130000", [("板橋区", 120.0)]),
    ],
)
def test_record_rain_says_where_and_how_much(
    recorded: Recorded, name: str, area: str, rain: list[tuple[str, float]]
) -> None:
    """Only its words do: 板橋区付近で１時間に１２０ミリ以上."""
    (item,) = by_area(parsed(recorded(f"jma/{name}")))[area].items
    assert [(q.subject_name, q.value) for q in item.quantities] == rain
    assert {(q.name, q.unit) for q in item.quantities} == {("rain_observed", "mm")}


def test_two_records_of_one_rain_are_one_subject(recorded: Recorded) -> None:
    """Real, Tokyo 2026-08-22: VPOA50's EventID is the first issue's, then "_" and the time of this issue."""
    second = by_area(parsed(recorded(f"jma/real/2026-weather/{REAL['VPOA50'][0]}")))
    assert {one.scope for one in second.values()} == {"VPOA50:JPTK202608221709"}
    assert {one.serial for one in second.values()} == {2}


def in_force(file: Path) -> dict[str, list[str]]:
    """Municipality → 特別警報 codes, by the headline."""
    found: dict[str, list[str]] = {}
    path = "//h:Information[@type='気象特別警報報知（市町村等）']/h:Item"
    for item in opened(file).xpath(path, namespaces=NAMES):
        for area in strings(item, "h:Areas/h:Area/h:Code"):
            found.setdefault(area, []).extend(strings(item, "h:Kind/h:Code"))
    return found


def test_special_warnings_are_level_5_where_they_are_listed(recorded: Recorded) -> None:
    """VPNO50: 大雨 33 and 高潮 38 are level 5; 暴風 35 and 波浪 37 have no level. Nara 2011: 36, 49, 36, 16 places."""
    levels = {"33": 5, "38": 5, "35": None, "37": None}
    for file in files_of(recorded, "VPNO50"):
        made = by_area(parsed(file))
        written = in_force(file)
        assert {area for area, one in made.items() if one.items[0].active} == set(written)
        for area, codes in written.items():
            read = [(i.kind_code, i.level) for i in made[area].items]
            assert read == [(code, levels[code]) for code in dict.fromkeys(codes)], (file.name, area)


def test_a_lifted_special_warning_is_lifted_everywhere(recorded: Recorded) -> None:
    """The headline's 解除 with code 00 is no kind of warning: it ends what stood in the whole prefecture."""
    body = recorded("jma/samples/62_01_05_130412_VPNO50.xml").read_text("utf8").replace("290000", "140000")
    found = parse_telegram(payload(body.encode()), KANAGAWA, AT)
    made = by_area(found)
    assert (len(made), found.parked) == (35, ())
    assert {(i.kind_code, i.status, i.active, i.level) for one in made.values() for i in one.items} == {
        ("00", "解除", False, 0)
    }


def test_flashes_name_their_tag_and_what_was_observed(recorded: Recorded) -> None:
    """VPBS50: tag, hazard by tag, and the observed millimetres and centimetres with their hours."""
    hazards = {"線状降水帯発生": Hazard.HEAVY_RAIN, "記録雨": Hazard.HEAVY_RAIN, "短時間大雪": Hazard.SNOW}
    for file in files_of(recorded, "VPBS50"):
        root, made = opened(file), by_area(parsed(file))
        tags = strings(root, "//h:Information[@type='情報タグ']/h:Item/h:Kind/h:Condition")
        items = [item for one in made.values() for item in one.items]
        towns = set(strings(root, "//m:Body//m:Item/m:Area/m:Code[string-length() = 7]"))
        wide = set(strings(root, "//h:Information[@type='情報タグ']/h:Item/h:Areas/h:Area/h:Code"))
        assert made.keys() == (towns or wide), file.name
        assert {item.kind_name for item in items} == set(tags)
        assert {(i.hazard, i.level, i.active) for i in items} == {(hazards[tag], None, True) for tag in tags}
        written = [float(v) for v in strings(root, "//m:Body//e:Precipitation | //m:Body//e:SnowfallDepth")]
        read = {(q.subject, q.value) for item in items for q in item.quantities}
        assert sorted(value or 0 for _, value in read) == sorted(written), file.name
        same_head(file, parsed(file))


def test_an_hour_of_rain_ends_at_its_time(recorded: Recorded) -> None:
    """Real, Tokyo 2026-08-22: about 100 mm in the hour before 17:00, 北区 and 板橋区 each by its own number."""
    made = by_area(parsed(recorded(f"jma/real/2026-weather/{REAL['VPBS50'][1]}")))
    assert made.keys() == {"1311700", "1311900"}
    (rain,) = made["1311700"].items[0].quantities
    assert (rain.name, rain.value, rain.unit, rain.subject_name) == ("rain_observed", 100.0, "mm", "北区")
    assert (rain.at, rain.until) == (moment("2026-08-22T16:00:00+09:00"), moment("2026-08-22T17:00:00+09:00"))


def test_stations_of_a_snowfall_are_named(recorded: Recorded) -> None:
    """Fukui 2024: 30 cm in six hours at stations of other authorities, by their numbers."""
    made = by_area(parsed(recorded("jma/samples/85(82)_02_02_250630_VPBS50.xml")))
    root = opened(recorded("jma/samples/85(82)_02_02_250630_VPBS50.xml"))
    codes = strings(root, "//m:Station/m:Code")
    for one in made.values():
        assert [q.subject for q in one.items[0].quantities] == codes
        assert {(q.name, q.unit) for q in one.items[0].quantities} == {("snow", "cm")}
