"""指定河川洪水予報: level by code, areas from the telegram's flood-prone districts and from the reference."""

from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.everywhere import everywhere
from connectors.jma.telegram import parse_telegram
from schemas.records.base import Hazard
from tests.unit.connectors.writing import AT, KANAGAWA, bulletins, payload

Recorded = Callable[[str], Path]


def test_akita_level_3(recorded: Recorded) -> None:
    """Real, 2026-07-30 01:50, 太平川: レベル３氾濫警報 for 秋田市."""
    body = recorded("jma/real/2026-weather/vxko_flood_lv3.xml").read_bytes()
    found = bulletins(parse_telegram(payload(body), everywhere(body), AT))
    assert [b.area for b in found] == ["0520100"]
    item = found[0].items[0]
    assert (item.hazard, item.subject, item.subject_name) == (Hazard.FLOOD, "820209000400", "太平川")
    assert (item.kind_code, item.level, item.active) == ("30", 3, True)
    assert "避難判断水位" in item.summary
    assert (found[0].serial, found[0].scope) == (2, "VXKO:820209000400")


def test_yamagata_level_2(recorded: Recorded) -> None:
    """Real, 2026-08-01 06:20, 鮭川: レベル２氾濫注意報 for every town that the telegram names."""
    body = recorded("jma/real/2026-weather/vxko_flood_lv2.xml").read_bytes()
    found = bulletins(parse_telegram(payload(body), everywhere(body), AT))
    assert {"0636100", "0636400"} <= {b.area for b in found}
    assert {(i.kind_code, i.level, i.subject) for b in found for i in b.items} == {("20", 2, "820211007300")}


@pytest.mark.parametrize(
    ("name", "code", "level"),
    [
        ("16_01_01_220728_VXKOii.xml", "20", 2),
        ("16_02_01_220728_VXKOii.xml", "30", 3),
        ("16_06_01_220728_VXKOii.xml", "41", 4),
        ("16_07_01_220728_VXKOii.xml", "40", 4),
        ("16_04_01_220728_VXKOii.xml", "53", 5),
    ],
)
def test_samples_for_a_river_of_ours(recorded: Recorded, name: str, code: str, level: int) -> None:
    """The samples' dummy section read as 酒匂川: each of its towns gets the level of the code, whatever its name."""
    text = recorded(f"jma/samples/{name}").read_text("utf8").replace("123456789012", "140019000100")
    found = bulletins(parse_telegram(payload(text.encode()), KANAGAWA, AT))
    assert {b.area for b in found} == {"1421700", "1420600", "1436300", "1436200", "1436400", "1436600"}
    assert {(i.kind_code, i.level, i.active) for b in found for i in b.items} == {(code, level, True)}


@pytest.mark.parametrize(("code", "level", "active"), [("10", 0, False), ("22", 2, True), ("51", 5, True)])
def test_codes_that_no_recording_has(recorded: Recorded, code: str, level: int, active: bool) -> None:
    """10 is the all-clear; 22 says that a warning ended and level 2 goes on, though its name has 解除 in it."""
    text = recorded("jma/samples/16_02_01_220728_VXKOii.xml").read_text("utf8")
    text = text.replace("123456789012", "830306000100").replace("<Code>30</Code>", f"<Code>{code}</Code>")
    found = bulletins(parse_telegram(payload(text.encode()), KANAGAWA, AT))
    assert {b.area for b in found} == {"1410011", "1410012", "1413000"}
    assert {(i.level, i.active) for b in found for i in b.items} == {(level, active)}
