"""`python -m connectors parse FILE…`: JSON lines of what each file becomes, or why not."""

import io
import json
from pathlib import Path
from typing import Any

from connectors.__main__ import main
from connectors.files import parse_files
from connectors.kinds_table import print_table
from connectors.short import short
from tests.unit.connectors.answers import atom
from tests.unit.connectors.writing import WARNED, landslide, stage, stage_file


def lines_of(tmp_path: Path, name: str, body: bytes) -> list[dict[str, Any]]:
    """What is printed for a file with these bytes."""
    file = tmp_path / name
    file.write_bytes(body)
    out = io.StringIO()
    parse_files([file], out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_telegram_becomes_bulletins(tmp_path: Path) -> None:
    """With everything that the record says."""
    (line,) = lines_of(tmp_path, "t.xml", landslide(WARNED))
    assert line["kind"] == "bulletin"
    assert line["record"]["area"] == "1420600"
    assert line["record"]["items"][0]["level"] == 4


def test_a_stage_file_becomes_readings(tmp_path: Path) -> None:
    """Good rows as readings, bad ones with their reason."""
    first, second = lines_of(tmp_path, "3585_4_309.json", stage_file(stage(0, 4.63), stage(10, "x")))
    assert (first["kind"], first["record"]["value"]) == ("reading", 4.63)
    assert second["parked"] == "not_a_number"


def test_a_feed_becomes_addresses(tmp_path: Path) -> None:
    """One line per telegram that it names."""
    (line,) = lines_of(tmp_path, "extra.xml", atom(["a.xml"]))
    assert line["kind"] == "feed"
    assert line["url"].endswith("/a.xml")


def test_junk_is_parked_and_may_be_a_format_of_ones_own(tmp_path: Path) -> None:
    """What is no XML may be for a mapping; what is XML may be cut."""
    for body in (b"a,b\n1,2\n", b'{"rows": []}', b"[1]"):
        assert "python -m connectors try MAPPING FILE" in lines_of(tmp_path, "own", body)[0]["text"]
    whole = landslide(WARNED)
    for cut in (whole[: len(whole) // 2], whole.rstrip()[:-9]):
        assert lines_of(tmp_path, "cut", cut)[0]["text"].startswith("the file seems cut")
    assert "<string>" not in lines_of(tmp_path, "wrong", b"<a><b></a>")[0]["text"]


def test_exit_codes(tmp_path: Path) -> None:
    """1 where nothing of a file was understood; what is left on purpose, or about others, was understood."""
    for code, body in (
        (1, b""),
        (1, b"junk"),
        (1, landslide(WARNED)[:900]),
        (0, landslide(WARNED)),
        (0, landslide({"0110000": ("警戒", "3", "発表")})),
        (0, stage_file(stage(0, 4.63), stage(10, "x"))),
    ):
        file = tmp_path / "3585_4_309"
        file.write_bytes(body)
        assert parse_files([file], io.StringIO()) == code


def test_short_lines_have_names_and_times_of_japan(tmp_path: Path) -> None:
    """Below the file's name: when, where, what, which level, in force or over."""
    file = tmp_path / "t.xml"
    file.write_bytes(landslide(WARNED))
    out = io.StringIO()
    parse_files([file], out, shown=short)
    name, line = out.getvalue().splitlines()
    assert name == f"{file}:"
    for words in (" JST  小田原市", "  landslide  level 4  発表", "(VXWW50)"):
        assert words in line


def test_junk_has_its_reason(tmp_path: Path) -> None:
    """Whatever it begins like."""
    assert lines_of(tmp_path, "junk", b"\x00")[0]["parked"] == "not_xml"
    assert lines_of(tmp_path, "junk", b"{")[0]["parked"] == "not_json"
    assert lines_of(tmp_path, "junk", b'{"crntObsTime": "soon"}')[0]["parked"] == "bad_time"


def test_a_telegram_of_elsewhere_is_read_for_its_own_areas_when_asked(tmp_path: Path) -> None:
    """--everywhere: 札幌市 is none of ours, but it is an area."""
    file = tmp_path / "t.xml"
    file.write_bytes(landslide({"0110000": ("警戒", "3", "発表")}))
    ours, all_of_japan = io.StringIO(), io.StringIO()
    parse_files([file], ours)
    parse_files([file], all_of_japan, all_of_japan=True)
    assert json.loads(ours.getvalue())["kind"] == "outside"
    assert "--everywhere reads it" in json.loads(ours.getvalue())["text"]
    assert json.loads(all_of_japan.getvalue())["record"]["area"] == "0110000"


def test_a_table_counts_what_files_become(tmp_path: Path) -> None:
    """--table: one row per kind, with the reasons of what was parked."""
    for name, body in {"a": landslide(WARNED), "b": landslide(WARNED, status="運用"), "c": b"junk"}.items():
        (tmp_path / name).write_bytes(body)
    out = io.StringIO()
    assert print_table(sorted(tmp_path.iterdir()), out) == 0
    _, _, junk, alerts = out.getvalue().splitlines()
    assert junk.startswith("| - | not XML | 1 | 0 | 0 | 1 | `not_xml`:")
    assert alerts.startswith("| VXWW50 | 土砂災害警戒情報 | 2 | 1 | 0 | 1 | `unknown_status`:")


def test_a_file_that_cannot_be_opened_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    """Exit code 1 at the end."""
    good = tmp_path / "t.xml"
    good.write_bytes(landslide(WARNED))
    out = io.StringIO()
    assert parse_files([tmp_path / "nowhere", good], out) == 1
    first, second = (json.loads(line) for line in out.getvalue().splitlines())
    assert "nowhere" in first["unreadable"]
    assert second["kind"] == "bulletin"


def test_a_wrong_feeds_file_ends_with_one_sentence(tmp_path: Path) -> None:
    """Exit code 2."""
    assert main(["run", "--feeds", str(tmp_path / "nowhere.toml")]) == 2
