"""Excel by a mapping: cells with types, merged cells, and workbooks that are bombs."""

import io
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime, time
from typing import Any

import openpyxl

from tests.unit.connectors.mapped.making import made, readings, told, values

MARKS = """
format = "xlsx"
table = { sheet = "水位", header = 2, fill_down = ["地区"] }
area = { from = "地区", by = "name" }
station = { from = "地点", prefix = "mark-" }
time = { from = "時刻", zone = "Asia/Tokyo" }
[[value]]
from = "水位"
quantity = "stage"
unit = "cm"
missing = ["-"]
"""


def workbook(*rows: Sequence[Any], sheet: str = "水位") -> bytes:
    """A workbook with these rows below a title."""
    book = openpyxl.Workbook()
    page = book.create_sheet(sheet, 0)
    page.append(["水位一覧"])
    page.append(["地区", "地点", "時刻", "水位"])
    for row in rows:
        page.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_cells_have_types_and_merged_cells_their_first_value() -> None:
    """A date of a cell has no zone of its own: the mapping's is taken."""
    at = datetime(2026, 9, 21, 15, 0)  # noqa: DTZ001 - what a spreadsheet holds
    found = made(MARKS, workbook(["藤沢市", "境川橋", at, 123], [None, "大道橋", at, "-"], [], ["鎌倉市", 3, at, 0.5]))
    assert [(one.station, one.value) for one in readings(found)] == [
        ("mark-境川橋", 1.23),
        ("mark-大道橋", None),
        ("mark-3", 0.005),
    ]
    assert {one.observed_at for one in readings(found)} == {datetime(2026, 9, 21, 6, 0, tzinfo=UTC)}
    assert [one.areas for one in found.readings] == [("1420500",), ("1420500",), ("1420400",)]


def test_a_day_and_a_time_in_cells_of_their_own() -> None:
    """As spreadsheets hold them: 21 September, and 15:10."""
    mapping = MARKS.replace('from = "時刻"', 'from = ["@B1", "時刻"]')
    book = openpyxl.load_workbook(io.BytesIO(workbook(["藤沢市", "a", time(15, 10), 1])))
    book["水位"]["B1"] = datetime(2026, 9, 21)  # noqa: DTZ001 - what a spreadsheet holds
    out = io.BytesIO()
    book.save(out)
    assert [one.observed_at for one in readings(made(mapping, out.getvalue()))] == [
        datetime(2026, 9, 21, 6, 10, tzinfo=UTC)
    ]


def test_a_wrong_row_is_told_by_sheet_and_number() -> None:
    """As the spreadsheet numbers it."""
    found = made(
        MARKS, workbook(["藤沢市", "a", "2026-09-21T15:00", "#N/A"], ["藤沢市", "b", "2026-09-21T15:00", 1, "?"])
    )
    assert told(found) == [("sheet 水位 row 3", "not_a_number"), ("sheet 水位 row 4", "wrong_width")]


def test_a_sheet_that_is_not_there_is_told_with_those_that_are() -> None:
    """A renamed sheet is found within a minute."""
    found = made(MARKS, workbook(sheet="雨量"))
    assert told(found) == [("file", "no_sheet")]
    assert "雨量" in found.bad[0].text


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    """70 MB of blanks in 70 kB, and a sheet that packs 1,000 to 1."""
    for size in (70_000_000, 5_000_000):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr("xl/worksheets/sheet1.xml", b" " * size)
        assert len(out.getvalue()) < 100_000
        assert told(made(MARKS, out.getvalue())) == [("file", "too_large")]


def test_what_is_no_workbook_is_told() -> None:
    """An old .xls, a zip of something else, a cut file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("a.txt", "a")
    for body in (b"\xd0\xcf\x11\xe0old", out.getvalue(), workbook()[:500]):
        assert told(made(MARKS, body)) == [("file", "not_xlsx")]


def test_entities_in_a_sheet_are_not_expanded() -> None:
    """A workbook is XML inside: laughter multiplies there, too."""
    laughs = b'<!DOCTYPE x [<!ENTITY a "haha"><!ENTITY b "&a;&a;&a;&a;">]>'
    out, good = io.BytesIO(), zipfile.ZipFile(io.BytesIO(workbook(["藤沢市", "a", "2026-09-21T15:00", 1])))
    with zipfile.ZipFile(out, "w") as packed:
        for name in good.namelist():
            body = good.read(name)
            if name == "xl/worksheets/sheet1.xml":
                body = laughs + body.replace(b"</sheetData>", b"</sheetData><x>&b;</x>")
            packed.writestr(name, body)
    found = made(MARKS, out.getvalue())
    assert values(found) == []
    assert told(found) == [("file", "not_xlsx")]
