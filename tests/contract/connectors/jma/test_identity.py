"""What a telegram is about and what it replaces: areas in every spelling, empty and reused ids, 取消, 訂正, 遅延."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.jma.telegram import parse_telegram
from connectors.source import Parsed
from schemas.records.base import Hazard
from schemas.records.observed import Bulletin, InfoType
from tests.contract.connectors.jma.telegram_text import by_area
from tests.contract.connectors.jma.warned import OLD, RAIN, item, kind, report, section, warning
from tests.unit.connectors.writing import AT, KANAGAWA, bulletins, landslide, payload

FLOOD = "指定河川洪水予報"


def parse(body: bytes, name: str = "20260921055000_0_VPWW55_140000.xml") -> Parsed:
    """As the runner does, at AT."""
    return parse_telegram(payload(body, name), KANAGAWA, AT)


def told(found: Parsed) -> list[str]:
    """Reasons, without that the rest of the prefecture is missing in these short telegrams."""
    return [parked.reason for parked in found.parked if parked.reason != "area_missing"]


def spoken(found: Parsed) -> dict[str, Bulletin]:
    """Bulletins by area."""
    return by_area(found)


@pytest.mark.parametrize(
    ("code", "areas"),
    [
        ("1410011", {"1410011"}),
        ("1410000", {"1410011", "1410012"}),
        ("1410500", {"1410012"}),
        ("1413000", {"1413000"}),
        ("141305", {"1413000"}),
        ("1415000", {"1415011", "1415012"}),
        ("１４２０６００", {"1420600"}),
        ("9999900", set()),
    ],
)
def test_an_area_may_be_a_part_a_city_or_a_ward(code: str, areas: set[str]) -> None:
    """A split city's code stands for all its parts, a ward's (南区) for the part that it lies in, six digits too."""
    found = parse(warning(item(kind("03"), code)))
    assert set(spoken(found)) == areas
    assert {i.subject for one in spoken(found).values() for i in one.items} == areas
    assert told(found) == []


def test_an_area_may_stand_in_a_wrapper() -> None:
    """Areas/Area as well as a bare Area."""
    wrapped = (
        f"<Item>{kind('03')}<Areas><Area><Code>1420600</Code></Area><Area><Code>1420100</Code></Area></Areas></Item>"
    )
    assert set(spoken(parse(warning(wrapped)))) == {"1420600", "1420100"}


def test_digits_of_full_width_are_digits() -> None:
    """A code written ３３ is 33."""
    (one,) = spoken(parse(warning(item(kind("３３", name="レベル５大雨特別警報"), "1420600")))).values()
    assert (one.items[0].kind_code, one.items[0].level, one.items[0].kind_name) == ("33", 5, "レベル5大雨特別警報")


def test_an_unknown_code_has_no_level_and_is_told() -> None:
    """It is kept, in force, with the hazard of its carrier."""
    found = parse(warning(item(kind("63", name="レベル６大雨警報"), "1420600")))
    (one,) = spoken(found).values()
    assert (one.items[0].level, one.items[0].active, one.items[0].hazard) == (None, True, Hazard.HEAVY_RAIN)
    assert told(found) == ["unknown_kind"]


def test_an_unknown_status_counts_as_in_force_and_is_told() -> None:
    """What is not understood never lowers a level."""
    found = parse(warning(item(kind("03", "一部解除"), "1420600")))
    (one,) = spoken(found).values()
    assert (one.items[0].level, one.items[0].active) == (3, True)
    assert told(found) == ["unknown_kind_status"]


def test_a_surge_that_overflows_says_so() -> None:
    """Condition 氾濫発生 of VPWW57 stands first in the item's words."""
    rows = item(kind("38", name="レベル５高潮特別警報", more="<Condition>氾濫発生</Condition>"), "1420600")
    (one,) = spoken(parse(warning(rows, "気象警報・注意報（Ｒ０６）（高潮）"))).values()
    assert (one.items[0].hazard, one.items[0].level) == (Hazard.STORM_SURGE, 5)
    assert one.items[0].summary.splitlines()[0] == "氾濫発生"


@pytest.mark.parametrize(
    ("status", "code", "level"),
    [
        ("特別警報から危険警報", "43", 4),
        ("特別警報から警報", "03", 3),
        ("危険警報から警報", "03", 3),
        ("危険警報から注意報", "10", 2),
        ("警報から注意報", "10", 2),
        ("継続", "33", 5),
        ("解除", "03", 0),
    ],
)
def test_a_downgrade_carries_the_new_code_and_lifting_the_old_one(status: str, code: str, level: int) -> None:
    """Status decides whether something is in force, the code how high."""
    found = parse(warning(item(kind(code, status), "1420600")))
    (one,) = spoken(found).values()
    assert (one.items[0].level, one.items[0].active, told(found)) == (level, status != "解除", [])


def test_the_headline_says_nothing_about_an_area() -> None:
    """Name 解除 with code 00 in the headline is no kind of any area: the rows decide."""
    headline = (
        '<Information type="気象警報・注意報（市町村等）"><Item><Kind><Name>解除</Name><Code>00</Code></Kind><Areas>'
        "<Area><Name>小田原市</Name><Code>1420600</Code></Area></Areas></Item></Information>"
    )
    (one,) = spoken(parse(warning(item(kind("03", "継続"), "1420600"), headline=headline))).values()
    assert (one.items[0].kind_code, one.items[0].level) == ("03", 3)


@pytest.mark.parametrize(("version", "reasons"), [("1.9_7", []), ("2.0_0", ["unknown_version"])])
def test_a_minor_version_is_read_and_a_major_one_parked(version: str, reasons: list[str]) -> None:
    """Of what is not known yet."""
    assert told(parse(warning(item(kind("03"), "1420600"), version=version))) == reasons


@pytest.mark.parametrize(
    ("word", "meant"), [("発表", InfoType.ISSUED), ("訂正", InfoType.CORRECTED), ("遅延", InfoType.DELAYED)]
)
def test_a_correction_and_a_late_issue_say_what_they_say(word: str, meant: InfoType) -> None:
    """Their rows are claims like any other's."""
    (one,) = spoken(parse(warning(item(kind("03"), "1420600"), info_type=word))).values()
    assert (one.info_type, one.items[0].level) == (meant, 3)


@pytest.mark.parametrize("carrier", [f"VPWW{number}" for number in range(53, 62)])
def test_a_cancelled_warning_is_cancelled_in_the_scope_of_its_issue(carrier: str) -> None:
    """EventID and Serial are empty: data type and 府県予報区 are the subject, of issue and of 取消 alike."""
    titles = {
        "VPWW53": OLD,
        "VPWW54": "気象警報・注意報（Ｈ２７）",
        "VPWW55": RAIN,
        "VPWW56": "気象警報・注意報（Ｒ０６）（土砂）",
    }
    words = {"VPWW57": "高潮", "VPWW58": "暴風", "VPWW59": "波浪", "VPWW60": "大雪", "VPWW61": "その他注意報"}
    title = titles.get(carrier) or f"気象警報・注意報（Ｒ０６）（{words[carrier]}）"
    name = f"20260921055000_0_{carrier}_140000.xml"
    issued = bulletins(parse(warning(item(kind("03"), "1420600"), title), name))
    gone = bulletins(parse(report(title, "<Text>取り消します。</Text>", info_type="取消"), name))
    assert {one.scope for one in gone} == {one.scope for one in issued} == {f"{carrier}:140000"}
    assert {(one.info_type, one.items) for one in gone} == {(InfoType.CANCELLED, ())}
    assert len(gone) == 35


def test_a_cancelled_tornado_advisory_is_cancelled_in_its_prefecture() -> None:
    """EventID is empty, the serial counts."""
    head = {"info_kind": "竜巻注意情報", "version": "1.0_0", "serial": "2"}
    rows = f'<Warning type="竜巻注意情報（市町村等）">{item(kind("1", name="竜巻注意情報"), "1420600")}</Warning>'
    name = "20260921055000_0_VPHW50_140000.xml"
    issued = bulletins(parse(report("竜巻注意情報", rows, **head), name))
    gone = bulletins(parse(report("竜巻注意情報", "<Text>取消</Text>", info_type="取消", **head), name))
    assert {one.scope for one in issued} == {one.scope for one in gone} == {"VPHW50:140000"}
    assert len(gone) == 35


def test_a_cancelled_flash_is_cancelled_by_its_event() -> None:
    """The EventID's first part names the event; the second is the time of each issue."""
    name = "20260921055000_0_VPBS50_140000.xml"
    body = report(
        "府県気象防災速報",
        "<Text>取り消します。</Text>",
        info_type="取消",
        info_kind="気象解説情報",
        event_id="JPYK2026_20260921",
    )
    assert {one.scope for one in bulletins(parse(body, name))} == {"VPBS50:JPYK2026"}


def test_a_cancelled_river_outside_the_reference_is_shown() -> None:
    """Which areas it was about is not known: what it withdraws stays in force, and people are told so."""
    head = {"info_type": "取消", "info_kind": FLOOD, "version": "1.1_1", "event_id": "850506000100"}
    found = parse(report(FLOOD, "<Text>取り消します。</Text>", **head), "20260921055000_0_VXKO50_140000.xml")
    assert found.records == ()
    assert told(found) == ["unknown_scope"]
    assert "850506000100" in found.parked[0].text


def test_an_alert_without_its_event_id_is_known_by_its_prefecture() -> None:
    """EventID of VXWW50 is a constant text; were it empty, two prefectures would be one subject."""
    body = landslide({"1420600": ("警戒", "3", "発表")}).replace(
        "<EventID>神奈川県土砂災害警戒情報</EventID>".encode(), b"<EventID/>"
    )
    assert {one.scope for one in bulletins(parse(body))} == {"VXWW50:140000"}


@pytest.mark.parametrize("serial", ["", "x", "-1", "２", "12345678901"])
def test_a_wrong_serial_is_none_and_no_reason_to_refuse(serial: str) -> None:
    """VXWW50's was wrong in production on 2026-06-17."""
    (one,) = bulletins(parse(landslide({"1420600": ("警戒", "3", "発表")}, serial=serial)))
    assert (one.serial, one.items[0].level) == (None, 4)


def test_an_area_that_an_alert_leaves_out_stays_as_it_was() -> None:
    """TargetArea says that it is about Kanagawa's 35 areas: one left out gets no bulletin, and people are told."""
    target = "<TargetArea><Name>神奈川県</Name><Code>140000</Code></TargetArea><Warning"
    body = landslide({"1420600": ("警戒", "3", "発表")}).replace(b"<Warning", target.encode(), 1)
    found = parse(body)
    assert set(spoken(found)) == {"1420600"}
    assert [parked.reason for parked in found.parked] == ["area_missing"]
    assert "34 of 140000" in found.parked[0].text


def test_the_old_carrier_without_municipalities_speaks_for_all_in_its_section() -> None:
    """VPWW53 only: 東部 is taken for its 18 areas, and people are told."""
    rows = section(item(kind("03", name="大雨警報"), "140000"), "府県予報区等")
    rows += section(item(kind("03", name="大雨警報"), "140010"), "一次細分区域等")
    found = parse(report(OLD, rows))
    assert len(found.records) == 18
    assert "1420600" not in spoken(found)
    assert told(found) == ["coarse_section"]
    assert told(parse(report(RAIN, rows))) == ["no_section"]


@pytest.mark.parametrize("title", ["早期注意情報（明後日まで）", "府県気象解説情報", "大雨危険度通知"])
def test_what_is_left_on_purpose_says_why(title: str) -> None:
    """With its bytes, as everything that is parked."""
    body = report(title, "")
    found = parse(body)
    assert (told(found), found.parked[0].body) == (["not_read"], body)
    assert found.parked[0].text.startswith("VP")


@given(st.data())
def test_the_same_telegram_laid_out_anew_is_the_same(data: st.DataObject) -> None:
    """Blanks and line ends between elements, an XML declaration or none: the ids stay; another word is another id."""
    body = warning(item(kind("03"), "1420600") + item(kind("10", "継続"), "1420100")).decode()
    gaps = data.draw(st.lists(st.sampled_from(["", " ", "\n", "\r\n\t"]), min_size=5, max_size=5))
    parts = body.replace("\n", "").split("><")
    anew = "".join(part + ">" + gaps[number % 5] + "<" for number, part in enumerate(parts[:-1])) + parts[-1]
    first, again = parse(body.encode()), parse(anew.encode())
    assert {one.id for one in bulletins(first)} == {one.id for one in bulletins(again)}
    other = parse(body.replace("継続", "発表").encode())
    assert not {one.id for one in bulletins(first)} & {one.id for one in bulletins(other)}
