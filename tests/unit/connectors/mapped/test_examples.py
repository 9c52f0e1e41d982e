"""The mappings of connectors/mappings on files of their kind, each as its comment describes it."""

import io
import json

import openpyxl
import pytest

from connectors.mapped.load import load_mapping, mapping_file
from connectors.mapped.parse import Understanding, understand
from connectors.mapped.where import Where
from tests.unit.connectors.mapped.making import readings, told
from tests.unit.connectors.writing import KANAGAWA


def read(name: str, body: bytes) -> Understanding:
    """What a mapping of ours makes of these bytes."""
    mapping = load_mapping(mapping_file(name))
    return understand(mapping, Where.of(mapping, KANAGAWA), body, None)


def said(found: Understanding) -> list[tuple[str, str, float | None, str]]:
    """Station, quantity, value, UTC time."""
    return [(r.station, r.quantity, r.value, f"{r.observed_at:%m-%d %H:%M}") for r in readings(found)]


def test_a_table_in_shift_jis_with_a_column_per_gauge() -> None:
    """24:00 on the 21st in Japan is 15:00 UTC; 欠測 is no value; a wrong cell spoils no other."""
    text = (
        "雨量情報（藤沢市）\r\n観測日時,市役所(10分),市役所(時間),片瀬(10分)\r\n,mm,mm,mm\r\n"
        "2026/9/21 24:00,3.5,12.0,欠測\r\n2026/9/22 0:10,x,0,1\r\n"
    )
    found = read("rain-table-cp932", text.encode("cp932"))
    assert said(found) == [
        ("fujisawa-cityhall", "rain_10min", 3.5, "09-21 15:00"),
        ("fujisawa-cityhall", "rain_1h", 12.0, "09-21 15:00"),
        ("fujisawa-katase", "rain_10min", None, "09-21 15:00"),
        ("fujisawa-cityhall", "rain_1h", 0.0, "09-21 15:10"),
        ("fujisawa-katase", "rain_10min", 1.0, "09-21 15:10"),
    ]
    assert told(found) == [("line 5, 市役所(10分)", "not_a_number")]
    assert {one.areas for one in found.readings} == {("1420500",)}


def test_a_spreadsheet_with_its_date_in_a_cell_above() -> None:
    """Centimetres become metres; a mark under maintenance has no value."""
    book = openpyxl.Workbook()
    sheet = book.create_sheet("水位", 0)
    for row in (["水位一覧", "2026/9/21"], [], ["地区", "地点名", "時刻", "水位(cm)", "状態"]):
        sheet.append(row)
    sheet.append(["藤沢市", "境川橋", "15:00", 123, "正常"])
    sheet.append([None, "大道橋", "15:00", 80, "点検中"])
    out = io.BytesIO()
    book.save(out)
    found = read("stages-xlsx", out.getvalue())
    assert said(found) == [
        ("marks-境川橋", "stage", 1.23, "09-21 06:00"),
        ("marks-大道橋", "stage", None, "09-21 06:00"),
    ]


def test_levels_of_gauges_of_the_reference_in_xml() -> None:
    """The prefecture's number leads to our station and its areas."""
    body = (
        '<levels><station code="3585_4_309"><obs time="2026-09-21T15:00:00+09:00"><level flag="0">4.63</level></obs>'
        '<obs time="2026-09-21T15:10:00+09:00"><level flag="160">0</level></obs></station></levels>'
    )
    found = read("river-levels-xml", body.encode())
    assert said(found) == [
        ("3585_4_309", "stage", 4.63, "09-21 06:00"),
        ("3585_4_309", "stage", None, "09-21 06:10"),
    ]
    assert {one.areas for one in found.readings} == {("1420500",)}


@pytest.mark.parametrize(("state", "active"), [("規制中", True), ("片側交互通行", True), ("解除", False)])
def test_closed_roads_as_geojson(state: str, active: bool) -> None:
    """By the middle of the road's line: 藤沢駅 lies in Fujisawa."""
    properties = {
        "id": "R1",
        "route": "県道30号",
        "section": "藤沢駅前",
        "reason": "冠水",
        "regulation": "全面通行止め",
        "state": state,
        "start": "2026-09-21T15:00",
        "end": None,
    }
    line = {"type": "LineString", "coordinates": [[139.486, 35.337], [139.490, 35.339]]}
    body = {"type": "FeatureCollection", "features": [{"properties": properties, "geometry": line}]}
    (one,) = read("closures-geojson", json.dumps(body).encode()).notices
    assert (one.areas, one.item.active, one.item.kind_name) == (("1420500",), active, "全面通行止め")
    assert one.item.summary == "県道30号 藤沢駅前 冠水"
