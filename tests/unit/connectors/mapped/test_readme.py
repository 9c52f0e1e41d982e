"""connectors/README.md, followed word for word as a newcomer would: its file, its mapping, its row."""

import io
import json
import re
import tomllib
from dataclasses import MISSING, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from connectors.__main__ import main
from connectors.formats import refused
from connectors.mapped.attempt import try_mapping
from connectors.mapped.units import KNOWN
from connectors.rows import FeedRow, load_feeds
from local.child import ROOT
from tests.unit.connectors.writing import KANAGAWA

NOW = datetime(2026, 9, 21, 6, 10, tzinfo=UTC)
README = ROOT / "connectors" / "README.md"


def block(beginning: str) -> str:
    """The indented block of the page that contains these words."""
    blocks = re.findall(r"(?:^ {4}.*\n)+", README.read_text(encoding="utf8"), flags=re.MULTILINE)
    found = next(one for one in blocks if beginning in one)
    return "\n".join(line[4:] for line in found.splitlines()) + "\n"


def tried(folder: Path, mapping: str, body: bytes) -> tuple[int, list[dict[str, Any]]]:
    """What `python -m connectors try` prints, and its exit code."""
    file = folder / "underpass.json"
    file.write_bytes(body)
    out = io.StringIO()
    code = try_mapping(mapping, file, KANAGAWA, out, NOW)
    return code, [json.loads(line) for line in out.getvalue().splitlines()]


def test_the_pages_mapping_reads_the_pages_file(tmp_path: Path) -> None:
    """12 cm are 0.12 m, 通行止 is shut, 欠測 is no value, 15:00 in Japan is 06:00 UTC."""
    mapping = tmp_path / "mapping.toml"
    mapping.write_text(block('rows.at = "Data.features"'), encoding="utf8")
    code, lines = tried(tmp_path, str(mapping), block('{"Data"').encode())
    said = [(line["record"]["station"], line["record"]["quantity"], line["record"]["value"]) for line in lines[:-1]]
    assert code == 0
    assert said == [
        ("fujisawa-underpass-3", "inundation_depth", 0.12),
        ("fujisawa-underpass-3", "closed", 1.0),
        ("fujisawa-underpass-4", "inundation_depth", None),
        ("fujisawa-underpass-4", "closed", 0.0),
    ]
    assert {line["record"]["observed_at"] for line in lines[:-1]} == {"2026-09-21T06:00:00Z"}
    assert lines[-1]["counts"] == {
        "rows": 2,
        "readings": 4,
        "notices": 0,
        "parked": 0,
        "filtered": 0,
        "repeated": 0,
        "outside": 0,
    }


def test_the_example_of_elsewhere_reads_the_pages_file_too(tmp_path: Path) -> None:
    """By its name; 静岡市 is none of ours, so nobody would be told."""
    code, lines = tried(tmp_path, "shizuoka-underpass", block('{"Data"').encode())
    assert (code, lines[-1]["counts"]["readings"], lines[-1]["counts"]["outside"]) == (1, 4, 4)
    assert "nobody would be told" in lines[-2]["remark"]


def test_the_pages_row_is_one(tmp_path: Path) -> None:
    """With every field that it shows; with the page's mapping `run` starts with it."""
    file, mapping = tmp_path / "feeds.toml", tmp_path / "fujisawa-underpass.toml"
    mapping.write_text(block('rows.at = "Data.features"'), encoding="utf8")
    written = block('id = "fujisawa-underpass"').replace('mapping = "fujisawa-underpass"', f'mapping = "{mapping}"')
    file.write_text(written, encoding="utf8")
    feeds = load_feeds(file)
    (row,) = feeds.rows
    assert (row.kind, row.cadence_s) == ("mapped", 600)
    assert refused(feeds, KANAGAWA) == {}


def test_the_page_names_what_a_row_needs() -> None:
    """Those fields that have no default, and no others."""
    needed = {one.name for one in fields(FeedRow) if one.default is MISSING and one.default_factory is MISSING}
    told = re.search(r"((?:`\w+`,? ?(?:and )?)+) are needed", README.read_text(encoding="utf8"))
    assert told is not None
    assert set(re.findall(r"`(\w+)`", told[1])) == needed


def test_the_page_has_the_limits_of_every_known_quantity() -> None:
    """As units.py has them."""
    page = README.read_text(encoding="utf8")
    for name, known in KNOWN.items():
        row = next(line for line in page.splitlines() if line.startswith("|") and f"`{name}`" in line.split("|")[1])
        assert row.endswith(f"| {known.unit} | {known.lowest:g} to {known.highest:g} |")


def test_remarks(tmp_path: Path) -> None:
    """A slip in a quantity, a time ahead, rows at another place: said, with what was probably meant."""
    mapping, body = block('rows.at = "Data.features"'), block('{"Data"').encode()
    for change, sentence in {
        ("inundation_depth", "inundation_deth"): 'did you mean "inundation_depth"?',
        ('zone = "Asia/Tokyo"', 'zone = "America/New_York"'): "lie ahead of now (2026-09-21 15:10 JST)",
        ('rows.at = "Data.features"', ""): 'rows.at = "Data.features"',
    }.items():
        file = tmp_path / "mapping.toml"
        file.write_text(mapping.replace(*change), encoding="utf8")
        said = [line["remark"] for line in tried(tmp_path, str(file), body)[1] if "remark" in line]
        assert any(sentence in remark for remark in said)


def test_a_record_says_where_and_when_for_people(tmp_path: Path) -> None:
    """The area's name beside its code, the time in Japan beside UTC."""
    mapping = tmp_path / "mapping.toml"
    mapping.write_text(block('rows.at = "Data.features"'), encoding="utf8")
    _, lines = tried(tmp_path, str(mapping), block('{"Data"').encode())
    assert lines[0]["areas"] == {"1420500": "藤沢市"}
    assert lines[0]["jst"] == "2026-09-21 15:00 JST"


def test_exit_codes(tmp_path: Path) -> None:
    """1: nothing was understood, or the file cannot be opened; 2: the mapping cannot be used."""
    assert tried(tmp_path, "shizuoka-underpass", b"<html/>")[0] == 1
    assert try_mapping("shizuoka-underpass", tmp_path / "nowhere", KANAGAWA, io.StringIO(), NOW) == 1
    assert main(["try", "nowhere", str(tmp_path / "underpass.json")]) == 2


def test_every_field_of_a_mapping_is_on_the_page() -> None:
    """What the page does not name, a newcomer cannot use."""
    page = README.read_text(encoding="utf8")
    source = (ROOT / "connectors" / "mapped" / "mapping.py").read_text(encoding="utf8")
    fields = {name.rstrip("_") for name in re.findall(r"^    (\w+): ", source, flags=re.MULTILINE)}
    assert {name for name in fields if not re.search(rf"\b{name}\b", page)} == set()


def test_the_mappings_of_ours_say_what_they_are() -> None:
    """Each begins with a comment, and docs/sources.md lists it."""
    listed = (ROOT / "docs" / "sources.md").read_text(encoding="utf8")
    for file in sorted((ROOT / "connectors" / "mappings").glob("*.toml")):
        text = file.read_text(encoding="utf8")
        assert text.startswith("# ")
        assert tomllib.loads(text)["format"]
        assert f"| `{file.stem}` |" in listed
