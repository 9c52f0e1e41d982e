"""`python -m connectors parse FILE…`: JSON lines of what each file becomes, or why not."""

import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from connectors.__main__ import main
from connectors.jma.telegram import parse_telegram
from connectors.files import parse_files
from tests.unit.connectors.answers import atom
from tests.unit.connectors.writing import AT, WARNED, everywhere, landslide, payload, stage, stage_file


def lines_of(tmp_path: Path, name: str, body: bytes) -> list[dict[str, Any]]:
    """What is printed for a file with these bytes."""
    file = tmp_path / name
    file.write_bytes(body)
    out = io.StringIO()
    assert parse_files([file], out) == 0
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


def test_junk_is_parked_and_the_exit_code_stays_0(tmp_path: Path) -> None:
    """A file that was read and understood to be junk is an answer."""
    assert lines_of(tmp_path, "junk", b"\x00")[0]["parked"] == "not_xml"
    assert lines_of(tmp_path, "junk", b"{")[0]["parked"] == "not_json"
    assert lines_of(tmp_path, "junk", b'{"crntObsTime": "soon"}')[0]["parked"] == "bad_time"


def test_a_file_that_cannot_be_opened_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    """Exit code 1 at the end."""
    good = tmp_path / "t.xml"
    good.write_bytes(landslide(WARNED))
    out = io.StringIO()
    assert parse_files([tmp_path / "nowhere", good], out) == 1
    first, second = (json.loads(line) for line in out.getvalue().splitlines())
    assert "nowhere" in first["unreadable"]
    assert second["kind"] == "bulletin"


def test_every_recorded_telegram_gets_an_answer(recorded: Callable[[str], Path]) -> None:
    """One of each of the 43 data types: bulletins, "not about us", or a reason. None is left without."""
    files = list({file.stem[-6:]: file for file in sorted(recorded("jma/samples").glob("*.xml"))}.values())
    out = io.StringIO()
    assert parse_files(files, out) == 0
    answered = [json.loads(line) for line in out.getvalue().splitlines()]
    assert {line["file"] for line in answered} == {str(file) for file in files}
    assert not {line["parked"] for line in answered if "parked" in line} & {"parser_fault", "no_section"}


def test_every_recorded_telegram_of_our_types_is_understood_whole(recorded: Callable[[str], Path]) -> None:
    """Whatever the prefecture: no unknown code, no unknown status, no missing section."""
    ours = re.compile(r"VPWW5[456]|VXWW50|VXKO|vpww5[56]|vxww50|vxko|dosha|keiho")
    folders = [recorded("jma/samples"), recorded("jma/real/2026-weather")]
    files = [file for folder in folders for file in sorted(folder.glob("*.xml")) if ours.search(file.name)]
    assert len(files) > 40
    for file in files:
        body = file.read_bytes()
        told = parse_telegram(payload(body), everywhere(body), AT, judge_future=False).parked
        assert not told or told[0].reason == "unknown_title", file.name


def test_a_wrong_feeds_file_ends_with_one_sentence(tmp_path: Path) -> None:
    """Exit code 2."""
    assert main(["run", "--feeds", str(tmp_path / "nowhere.toml")]) == 2
