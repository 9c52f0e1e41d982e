"""CSV and TSV by a mapping: encodings, separators, headers, and lines that are no rows."""

from datetime import UTC, datetime

import pytest

from schemas.records.observed import Quality
from tests.unit.connectors.mapped.making import STAGES, made, readings, told, values

HEAD = "gauge,time,level\n"
GOOD = "g1,2026-09-21T15:00,1.25\n"


def test_a_line_becomes_a_reading() -> None:
    """The local time of the zone becomes UTC: 15:00 in Japan is 06:00."""
    (reading,) = readings(made(STAGES, HEAD + GOOD))
    assert (reading.station, reading.quantity, reading.value, reading.unit) == ("g1", "stage", 1.25, "m")
    assert reading.observed_at == datetime(2026, 9, 21, 6, 0, tzinfo=UTC)
    assert reading.quality is Quality.VALID


@pytest.mark.parametrize(
    ("encoding", "codec"),
    [
        ("", "utf-8"),
        ("", "utf-8-sig"),
        ('encoding = "cp932"', "cp932"),
        ('encoding = "shift_jis"', "shift_jis"),
        ('encoding = "euc_jp"', "euc_jp"),
        ('encoding = "utf-16"', "utf-16"),
        ('encoding = ["utf-8", "cp932"]', "cp932"),
        ('encoding = ["utf-8", "cp932"]', "utf-8"),
    ],
)
def test_encodings_as_they_are_declared(encoding: str, codec: str) -> None:
    """A Shift_JIS file as Excel writes it, a file with a byte order mark, or whichever of two it is."""
    text = "観測所,time,level\n境川橋,2026-09-21T15:00,1.25\n"
    found = made(encoding + STAGES.replace('"gauge"', '"観測所"'), text.encode(codec))
    assert [reading.station for reading in readings(found)] == ["境川橋"]


def test_an_encoding_that_was_not_declared_is_told_with_what_to_write() -> None:
    """Nobody guesses: a wrong guess of Shift_JIS reads other letters out of the same bytes."""
    found = made(STAGES, "観測所,time,level\n".encode("cp932"))
    assert told(found) == [("file", "bad_encoding")]
    assert 'encoding = "cp932"' in found.bad[0].text


def test_one_line_of_broken_bytes_takes_no_other_with_it() -> None:
    """It is parked under its number."""
    body = (HEAD + GOOD).encode() + b"\xff\xfe,2026-09-21T15:10,1.0\n" + b"g1,2026-09-21T15:20,1.5\n"
    found = made(STAGES, body)
    assert values(found) == [1.25, 1.5]
    assert told(found) == [("line 3", "bad_encoding")]


def test_a_quote_that_nobody_closes_spoils_its_own_line_only() -> None:
    """It does not swallow the rest of the file."""
    found = made(STAGES, HEAD + '"g1,2026-09-21T15:00,9.9\n' + GOOD)
    assert values(found) == [1.25]
    assert told(found) == [("line 2", "bad_row")]


def test_too_few_and_too_many_cells_are_told() -> None:
    """A value in the wrong column is worse than none; empty cells at the end are no matter."""
    found = made(STAGES, HEAD + "g1,2026-09-21T15:00\ng1,2026-09-21T15:10,1.0,7\ng1,2026-09-21T15:20,2.0,,\n")
    assert values(found) == [2.0]
    assert told(found) == [("line 2", "wrong_width"), ("line 3", "wrong_width")]


def test_blank_lines_are_no_rows_and_keep_their_numbers() -> None:
    """The line number is the one that an editor shows."""
    found = made(STAGES, HEAD + "\r\n,,\r\n\r\ng1,yesterday,1.0\r\n")
    assert (found.rows, told(found)) == (1, [("line 5", "bad_time")])


def test_a_column_that_is_not_there_is_told_with_those_that_are() -> None:
    """Once for the file, also where it has no rows yet."""
    assert told(made(STAGES, "gauge,time,stage\n")) == [("file", "no_column")]
    found = made(STAGES, "gauge,time,stage\n" + GOOD)
    assert told(found) == [("file", "no_column")]
    assert "'gauge', 'time', 'stage'" in found.bad[0].text


def test_a_file_without_a_header_has_numbered_or_named_columns() -> None:
    """`#2` is the second column."""
    mapping = STAGES.replace('"gauge"', '"#1"').replace('"time"', '"when"').replace('"level"', '"#3"')
    found = made(mapping + '[table]\nheader = 0\ncolumns = ["", "when", ""]', GOOD)
    assert values(found) == [1.25]


def test_two_columns_of_one_name_need_a_number() -> None:
    """Nobody takes the first for the right one."""
    found = made(STAGES, "gauge,time,level,level\ng1,2026-09-21T15:00,1.0,2.0\n")
    assert "#3" in found.bad[0].text
    assert values(made(STAGES.replace('"level"', '"#4"'), "gauge,time,level,level\ng1,2026-09-21T15:00,1.0,2.0\n")) == [
        2.0
    ]


def test_semicolons_decimal_commas_and_thousands() -> None:
    """As half of Europe writes: 1.234,5 mm is a good deal of rain."""
    mapping = """
format = "csv"
table.delimiter = ";"
area.const = "14205"
station.const = "g"
time = { from = "t" }
[[value]]
from = "rain"
quantity = "rain_24h"
unit = "mm"
decimal = ","
thousands = "."
highest = 2000
"""
    assert values(made(mapping, 't;rain\n2026-09-21T15:00+09:00;"1.234,5"\n')) == [1234.5]


def test_tabs() -> None:
    """TSV is CSV with tabs."""
    found = made(STAGES.replace('"csv"', '"tsv"'), (HEAD + GOOD).replace(",", "\t"))
    assert values(found) == [1.25]


def test_cells_with_line_breaks_where_the_mapping_says_so() -> None:
    """A record is named by the line on which it begins."""
    body = 'gauge,time,level,note\ng1,2026-09-21T15:00,1.0,"a\nb"\ng1,2026-09-21T15:10,x,c\n'
    found = made(STAGES + "[table]\nmultiline = true", body)
    assert (values(found), told(found)) == ([1.0], [("line 4", "not_a_number")])


def test_a_title_above_the_header_and_units_below_it() -> None:
    """`header` is the line that names the columns, `skip` counts the lines below it; a cell above is `@B1`."""
    mapping = STAGES.replace('from = "time"', 'from = ["@B1", "time"]\nformat = "%Y/%m/%d %H:%M"'.replace("\n", ", "))
    found = made(mapping + "[table]\nheader = 3\nskip = 1", "date,2026/9/21\n\ngauge,time,level\n,,m\ng1,15:00,1.0\n")
    assert [reading.observed_at for reading in readings(found)] == [datetime(2026, 9, 21, 6, 0, tzinfo=UTC)]


def test_filters_choose_rows() -> None:
    """`keep` all of them, `drop` none of them; what is left out is counted."""
    filters = '[[keep]]\nfrom = "kind"\nis = ["stage"]\n[[drop]]\nfrom = "gauge"\nmatches = "^※"\n'
    body = "gauge,time,level,kind\ng1,2026-09-21T15:00,1,stage\ng1,x,1,rain\n※note,,,stage\n"
    found = made(STAGES + filters, body)
    assert (values(found), found.left_out, found.bad) == ([1.0], 2, ())


def test_an_empty_file_and_one_without_a_header_say_so() -> None:
    """An empty file is not "no readings"."""
    assert told(made(STAGES, b"  \n")) == [("file", "empty")]
    assert told(made(STAGES, "\n" + HEAD)) == [("file", "no_header")]
