"""Files of municipalities, made up here: what is read of them, and each reason why one is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from console.resident.districts import districts
from console.resident.shelters import HAZARDS, shelters

HEAD = "名称,名称_カナ,名称_英字,所在地_連結表記,全国地方公共団体コード," + ",".join(HAZARDS)
SCHOOL = "みなと小学校,ミナトショウガッコウ,Minato Elementary School,神奈川県藤沢市みなと1-2-3,142051,1,1,,1,,,1,"
SQUARE = [[139.48, 35.33], [139.49, 35.33], [139.49, 35.34], [139.48, 35.33]]


def read_shelters(folder: Path, text: str, name: str = "14205.csv", encoding: str = "utf8") -> tuple[Any, list[str]]:
    """What comes of one file of shelters, and what is said of it."""
    (folder / name).write_bytes(text.encode(encoding))
    said: list[str] = []
    return shelters(folder, said.append).get(Path(name).stem), said


def read_districts(folder: Path, text: str, outlines: object = None) -> tuple[Any, list[str]]:
    """The same of districts."""
    (folder / "14205.csv").write_text(text, encoding="utf8")
    if outlines is not None:
        (folder / "14205.geojson").write_text(json.dumps(outlines), encoding="utf8")
    said: list[str] = []
    return districts(folder, said.append).get("14205"), said


@pytest.mark.parametrize("encoding", ["utf8", "utf-8-sig", "cp932"])
def test_a_list_of_shelters(tmp_path: Path, encoding: str) -> None:
    """As the national format has it, in either of the encodings that spreadsheets write."""
    found, said = read_shelters(tmp_path, f"{HEAD}\n{SCHOOL}\n,,,,,,,,,,,,\n", encoding=encoding)
    assert said == []
    assert found["name"] == "藤沢市"
    (school,) = found["shelters"]
    assert school == {
        "name": "みなと小学校",
        "kana": "ミナトショウガッコウ",
        "en": "Minato Elementary School",
        "address": "神奈川県藤沢市みなと1-2-3",
        "hazards": ["flood", "landslide", "earthquake", "inland_flood"],
    }


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("名称,住所\nみなと小学校,x\n", "no column 所在地_連結表記、災害種別_洪水"),
        (f"{HEAD}\n", "no rows"),
        (f"{HEAD}\n{SCHOOL.replace(',1,1,,1', ',○,1,,1')}\n", "災害種別_洪水 is '○': it must be 1 or empty"),
        (f"{HEAD}\n{SCHOOL.replace('142051', '142042')}\n", "another municipality's list"),
        (f"{HEAD}\n{SCHOOL.replace('みなと小学校', '')}\n", "line 2: 名称 is empty"),
        (f"{HEAD}\n{SCHOOL},1,2\n", "more values than the first line has columns"),
        (f"{HEAD}\nみなと小学校,,,神奈川県藤沢市みなと1,,,,,,,,,\n", "no site is for any hazard"),
    ],
)
def test_a_list_of_shelters_is_refused_with_its_reason(tmp_path: Path, text: str, reason: str) -> None:
    """A list that would mislead is not shown, and its owner learns what to change."""
    found, said = read_shelters(tmp_path, text)
    assert found is None
    assert reason in said[0]


def test_a_file_of_an_unknown_name_or_encoding_is_refused(tmp_path: Path) -> None:
    """The name says whose it is."""
    _, said = read_shelters(tmp_path, f"{HEAD}\n{SCHOOL}\n", name="fujisawa.csv")
    assert "five digits" in said[0]
    (tmp_path / "fujisawa.csv").unlink()
    (tmp_path / "14205.csv").write_bytes(b"\xff\xfe\x00\x81")
    refused: list[str] = []
    assert shelters(tmp_path, refused.append) == {}
    assert "save it again as CSV UTF-8" in refused[0]


def test_districts_with_and_without_an_outline(tmp_path: Path) -> None:
    """Only those with one can be found by position; all can be chosen by name."""
    feature = {"properties": {"code": "01"}, "geometry": {"type": "MultiPolygon", "coordinates": [[SQUARE]]}}
    text = "code,name,kana,name_en\n01,みなと地区,みなと,Minato\n02,やまべ地区,やまべ,\n"
    found, said = read_districts(tmp_path, text, {"features": [feature]})
    assert said == []
    assert found["districts"] == [
        {"code": "01", "name": "みなと地区", "kana": "みなと", "en": "Minato", "rings": [SQUARE[:-1]]},
        {"code": "02", "name": "やまべ地区", "kana": "やまべ"},
    ]


@pytest.mark.parametrize(
    ("text", "geometry", "reason"),
    [
        ("code,name\n1,みなと\n", None, "no column kana"),
        ("code,name,kana\n1,みなと,みなと\n1,やまべ,やまべ\n", None, "twice"),
        ("code,name,kana\n1,みなと,みなと\n2,みなと,みなと\n", None, "twice"),
        ("code,name,kana\n1,,みなと\n", None, "line 2: name is empty"),
        ("code,name,kana\n1,みなと,みなと\n", {"type": "Point", "coordinates": [139.4, 35.3]}, "Point is no Polygon"),
        ("code,name,kana\n1,みなと,みなと\n", {"type": "Polygon", "coordinates": [SQUARE[:3]]}, "end where it began"),
        (
            "code,name,kana\n1,みなと,みなと\n",
            {"type": "Polygon", "coordinates": [[[lat, lon] for lon, lat in SQUARE]]},
            "longitude, latitude",
        ),
        ("code,name,kana\n2,みなと,みなと\n", {"type": "Polygon", "coordinates": [SQUARE]}, "does not have: 1"),
    ],
)
def test_districts_are_refused_with_their_reason(tmp_path: Path, text: str, geometry: object, reason: str) -> None:
    """A district that could not be ordered for, or found, is not offered."""
    outlines = None if geometry is None else {"features": [{"properties": {"code": "1"}, "geometry": geometry}]}
    found, said = read_districts(tmp_path, text, outlines)
    assert found is None
    assert reason in said[0]


def test_no_folder_is_no_list() -> None:
    """A municipality need not supply anything."""
    assert shelters(None, print) == districts(None, print) == {}
