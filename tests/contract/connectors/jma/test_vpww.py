"""VPWW53–61: every recorded telegram says the same in our records as in its own text, area by area, kind by kind."""

from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.everywhere import everywhere
from connectors.jma.telegram import parse_telegram
from schemas.records.base import Hazard
from schemas.records.observed import BulletinItem
from tests.contract.connectors.jma.telegram_text import (
    DANGER,
    Kind,
    by_area,
    hours,
    moment,
    opened,
    parsed,
    rows,
    same_head,
    strings,
    text,
)
from tests.unit.connectors.writing import AT, payload

Recorded = Callable[[str], Path]
TITLE = "気象警報・注意報（市町村等）"
REAL = {
    "VPWW53": ["keiho_toyama_companion_vpww53.xml"],
    "VPWW54": ["keiho_niigata_samestate_1.xml", "keiho_niigata_samestate_2.xml"],
    "VPWW55": ["keiho_multi_pref_gifu.xml", "vpww55_heavy-rain_lv2.xml"],
    "VPWW56": ["sample_dosha_keiho.xml", "vpww56_landslide_lv2.xml"],
    "VPWW57": ["vpww57_storm-surge_lv2.xml"],
    "VPWW58": ["vpww58_wind_advisory.xml", "vpww58_wind_cancellation.xml"],
    "VPWW59": ["vpww59_wave_advisory.xml"],
    "VPWW61": ["sample_sonota_chuiho.xml", "sample_sonota_chuiho_2.xml"],
}
SAMPLES = {
    "VPWW53": 14,
    "VPWW54": 10,
    "VPWW55": 3,
    "VPWW56": 3,
    "VPWW57": 4,
    "VPWW58": 2,
    "VPWW59": 1,
    "VPWW60": 1,
    "VPWW61": 2,
}
HAZARDS = {
    "VPWW55": Hazard.HEAVY_RAIN,
    "VPWW56": Hazard.LANDSLIDE,
    "VPWW57": Hazard.STORM_SURGE,
    "VPWW59": Hazard.WAVE,
    "VPWW60": Hazard.SNOW,
}


def files_of(recorded: Recorded, carrier: str) -> list[Path]:
    """Samples and real telegrams of one data type."""
    samples = sorted(recorded("jma/samples").glob(f"*_{carrier}.xml"))
    assert len(samples) == SAMPLES[carrier]
    return samples + [recorded(f"jma/real/2026-weather/{name}") for name in REAL.get(carrier, [])]


NUMBERS = ("Precipitation", "WindSpeed", "WaveHeight", "TidalLevel", "SnowfallDepth", "Humidity", "Visibility")


def split(kind: Kind, old: bool) -> int:
    """How many items a kind becomes: an old 大雨 names its hazards in Condition."""
    condition = text(kind.element, "m:Condition")
    return 2 if old and condition == "土砂災害、浸水害" else 1


@pytest.mark.parametrize("carrier", SAMPLES)
def test_every_area_and_kind_is_in_the_records(recorded: Recorded, carrier: str) -> None:
    """Code, status, whether in force, and level of every kind of every area; no area more and none less."""
    old = carrier in ("VPWW53", "VPWW54")
    for file in files_of(recorded, carrier):
        found, written = parsed(file), rows(opened(file), TITLE)
        made = by_area(found)
        assert found.parked == (), file.name
        assert made.keys() == written.keys()
        for area, kinds in written.items():
            said = [(k.code, k.status, not k.over, k.level) for k in kinds for _ in range(split(k, old))]
            items = [item for item in made[area].items if item.subject == area]
            read = [(i.kind_code, i.status, i.active, i.level) for i in items]
            assert read == list(dict.fromkeys(said)) or read == said, (file.name, area)
        same_head(file, found)


@pytest.mark.parametrize("carrier", HAZARDS)
def test_a_carrier_of_one_hazard_speaks_of_no_other(recorded: Recorded, carrier: str) -> None:
    """What each of VPWW55, 56, 57, 59 and 60 is about."""
    for file in files_of(recorded, carrier):
        assert {i.hazard for one in by_area(parsed(file)).values() for i in one.items} == {HAZARDS[carrier]}


@pytest.mark.parametrize("carrier", ["VPWW53", "VPWW54"])
def test_an_old_heavy_rain_is_about_what_its_condition_says(recorded: Recorded, carrier: str) -> None:
    """土砂災害 and 浸水害, per area."""
    words = {"土砂災害": Hazard.LANDSLIDE, "浸水害": Hazard.HEAVY_RAIN}
    for file in files_of(recorded, carrier):
        made = by_area(parsed(file))
        for area, kinds in rows(opened(file), TITLE).items():
            for kind in kinds:
                named = text(kind.element, "m:Condition").split("、")
                if kind.code in ("33", "03") and named[0] in words:
                    about = {i.hazard for i in made[area].items if i.kind_code == kind.code}
                    assert about == {words[word] for word in named}, (file.name, area)


def numbers(item: BulletinItem, *names: str) -> list[float | None]:
    """The values of these quantities, in their order."""
    return [q.value for q in item.quantities if q.name in names]


@pytest.mark.parametrize("carrier", ["VPWW55", "VPWW56", "VPWW57", "VPWW58", "VPWW59", "VPWW60", "VPWW61"])
def test_danger_and_numbers_are_those_of_the_telegram(recorded: Recorded, carrier: str) -> None:
    """危険度 codes as levels (or without one), and each rain, wind, wave, tide and snow number, in order."""
    for file in files_of(recorded, carrier):
        made = by_area(parsed(file))
        for area, kinds in rows(opened(file), TITLE).items():
            items = [item for item in made[area].items if item.subject == area]
            for kind, item in zip(kinds, items, strict=True):
                danger = strings(kind.element, ".//m:Significancy/m:Code")
                assert numbers(item, "danger") == [DANGER.get(code) for code in danger], (file.name, area)
                for tag, name in {
                    "Precipitation": "rain_1h",
                    "WindSpeed": "wind",
                    "WaveHeight": "wave",
                    "TidalLevel": "tide",
                    "SnowfallDepth": "snow",
                }.items():
                    values = [float(value) for value in strings(kind.element, f".//e:{tag}") if value]
                    read = numbers(item, name, *(["run_up"] if name == "wave" else []))
                    assert read == values, (file.name, area, tag)


def test_numbers_of_the_old_carrier_are_those_of_the_telegram(recorded: Recorded) -> None:
    """VPWW53: rain, wind, waves and tide of every kind; a 大雨 that is split has them with both hazards."""
    names = {"rain_1h", "rain_3h", "wind", "wave", "tide", "snow", "humidity", "visibility"}
    tags = " or ".join(f"self::e:{tag}" for tag in NUMBERS)
    seen = 0
    for file in files_of(recorded, "VPWW53"):
        made = by_area(parsed(file))
        for area, kinds in rows(opened(file), TITLE).items():
            for kind in kinds:
                values = [float(value) for value in strings(kind.element, f".//*[{tags}]") if value]
                items = [item for item in made[area].items if item.kind_code == kind.code]
                for item in items if kind.code else ():
                    assert [q.value for q in item.quantities if q.name in names] == values, (file.name, area)
                seen += len(values)
    assert seen > 500


@pytest.mark.parametrize("carrier", ["VPWW56", "VPWW57"])
def test_criteria_periods_are_those_of_the_telegram(recorded: Recorded, carrier: str) -> None:
    """Sentence, level, begin and end of every CriteriaPeriod; the item's period spans them."""
    seen = 0
    for file in files_of(recorded, carrier):
        made = by_area(parsed(file))
        for area, kinds in rows(opened(file), TITLE).items():
            items = [item for item in made[area].items if item.subject == area]
            for kind, item in zip(kinds, items, strict=True):
                said = [
                    (
                        text(c, "../m:Sentence"),
                        DANGER[text(c, "m:Code")],
                        moment(text(c, "../m:Time")),
                        text(c, "../m:Duration"),
                    )
                    for c in kind.element.xpath(".//*[local-name()='CriteriaClass']")
                ]
                read = [q for q in item.quantities if q.name == "criteria_level"]
                assert [(q.condition, q.value, q.at, q.until) for q in read] == [
                    (sentence, level, at, at + hours(length)) for sentence, level, at, length in said
                ]
                assert item.valid_from == min((at for *_, at, _ in said), default=None)
                assert item.valid_until == max((at + hours(length) for *_, at, length in said), default=None)
                seen += len(said)
    assert seen >= 13


def test_a_coast_section_speaks_for_the_municipality_behind_it(recorded: Recorded) -> None:
    """VPWW57 sample of Kyoto: 舞鶴湾 at level 4 beside 舞鶴市's own item, with the sentence on water over the wall."""
    made = by_area(parsed(recorded("jma/samples/15_16_02_250630_VPWW57.xml")))
    own, bay = made["2620200"].items
    assert (own.subject, own.level, bay.subject_name, bay.level) == ("2620200", 4, "舞鶴湾", 4)
    assert "水位（潮位）が堤防を越え" in bay.summary
    assert [q.value for q in bay.quantities if q.name == "run_up"] == [2.0, 5.0]
    assert [q.value for q in bay.quantities if q.name == "tide"] == [2.3, 4.5]
    assert all("舞鶴湾" not in i.subject_name for area in made if area != "2620200" for i in made[area].items)


@pytest.mark.parametrize(
    ("code", "name", "reasons"),
    [("2620200", "-", []), ("", "舞鶴市", []), ("", "-", ["unknown_scope"])],
)
def test_a_coast_section_is_placed_by_code_or_by_name(
    recorded: Recorded, code: str, name: str, reasons: list[str]
) -> None:
    """SubCityCodeList of AdditionalInfo, else the names in SubCityList; a section without either is told."""
    text = recorded("jma/samples/15_16_02_250630_VPWW57.xml").read_text("utf8")
    text = text.replace("<SubCityCodeList>2620200<", f"<SubCityCodeList>{code}<")
    body = text.replace("<SubCityList>舞鶴市<", f"<SubCityList>{name}<").encode()
    found = parse_telegram(payload(body), everywhere(body), AT, judge_future=False)
    assert [parked.reason for parked in found.parked] == reasons
    assert [i.subject_name for i in by_area(found)["2620200"].items] == (
        ["舞鶴市"] if reasons else ["舞鶴市", "舞鶴湾"]
    )


def test_a_part_of_a_municipality_is_named(recorded: Recorded) -> None:
    """Wakkanai: only its Okhotsk side reaches level 4, from midnight to 3 in the morning."""
    made = by_area(parsed(recorded("jma/samples/15_16_08_250630_VPWW57.xml")))
    item = made["0121400"].items[0]
    assert item.summary == "オホーツク海側：１日０時から３時まで、警戒レベル４相当"
    assert {q.subject_name for q in item.quantities} == {"稚内市 オホーツク海側"}
    assert item.valid_from == moment("2024-09-01T00:00:00+09:00")


def test_the_prefecture_adds_its_words_to_a_landslide_warning(recorded: Recorded) -> None:
    """VPWW56 at level 4: レベル４土砂災害危険警報の補足情報 is carried with every area's bulletin."""
    seen = 0
    for file in files_of(recorded, "VPWW56"):
        for words in strings(opened(file), "//m:Body/m:Comment/m:Text"):
            assert all(words[:1000] in one.text for one in by_area(parsed(file)).values())
            seen += 1
    assert seen == 4


def test_the_free_text_of_the_transition_is_carried(recorded: Recorded) -> None:
    """It may hold the only trace of a level 4 or 5 flood."""
    for carrier in ("VPWW53", "VPWW54"):
        for file in files_of(recorded, carrier):
            notices = strings(opened(file), "//m:Body/m:Notice")
            assert all(notice in one.text for notice in notices for one in by_area(parsed(file)).values())
