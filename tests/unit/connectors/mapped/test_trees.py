"""JSON, JSON Lines, GeoJSON and XML by a mapping, and what hostile ones become."""

import json

from tests.unit.connectors.mapped.making import made, readings, told, values

JSON = """
format = "json"
rows.at = "data.items"
area.const = "14205"
station.from = "id"
time = { from = "/data/updated", zone = "Asia/Tokyo" }
[[value]]
from = "state.code"
quantity = "closed"
words = { "OPEN" = 0, "CLOSED" = 1 }
"""


def document(*items: object) -> str:
    """The items with one time for all of them."""
    return json.dumps({"data": {"updated": "2026-09-21T15:00", "items": items}})


def test_rows_of_a_list_and_a_time_at_the_root() -> None:
    """`/` starts at the document's root, else a path starts at the row."""
    found = made(JSON, document({"id": 7, "state": {"code": "CLOSED"}}))
    assert [(one.station, one.value, one.unit) for one in readings(found)] == [("7", 1.0, "0/1")]


def test_a_wrong_row_is_told_by_its_pointer() -> None:
    """Missing fields, unknown words, values that are none."""
    found = made(JSON, document({"id": 1}, {"id": 2, "state": {"code": "?"}}, {"id": 3, "state": []}, 4, None))
    assert told(found) == [
        ("/data/items/0", "no_field"),
        ("/data/items/1", "unknown_word"),
        ("/data/items/2", "no_field"),
        ("/data/items/3", "no_field"),
        ("/data/items/4", "no_field"),
    ]
    assert "there are 'id'" in found.bad[0].text


def test_rows_of_an_object_have_their_name_as_key() -> None:
    """`@key` is the name under which a row stands."""
    mapping = JSON.replace('"data.items"', '"data.items.0"').replace('"id"', '"@key"')
    found = made(mapping, document({"u1": {"state": {"code": "OPEN"}}, "u2": {"state": {"code": "CLOSED"}}}))
    assert [(one.station, one.value) for one in readings(found)] == [("u1", 0.0), ("u2", 1.0)]


def test_names_with_dots_are_written_with_a_backslash() -> None:
    """A dot separates, `\\.` is one."""
    mapping = JSON.replace('"state.code"', "'state\\.code'")
    assert values(made(mapping, document({"id": 1, "state.code": "OPEN"}))) == [0.0]


def test_what_is_no_json_is_one_bad_file() -> None:
    """Cut off, nested without end, or a number too long: told, never raised."""
    assert told(made(JSON, document()[:-3])) == [("file", "not_json")]
    assert told(made(JSON, "[" * 100_000)) == [("file", "not_json")]
    assert told(made(JSON, '{"data": NaN}')) == [("file", "not_json")]
    assert told(made(JSON, '{"data": 3}')) == [("file", "no_field")]
    assert told(made(JSON, '{"data": {"items": 3}}')) == [("file", "no_rows")]


def test_an_empty_list_is_understood() -> None:
    """No rows, and nothing wrong."""
    found = made(JSON, document())
    assert (found.rows, found.bad) == (0, ())


def test_json_lines_park_a_wrong_line_by_its_number() -> None:
    """The others go on."""
    mapping = """
format = "jsonl"
area.const = "14205"
station.from = "id"
time.from = "at"
[[value]]
from = "m"
quantity = "stage"
unit = "m"
"""
    line = '{"id": "a", "at": "2026-09-21T15:00+09:00", "m": %s}\n'
    found = made(mapping, line % 1.5 + "{oops\n" + "\n" + line % '"x"')
    assert (values(found), told(found)) == ([1.5], [("line 2", "not_json"), ("line 4", "not_a_number")])


XML = """
format = "xml"
rows.at = ".//k:obs"
rows.namespaces = { k = "urn:k" }
area.const = "14205"
station.from = "../@code"
time.from = "@time"
[[value]]
from = "k:level"
quantity = "stage"
unit = "m"
"""
LEVELS = (
    '<r xmlns="urn:k"><station code="g1">\n<obs time="2026-09-21T15:00:00+09:00"><level>1.5</level></obs>\n'
    '<obs time="2026-09-21T15:10:00+09:00"><stage>1.5</stage></obs></station></r>'
)


def test_elements_and_attributes() -> None:
    """A wrong element is told by its line and path."""
    found = made(XML, LEVELS)
    assert values(found) == [1.5]
    assert told(found) == [("line 3 /*/*/*[2]", "no_field")]


def test_an_xml_file_in_shift_jis_says_so_itself() -> None:
    """Its own declaration counts."""
    body = '<?xml version="1.0" encoding="Shift_JIS"?>' + LEVELS.replace("g1", "境川橋")
    assert [one.station for one in readings(made(XML, body.encode("cp932")))] == ["境川橋"]


def test_entities_and_document_types_are_refused() -> None:
    """Billion laughs and files of ours: nothing is expanded, nothing is fetched."""
    laughs = '<!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
    outside = '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    for prolog in (laughs, outside, '<!DOCTYPE r SYSTEM "http://127.0.0.1:9/x.dtd">'):
        assert told(made(XML, prolog + LEVELS.replace("1.5", "&a;" if "ENTITY a" in prolog else "1.5"))) == [
            ("file", "doctype")
        ]


def test_a_path_that_finds_nothing_is_told() -> None:
    """A list that is not there is not an empty one."""
    assert told(made(XML, "<r/>")) == [("file", "no_rows")]
    assert told(made(XML.replace(".//k:obs", ".//k:obs["), LEVELS)) == [("file", "bad_path")]
