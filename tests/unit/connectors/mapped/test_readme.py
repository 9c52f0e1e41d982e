"""connectors/README.md, followed word for word as a newcomer would: its file, its mapping, its row."""

import io
import json
import re
import tomllib
from pathlib import Path
from typing import Any

from connectors.__main__ import main
from connectors.mapped.attempt import try_mapping
from connectors.rows import load_feeds
from local.child import ROOT
from tests.unit.connectors.writing import KANAGAWA

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
    code = try_mapping(mapping, file, KANAGAWA, out)
    return code, [json.loads(line) for line in out.getvalue().splitlines()]


def test_the_pages_mapping_reads_the_pages_file(tmp_path: Path) -> None:
    """12 cm are 0.12 m, 通行止 is shut, 欠測 is no value, 15:00 in Japan is 06:00 UTC."""
    mapping = tmp_path / "mapping.toml"
    mapping.write_text(block('rows.at = "Data.features"'), encoding="utf8")
    code, lines = tried(tmp_path, str(mapping), block('{"Data"').encode())
    said = [(line["record"]["station"], line["record"]["quantity"], line["record"]["value"]) for line in lines[:-1]]
    assert code == 0
    assert said == [
        ("shizuoka-underpass-3", "inundation_depth", 0.12),
        ("shizuoka-underpass-3", "closed", 1.0),
        ("shizuoka-underpass-4", "inundation_depth", None),
        ("shizuoka-underpass-4", "closed", 0.0),
    ]
    assert {line["record"]["observed_at"] for line in lines[:-1]} == {"2026-09-21T06:00:00Z"}
    assert lines[-1]["counts"] == {
        "rows": 2,
        "readings": 4,
        "notices": 0,
        "parked": 0,
        "filtered": 0,
        "repeated": 0,
        "outside": 4,
    }


def test_the_mapping_of_ours_reads_the_pages_file_too(tmp_path: Path) -> None:
    """By its name."""
    code, lines = tried(tmp_path, "shizuoka-underpass", block('{"Data"').encode())
    assert (code, lines[-1]["counts"]["readings"]) == (0, 4)


def test_the_pages_row_is_one(tmp_path: Path) -> None:
    """With every field that it shows."""
    file = tmp_path / "feeds.toml"
    file.write_text(block('id = "shizuoka-underpass"'), encoding="utf8")
    (row,) = load_feeds(file).rows
    assert (row.kind, row.mapping) == ("mapped", "shizuoka-underpass")
    assert row.url.endswith("/servicepoint/underpath")


def test_exit_codes(tmp_path: Path) -> None:
    """1: nothing was understood, or the file cannot be opened; 2: the mapping cannot be used."""
    assert tried(tmp_path, "shizuoka-underpass", b"<html/>")[0] == 1
    assert try_mapping("shizuoka-underpass", tmp_path / "nowhere", KANAGAWA, io.StringIO()) == 1
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
