"""火山: every telegram on record, 箱根山 above all."""

from collections.abc import Callable
from pathlib import Path

from connectors.jma.telegram import parse_telegram
from schemas.records.base import Hazard
from tests.contract.connectors.jma.plainly import all_of, files, is_cancelled, root_of, text, told
from tests.unit.connectors.writing import AT, KANAGAWA, bulletins, payload

Recorded = Callable[[str], Path]
OVER = {"04", "05"}


def test_every_municipality_has_the_kind_that_it_is_listed_with(recorded: Recorded) -> None:
    """All of VFVO50 and VFVO56 on record: 対象市町村等, kind, in force or not, 噴火警戒レベル."""
    for file in files(recorded("jma/samples"), "*VFVO50*", "*VFVO56*"):
        if is_cancelled(file):
            continue
        infos = all_of(root_of(file), "Body/VolcanoInfo")
        towns = [i for info in infos if "（対象市町村等）" in info.get("type", "") for i in all_of(info, "Item")]
        expected = {
            text(area, "Code"): (text(row, "Kind/Code"), text(row, "Kind/Code") not in OVER)
            for row in towns
            for area in all_of(row, "Areas/Area")
        }
        found = told(file)
        assert {b.area: (b.items[0].kind_code, b.items[0].active) for b in found} == expected, file.name
        level = text(infos[0], "Item/Kind/Code")
        levels = {q.value for b in found for q in b.items[0].quantities}
        assert levels == ({float(level) - 10} if level in {"11", "12", "13", "14", "15"} else set())


def test_hakone(recorded: Recorded) -> None:
    """Sample of 2020-05-22: 箱根山 噴火警報, 噴火警戒レベル5, for 箱根町 alone; no 警戒レベル."""
    file = recorded("jma/samples/45_02_01_200522_VFVO50.xml")
    (hakone,) = bulletins(parse_telegram(payload(file.read_bytes(), file.name), KANAGAWA, AT))
    item = hakone.items[0]
    assert (hakone.area, hakone.scope, item.kind_name, item.active) == ("1438200", "VFVO50:315", "噴火警報", True)
    assert (item.hazard, item.level, item.quantities[0].value) == (Hazard.OTHER, None, 5.0)


def test_an_explanation_claims_nothing(recorded: Recorded) -> None:
    """VFVO51 of all volcanoes: 箱根山 レベル2 and 富士山 レベル1 are told, and are not in force by it."""
    file = recorded("jma/samples/44_01_01_151008_VFVO51.xml")
    found = bulletins(parse_telegram(payload(file.read_bytes(), file.name), KANAGAWA, AT))
    levels = {(i.subject_name, q.value, i.active) for b in found for i in b.items for q in i.quantities}
    assert levels == {("箱根山", 2.0, False), ("富士山", 1.0, False)}


def test_a_cancelled_eruption_of_no_known_volcano_is_told(recorded: Recorded) -> None:
    """取消 names no municipality: nobody can place it here, so people look."""
    file = recorded("jma/samples/67_01_04_140927_VFVO56.xml")
    made = parse_telegram(payload(file.read_bytes(), file.name), KANAGAWA, AT)
    assert [p.reason for p in made.parked] == ["unknown_scope"]
