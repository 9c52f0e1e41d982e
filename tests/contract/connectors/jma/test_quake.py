"""地震: every telegram on record against a reader of its own."""

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.jma.telegram import parse_telegram
from schemas.records.base import Hazard
from schemas.records.observed import Bulletin, InfoType, Quantity
from tests.contract.connectors.jma.plainly import all_of, files, is_cancelled, narrow, parsed, root_of, text, told
from tests.unit.connectors.writing import AT, KANAGAWA, bulletins, payload

Recorded = Callable[[str], Path]
NUMBERS = {"1": 1.0, "2": 2.0, "3": 3.0, "4": 4.0, "5-": 5.0, "5+": 5.5, "6-": 6.0, "6+": 6.5, "7": 7.0, "": None}
MARCH = "jma/samples/32-39_11_05_240613_VXSE53.xml"


def test_every_municipality_has_its_intensity(recorded: Recorded) -> None:
    """All of VXSE53 on record: MaxInt of each City, and 未入電 with no number."""
    seen = missing = 0
    for file in files(recorded("jma"), "*VXSE53*", "eq_shingen_shindo*"):
        if is_cancelled(file) or not all_of(root_of(file), "Body/Intensity"):
            continue
        found: dict[str, list[Quantity]] = defaultdict(list)
        for quantity in (q for b in told(file) for i in b.items for q in i.quantities):
            found[quantity.subject].append(quantity)
        for city in all_of(root_of(file), "Body/Intensity/Observation/Pref/Area/City"):
            # A sample lists one town twice, with two values: both are told.
            mine, condition = found[text(city, "Code")], text(city, "Condition")
            assert NUMBERS[text(city, "MaxInt")] in {q.value for q in mine if q.name == "intensity"}, file.name
            assert any(narrow(condition) in q.condition for q in mine)
            assert any(narrow(text(city, "Revise")) in q.condition for q in mine)
            seen, missing = seen + 1, missing + (condition == "震度５弱以上未入電")
    assert seen > 3000
    assert missing > 0


def test_every_region_of_the_quick_report(recorded: Recorded) -> None:
    """All of VXSE51 on record: regions with 震度3 or more."""
    seen = 0
    for file in files(recorded("jma"), "*VXSE51*", "eq_shindo_sokuho*"):
        if is_cancelled(file):
            continue
        found = {q.subject: q.value for b in told(file) for i in b.items for q in i.quantities}
        rows = all_of(root_of(file), "Body/Intensity/Observation/Pref/Area")
        assert found == {text(row, "Code"): NUMBERS[text(row, "MaxInt")] for row in rows}, file.name
        seen += len(rows)
    assert seen > 50


def test_march_2011_in_kanagawa(recorded: Recorded) -> None:
    """2011-03-11 14:46: 相模原 three wards 震度5弱, 小田原 震度4; wards are told to the area that they lie in."""
    found = {b.area: b for b in _kanagawa(recorded(MARCH))}
    assert len(found) == 35
    east = found["1415012"].items[0]
    assert (east.hazard, east.level, east.kind_name) == (Hazard.OTHER, None, "震度5弱")
    assert [q.subject_name for q in east.quantities] == ["相模原緑区", "相模原中央区", "相模原南区"]
    assert [q.subject for q in found["1415011"].items[0].quantities] == ["1415100"]
    assert [q.value for q in found["1420600"].items[0].quantities] == [4.0]
    assert {q.subject for q in found["1410012"].items[0].quantities} <= {f"14{n}00" for n in range(101, 119)}


def test_the_retired_code_of_sagamihara(recorded: Recorded) -> None:
    """1420900 (2008): both areas of the city are told."""
    found = _kanagawa(recorded("jma/samples/32-35_06_03_240613_VXSE53.xml"))
    told_by = {b.area for b in found for i in b.items for q in i.quantities if q.subject == "1420900"}
    assert told_by == {"1415011", "1415012"}


def test_a_municipality_of_ours_that_no_table_knows_is_told(recorded: Recorded) -> None:
    """A new code in Pref 14: nobody is told, and that is said."""
    body = recorded(MARCH).read_text("utf8").replace("<Code>1420600</Code>", "<Code>1429900</Code>").encode()
    made = parse_telegram(payload(body), KANAGAWA, AT)
    assert "1420600" not in {b.area for b in bulletins(made)}
    assert [p.reason for p in made.parked] == ["unknown_area"]


def test_a_quake_abroad_while_it_is_examined(recorded: Recorded) -> None:
    """2010-02-27 Chile: 津波の有無については現在調査中です is told to our coasts, 津波の心配はありません ends it."""
    found = _kanagawa(recorded("jma/samples/32-39_05_01_100831_VXSE53.xml"))
    assert {(i.hazard, i.kind_code, i.active) for b in found for i in b.items} == {(Hazard.TSUNAMI, "0229", True)}
    assert "1420500" in {b.area for b in found}
    assert "1421100" not in {b.area for b in found}
    ended = _kanagawa(recorded("jma/samples/32-35_01_03_100514_VXSE53.xml"))
    assert {i.active for b in ended for i in b.items} == {False}


def test_a_hypocentre_names_no_area(recorded: Recorded) -> None:
    """All of VXSE52 on record: read, and about no municipality."""
    for file in files(recorded("jma"), "*VXSE52*"):
        if not is_cancelled(file):
            made = parsed(file)
            assert (made.records, made.parked, made.notes) == ((), (), ("outside",)), file.name


def test_a_cancelled_quick_report(recorded: Recorded) -> None:
    """震度速報を取り消します names no region: it is about each area, within the quake's own scope."""
    found = _kanagawa(recorded("jma/samples/32-35_10_01_220510_VXSE51.xml"))
    assert {(b.info_type, b.scope) for b in found} == {(InfoType.CANCELLED, "VXSE51:20220509152315")}
    assert len(found) == 35


def test_early_warnings_warn_where_their_kind_does(recorded: Recorded) -> None:
    """All of VXSE43, 44, 45 on record: regions of Kind 10, 11, 19, and the lower end of what is expected."""
    seen = 0
    for file in files(recorded("jma"), "*VXSE43*", "*VXSE44*", "*VXSE45*"):
        if is_cancelled(file):
            continue
        rows = all_of(root_of(file), "Body/Intensity/Forecast/Pref/Area")
        warned = {text(r, "Code"): r for r in rows if text(r, "Category/Kind/Code") in {"10", "11", "19"}}
        found = {q.subject: q for b in told(file) for i in b.items for q in i.quantities}
        assert found.keys() == warned.keys(), file.name
        for code, row in warned.items():
            assert found[code].value == NUMBERS[text(row, "ForecastInt/From")]
            seen += 1
    assert seen > 500


@pytest.mark.parametrize("written", ["4 ", " 4"])
def test_blanks_around_an_intensity(recorded: Recorded, written: str) -> None:
    """Some recorded values are "4 "."""
    body = recorded(MARCH).read_text("utf8").replace("<MaxInt>4</MaxInt>", f"<MaxInt>{written}</MaxInt>").encode()
    (odawara,) = [b for b in bulletins(parse_telegram(payload(body), KANAGAWA, AT)) if b.area == "1420600"]
    assert [q.value for q in odawara.items[0].quantities] == [4.0]


def _kanagawa(file: Path) -> list[Bulletin]:
    return bulletins(parse_telegram(payload(file.read_bytes(), file.name), KANAGAWA, AT))
