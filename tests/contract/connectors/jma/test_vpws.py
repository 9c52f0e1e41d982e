"""VPWS50, the snapshot of all Japan: built from its description."""

from connectors.jma.telegram import parse_telegram
from schemas.records.base import Hazard
from schemas.records.observed import InfoType
from tests.contract.connectors.jma.aggregated import kind, snapshot
from tests.contract.connectors.jma.telegram_text import by_area
from tests.unit.connectors.writing import AT, KANAGAWA, bulletins, payload

NAME = "20260921055000_0_VPWS50_010000.xml"


def test_a_snapshot_says_for_each_area_what_is_in_force() -> None:
    """Several kinds in one row, some over; an area without anything says so."""
    odawara = kind("03", "継続") + kind("29", "発表", "レベル２土砂災害注意報") + kind("15", "解除", "強風注意報")
    found = parse_telegram(payload(snapshot({"1420600": odawara}, others=20), NAME), KANAGAWA, AT)
    made = by_area(found)
    assert (len(made), found.parked) == (35, ())
    assert [(i.hazard, i.kind_code, i.active, i.level) for i in made["1420600"].items] == [
        (Hazard.HEAVY_RAIN, "03", True, 3),
        (Hazard.LANDSLIDE, "29", True, 2),
        (Hazard.STORM, "15", False, 0),
    ]
    assert [(i.kind_code, i.active, i.level) for i in made["1420100"].items] == [("", False, 0)]
    assert {one.scope for one in made.values()} == {"VPWS50:all"}


def test_its_bulletins_are_compact() -> None:
    """Facts that count, without numbers and sentences: 35 of them come every ten minutes."""
    made = bulletins(parse_telegram(payload(snapshot({"1420600": kind("03", "継続")}), NAME), KANAGAWA, AT))
    assert {(i.quantities, i.summary, one.text) for one in made for i in one.items} == {((), "", "")}


def test_an_area_of_ours_that_is_missing_is_told() -> None:
    """It stays as it was."""
    body = snapshot({"1420600": kind("03", "継続")}).replace(b"<Code>1420100</Code>", b"<Code>9920100</Code>")
    found = parse_telegram(payload(body, NAME), KANAGAWA, AT)
    assert len(found.records) == 34
    assert [parked.reason for parked in found.parked] == ["area_missing"]
    assert "1420100" in found.parked[0].text


def test_a_cancelled_snapshot_is_cancelled_for_all_of_ours() -> None:
    """取消, whose file name says 010000 though it is about all of Japan."""
    found = parse_telegram(payload(snapshot({}, info_type="取消"), NAME), KANAGAWA, AT)
    assert {(b.scope, b.info_type, b.items) for b in bulletins(found)} == {("VPWS50:all", InfoType.CANCELLED, ())}
    assert len(found.records) == 35
