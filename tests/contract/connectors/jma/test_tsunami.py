"""津波: every telegram on record against a reader of its own, and what must never happen to a coast."""

import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.jma.telegram import parse_telegram
from connectors.source import Parsed
from schemas.records.base import Hazard, World
from schemas.records.observed import Bulletin, BulletinItem, InfoType, Quantity
from tests.contract.connectors.jma.plainly import (
    Element,
    all_of,
    at,
    files,
    is_cancelled,
    narrow,
    parsed,
    root_of,
    text,
    told,
)
from tests.unit.connectors.writing import AT, KANAGAWA, bulletins, payload

Recorded = Callable[[str], Path]
WARNED = {"52", "53", "51", "62"}
SAGAMI = {
    "1420100", "1420300", "1420400", "1420500", "1420600", "1420700", "1420800", "1421000", "1430100", "1434100",
    "1434200", "1438300", "1438400",
}  # fmt: skip
FIRST = "jma/samples/32-39_11_02_250206_VTSE41.xml"
LAST = "jma/samples/32-39_11_13_250206_VTSE41.xml"


def test_every_warning_says_what_its_text_says(recorded: Recorded) -> None:
    """Zone, kind, in force or not, height, arrival: all of VTSE41 on record."""
    seen = 0
    for file in files(recorded("jma"), "*VTSE41*", "tsunami_keiho*"):
        if is_cancelled(file):
            continue
        items = {b.scope: b.items[0] for b in told(file)}
        rows = all_of(root_of(file), "Body/Tsunami/Forecast/Item")
        assert {f"VTSE41:{text(row, 'Area/Code')}" for row in rows} <= items.keys(), file.name
        for row in rows:
            seen += 1
            _check_warning(row, items[f"VTSE41:{text(row, 'Area/Code')}"])
    assert seen > 400


def _check_warning(row: Element, item: BulletinItem) -> None:
    code = text(row, "Category/Kind/Code")
    assert (item.hazard, item.level, item.kind_code) == (Hazard.TSUNAMI, None, code)
    assert (item.subject, item.subject_name) == (text(row, "Area/Code"), text(row, "Area/Name"))
    assert item.active is (code in WARNED)
    assert (item.status == "解除") is (code in {"50", "60", "00"})
    heights = [q for q in item.quantities if q.name == "tsunami_height"]
    assert [_height(row)] * len(all_of(row, "MaxHeight")) == [(q.value, q.unit) for q in heights]
    for height in heights:
        description = "".join(e.get("description") or "" for e in all_of(row, "MaxHeight/TsunamiHeight"))
        assert narrow(description) in height.condition
        assert height.condition
    arrivals = [q for q in item.quantities if q.name == "tsunami_arrival"]
    assert [q.at for q in arrivals] == [at(text(e, "ArrivalTime")) for e in all_of(row, "FirstHeight")]
    assert all(narrow(text(row, "FirstHeight/Condition")) in q.condition for q in arrivals)


def _height(row: Element) -> tuple[float | None, str]:
    written = text(row, "MaxHeight/TsunamiHeight")
    return (float(written) if re.fullmatch(r"\d+(\.\d+)?", written) else None), "m"


def test_every_information_says_what_its_text_says(recorded: Recorded) -> None:
    """Heights measured at every gauge, 満潮 and arrival times: all of VTSE51 and VTSE52 on record."""
    seen = 0
    for file in files(recorded("jma"), "*VTSE51*", "*VTSE52*", "tsunami_joho*"):
        if is_cancelled(file):
            continue
        found = {b.items[0].subject: b for b in told(file)}
        for row in _items(file):
            zone = text(row, "Area/Code")
            if zone:
                seen += 1
                assert found[zone].items[0].hazard is Hazard.OTHER, "information never counts as a warning"
                _check_stations(row, found[zone].items[0].quantities)
    assert seen > 500


def _items(file: Path) -> list[Element]:
    parts = ("Observation", "Estimation", "Forecast")
    return [row for part in parts for row in all_of(root_of(file), f"Body/Tsunami/{part}/Item")]


def _check_stations(row: Element, quantities: tuple[Quantity, ...]) -> None:
    for station in all_of(row, "Station"):
        mine = {q.name: q for q in quantities if q.subject == text(station, "Code")}
        tide = text(station, "HighTideDateTime")
        if tide:
            assert mine["high_tide"].at == at(tide)
            assert mine["tsunami_arrival"].at == at(text(station, "FirstHeight/ArrivalTime"))
        for height in all_of(station, "MaxHeight"):
            written = text(height, "TsunamiHeight")
            assert mine["tsunami_observed"].value == (float(written) if written and written != "NaN" else None)
            assert narrow(text(height, "Condition")).replace(" ", "") in mine["tsunami_observed"].condition.replace(
                " ", ""
            )


def test_the_first_warning_of_march_2011(recorded: Recorded) -> None:
    """2011-03-11 14:49: 相模湾・三浦半島 津波注意報, height not known, 15:30; 東京湾内湾 only 津波予報."""
    found = _kanagawa(recorded(FIRST).read_bytes())
    assert {b.area for b in found if b.scope == "VTSE41:330"} == SAGAMI
    assert {b.area for b in found if b.scope == "VTSE41:312"} == {"1410011", "1410012", "1413000", "1420100"}
    fujisawa = next(b for b in found if b.area == "1420500")
    assert (fujisawa.world, fujisawa.serial, fujisawa.event_id) == (World.ACTUAL, None, "20110311144640")
    height, arrival = fujisawa.items[0].quantities
    assert (height.value, height.condition) == (None, "不明")
    assert arrival.at == at("2011-03-11T15:30:00+09:00")
    assert not next(b for b in found if b.area == "1413000").items[0].active
    assert "ただちに避難してください" in fujisawa.text


@pytest.mark.parametrize(
    ("name", "sagami", "tokyo"),
    [
        ("32-39_11_09", "62", "71"),
        ("32-39_11_11", "62", "62"),
        ("32-39_12_02", "53", "51"),
        ("32-39_12_07", "52", "51"),
        ("32-39_12_13", "73", "73"),
        ("32-39_13_02", "62", "62"),
        ("32-39_13_07", "60", "60"),
    ],
)
def test_our_coasts_on_record(recorded: Recorded, name: str, sagami: str, tokyo: str) -> None:
    """Kind codes of 330 and 312 as read by eye: 53 is the first 大津波警報, 52 its going on, 73 and 60 end."""
    found = _kanagawa(recorded(f"jma/samples/{name}_250206_VTSE41.xml").read_bytes())
    assert {(b.scope, i.kind_code, i.active) for b in found for i in b.items} == {
        ("VTSE41:330", sagami, sagami in WARNED),
        ("VTSE41:312", tokyo, tokyo in WARNED),
    }


def test_a_zone_that_is_not_listed_is_not_told(recorded: Recorded) -> None:
    """Missing is not withdrawn: 330 taken out of the telegram leaves every area on that coast as it was."""
    body = _without(recorded(FIRST).read_text("utf8"), "330")
    assert {b.scope for b in _kanagawa(body)} == {"VTSE41:312"}


def test_the_sentence_that_no_coast_is_warned_ends_what_is_not_listed(recorded: Recorded) -> None:
    """「現在、大津波警報・津波警報・津波注意報を発表している沿岸はありません。」"""
    body = _without(recorded(LAST).read_text("utf8"), "330")
    ended = [b for b in _kanagawa(body) if b.scope == "VTSE41:330"]
    assert {b.area for b in ended} == SAGAMI
    assert {(i.active, i.status) for b in ended for i in b.items} == {(False, "解除")}


def _without(written: str, zone: str) -> bytes:
    rows = re.findall(r"<Item>\s*<Area>.*?</Item>", written, re.DOTALL)
    (gone,) = [row for row in rows if f"<Code>{zone}</Code>" in row]
    return written.replace(gone, "").encode()


@pytest.mark.parametrize(("code", "active"), [("50", False), ("60", False), ("00", False), ("71", False), ("52", True)])
def test_codes(recorded: Recorded, code: str, active: bool) -> None:
    """50, 60 and 00 end, 71 says that no damage is feared; only a warning or 注意報 is in force."""
    body = recorded(FIRST).read_text("utf8").replace("<Code>62</Code>", f"<Code>{code}</Code>").encode()
    assert {i.active for b in _kanagawa(body) if b.scope == "VTSE41:330" for i in b.items} == {active}


def test_an_unknown_code_stays_in_force_and_is_told(recorded: Recorded) -> None:
    """A code of no table: kept without a level, somebody has to look."""
    made = _parse(recorded(FIRST).read_text("utf8").replace("<Code>62</Code>", "<Code>99</Code>").encode())
    assert {i.active for b in bulletins(made) if b.scope == "VTSE41:330" for i in b.items} == {True}
    assert {p.reason for p in made.parked} == {"unknown_kind"}


def test_an_unknown_zone_is_told(recorded: Recorded) -> None:
    """Were 330 divided, its parts would be in no table: nobody is told, and that is said."""
    made = _parse(recorded(FIRST).read_text("utf8").replace("<Code>330</Code>", "<Code>331</Code>").encode())
    assert {b.scope for b in bulletins(made)} == {"VTSE41:312"}
    assert [p.reason for p in made.parked] == ["unknown_zone"]
    assert "331" in made.parked[0].text


def test_a_bad_arrival_time_holds_up_no_warning(recorded: Recorded) -> None:
    """The warning goes out, without the time."""
    body = recorded(FIRST).read_text("utf8").replace("2011-03-11T15:30:00+09:00", "soon").encode()
    fujisawa = next(b for b in _kanagawa(body) if b.area == "1420500")
    assert fujisawa.items[0].kind_code == "62"
    assert [q.at for q in fujisawa.items[0].quantities if q.name == "tsunami_arrival"] == [None]


def test_a_cancellation_is_about_every_coast(recorded: Recorded) -> None:
    """Sample of 2021-08-05: 先ほどの、津波注意報を取り消します."""
    found = _kanagawa(recorded("jma/samples/38-39_03_01_210805_VTSE41.xml").read_bytes())
    assert {(b.info_type, b.items) for b in found} == {(InfoType.CANCELLED, ())}
    assert {b.scope for b in found} == {"VTSE41:312", "VTSE41:330"}
    assert {b.area for b in found if b.scope == "VTSE41:330"} == SAGAMI
    assert "取り消します" in found[0].text
    assert len({b.id for b in found}) == len(found), "横須賀市 is told twice, once for each coast"


def test_two_quakes_in_one_telegram(recorded: Recorded) -> None:
    """EventID "20151114055157 20151114061750": the scope is the zone, so the second telegram replaces the first."""
    first, second = (recorded(f"jma/samples/38-39_02_0{n}_250206_VTSE41.xml") for n in (1, 4))
    assert {b.event_id for b in told(second)} == {"20151114055157 20151114061750"}
    warned = {b.scope for b in told(first) if b.items[0].active}
    assert warned
    assert warned <= {b.scope for b in told(second) if not b.items[0].active}


def test_training_is_training(recorded: Recorded) -> None:
    """The drill of 2016-09-01 has its own world."""
    found = told(recorded("jma/samples/32-39_12_02_250206_VTSE41.xml"))
    assert {b.world for b in found} == {World.EXERCISE}


@given(st.randoms(use_true_random=False), st.sets(st.integers(0, 65), max_size=60))
def test_the_order_of_zones_and_which_others_are_there_changes_nothing(
    recorded: Recorded, order: random.Random, gone: set[int]
) -> None:
    """What 330 is told depends on the row of 330 alone."""
    written = recorded(FIRST).read_text("utf8")
    rows = re.findall(r"<Item>\s*<Area>.*?</Item>", written, re.DOTALL)
    kept = [row for n, row in enumerate(rows) if n not in gone or "<Code>330</Code>" in row]
    order.shuffle(kept)
    start, end = written.index(rows[0]), written.index(rows[-1]) + len(rows[-1])
    body = (written[:start] + "\n".join(kept) + written[end:]).encode()
    expected = {(b.area, b.scope, b.items) for b in _kanagawa(written.encode()) if b.scope == "VTSE41:330"}
    assert {(b.area, b.scope, b.items) for b in _kanagawa(body) if b.scope == "VTSE41:330"} == expected


def _parse(body: bytes) -> Parsed:
    return parse_telegram(payload(body, "20110311054900_0_VTSE41_270000.xml"), KANAGAWA, AT)


def _kanagawa(body: bytes) -> list[Bulletin]:
    return bulletins(_parse(body))


def test_no_row_is_left_out_of_a_real_one(recorded: Recorded) -> None:
    """Real, 2026-07-28 16:29: 有明・八代海 津波注意報 1 m, already arriving; two coasts with 津波予報."""
    found = told(recorded("jma/real/2026-weather/tsunami_keiho_serial_a.xml"))
    rows = {b.items[0].subject_name: (b.items[0].kind_code, b.items[0].quantities[0].value) for b in found}
    assert rows == {"有明・八代海": ("62", 1.0), "長崎県西方": ("71", 0.2), "熊本県天草灘沿岸": ("71", 0.2)}
    arrival = next(q for b in found for q in b.items[0].quantities if q.name == "tsunami_arrival")
    assert (arrival.at, arrival.condition) == (None, "津波到達中と推測")
    assert parsed(recorded("jma/real/2026-weather/tsunami_keiho_serial_a.xml")).notes == ()
