"""The facts about Kanagawa, against the published lists: counts, codes and the cities of a river."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from schemas.reference import (
    areas,
    areas_of,
    check_digit,
    municipalities,
    municipality_of,
    river_sections,
    wards,
)


def test_as_many_as_there_are() -> None:
    """33 municipalities in 35 warning areas; 18, 7 and 3 wards."""
    assert (len(municipalities()), len(areas()), len(wards())) == (33, 35, 28)
    counts = [sum(ward.municipality == city for ward in wards().values()) for city in ("14100", "14130", "14150")]
    assert counts == [18, 7, 3]


def test_municipalities_and_areas_name_each_other() -> None:
    """Every area belongs to the municipality that lists it, and its code begins like that of its municipality."""
    assert sorted(area for place in municipalities().values() for area in place.areas) == sorted(areas())
    for code, area in areas().items():
        assert code in municipalities()[municipality_of(code)].areas
        assert code[:4] == area.municipality[:4]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("14205", ("1420500",)),  # 藤沢市
        ("142051", ("1420500",)),  # the same with its check digit, as on 国土地理院's shelters
        ("1420500", ("1420500",)),
        ("14100", ("1410011", "1410012")),
        ("141003", ("1410011", "1410012")),
        ("1410000", ("1410011", "1410012")),  # VXKO names all of Yokohama so
        ("1415000", ("1415011", "1415012")),
        ("1410012", ("1410012",)),
        ("14109", ("1410011",)),  # 港北区
        ("1410400", ("1410012",)),  # 中区, as VXSE53 writes wards
        ("14137", ("1413000",)),  # 麻生区
        ("14151", ("1415011", "1415012")),  # 緑区 reaches into both
    ],
)
def test_what_a_code_stands_for(code: str, expected: tuple[str, ...]) -> None:
    """Municipality, ward, area, whole city, with or without check digit."""
    assert areas_of(code) == expected


@pytest.mark.parametrize(
    "code", ["", "1", "13101", "142052", "1420900", "140010", "830305000100", "藤沢市", "14205000"]
)
def test_an_unknown_code_stands_for_nothing(code: str) -> None:
    """Other prefectures, wrong check digits, retired codes: never a guess."""
    assert areas_of(code) == ()


def test_the_prefecture_stands_for_all() -> None:
    """140000 is every area."""
    assert areas_of("140000") == tuple(areas())


def test_an_area_that_is_none_is_an_error() -> None:
    """A municipality cannot be made up for it."""
    with pytest.raises(KeyError, match="1420501"):
        municipality_of("1420501")


@pytest.mark.parametrize(("code", "digit"), [("14205", "1"), ("14100", "3"), ("14130", "5"), ("14384", "7"), ("1", "")])
def test_check_digits_of_published_codes(code: str, digit: str) -> None:
    """142051 藤沢市, 141003 横浜市, 141305 川崎市, 143847 湯河原町."""
    assert check_digit(code) == digit


def test_the_southern_wards_of_yokohama() -> None:
    """西, 中, 南, 港南, 保土ケ谷, 磯子, 金沢, 戸塚 and 栄 are the south; the other nine are the north."""
    south = {ward.name for ward in wards().values() if ward.areas == ("1410012",)}
    assert south == {"西区", "中区", "南区", "港南区", "保土ケ谷区", "磯子区", "金沢区", "戸塚区", "栄区"}
    assert sum(ward.areas == ("1410011",) for ward in wards().values()) == 9


def test_river_sections_stand_for_areas() -> None:
    """鶴見川 is for both halves of Yokohama and for Kawasaki; 酒匂川 for six municipalities in the west."""
    assert river_sections()["830306000100"].areas == ("1410011", "1410012", "1413000")
    assert river_sections()["140019000100"].name == "酒匂川"
    assert len(river_sections()["140019000100"].areas) == 6
    assert set(river_sections()) == {
        "830305000100",
        "830306000100",
        "830307000102",
        "830307000103",
        "140019000100",
    }


def test_areas_are_those_of_a_real_telegram(recorded: Callable[[str], Path]) -> None:
    """The 35 codes and names of a warning of 2026, as recorded."""
    published = json.loads(recorded("geography/kanagawa_jma_areas.json").read_text(encoding="utf8"))
    assert {code: area.name for code, area in areas().items()} == published["class20"]


def test_shelters_codes_are_all_known(recorded: Callable[[str], Path]) -> None:
    """Every municipality that publishes shelters is one of ours, by its code with check digit."""
    files = list(recorded("geography/shelters").rglob("*.json"))
    assert files
    assert all(areas_of(file.stem) for file in files)
