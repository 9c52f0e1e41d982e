"""Bad telegrams, each with its clear answer: parked with a reason, or kept with what could not be understood told."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.jma.telegram import parse_telegram
from connectors.source import Parked, Parsed
from schemas.records.base import World
from schemas.records.observed import Bulletin, InfoType
from tests.unit.connectors.writing import AT, KANAGAWA, WARNED, bulletins, landslide, payload

GOOD = landslide(WARNED)
BOMB = (
    '<!DOCTYPE Report [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>'
)
EXTERNAL = '<!DOCTYPE Report [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
DEEP = b"<a>" * 100_000 + b"</a>" * 100_000
NO_SECTION = GOOD.replace('土砂災害警戒情報"><Item>'.encode(), '他"><Item>'.encode())


def parse(body: bytes) -> Parsed:
    """As the runner does, at AT."""
    return parse_telegram(payload(body), KANAGAWA, AT)


REFUSED = {
    "nothing at all": (b"", "empty"),
    "only blanks": (b" \n ", "empty"),
    "cut in the middle": (GOOD[: len(GOOD) // 2], "not_xml"),
    "an HTML error page": (b"<!DOCTYPE html><html><body>503<br></body></html>", "not_xml"),
    "a well-formed HTML page": (b"<html><body>moved</body></html>", "not_a_telegram"),
    "JSON": (b'{"a": 1}', "not_xml"),
    "random bytes": (b"\x00\xff\xfe\x01garbage", "not_xml"),
    "an entity bomb": (landslide(WARNED, prolog=BOMB), "doctype"),
    "an external entity": (landslide(WARNED, prolog=EXTERNAL), "doctype"),
    "100,000 elements deep": (DEEP, "not_xml"),
    "Shift_JIS that calls itself UTF-8": (GOOD.decode().encode("cp932", "replace"), "not_xml"),
    "an encoding that nobody knows": (GOOD.replace(b"UTF-8", b"X-MOON"), "not_xml"),
    "25 megabytes": (GOOD + b" " * 25_000_000, "too_large"),
    "another namespace": (GOOD.replace(b"jmaxml1/", b"jmaxml9/"), "not_a_telegram"),
    "no Status": (GOOD.replace("<Status>通常</Status>".encode(), b"", 1), "unknown_status"),
    "an unknown Status": (landslide(WARNED, status="運用"), "unknown_status"),
    "an unknown data type": (landslide(WARNED, title="気象警報・注意報（Ｒ１０）（月）"), "unknown_title"),
    "an unknown InfoKind": (landslide(WARNED, info_kind="土砂災害情報２"), "unknown_info_kind"),
    "an unknown major version": (landslide(WARNED, version="2.0_0"), "unknown_version"),
    "no version": (landslide(WARNED, version=""), "unknown_version"),
    "an unknown InfoType": (landslide(WARNED, info_type="延期"), "unknown_info_type"),
    "no ReportDateTime": (landslide(WARNED, reported_at=""), "missing_time"),
    "a naive ReportDateTime": (landslide(WARNED, reported_at="2026-09-21T15:00:00"), "naive_time"),
    "a ReportDateTime that is none": (landslide(WARNED, reported_at="21日15時"), "bad_time"),
    "the year 1": (landslide(WARNED, reported_at="0001-01-01T00:00:00+09:00"), "bad_time"),
    "a ReportDateTime an hour ahead": (landslide(WARNED, reported_at="2026-09-21T16:00:00+09:00"), "future_time"),
    "no section of areas": (NO_SECTION, "no_section"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_parked_with_its_reason(name: str) -> None:
    """No record, one reason, and the bytes as they came."""
    body, reason = REFUSED[name]
    found = parse(body)
    assert found.records == ()
    assert [parked.reason for parked in found.parked] == [reason]
    assert found.parked[0].body == body
    assert found.parked[0].text


def test_an_external_entity_is_never_read() -> None:
    """Nothing of the file it names is anywhere in the answer."""
    body = landslide({"1420600": ("&x;", "3", "発表")}, prolog=EXTERNAL)
    assert "root:" not in repr(parse(body))


def test_a_byte_order_mark_and_utf16_are_harmless() -> None:
    """What XML allows is read."""
    assert len(bulletins(parse(b"\xef\xbb\xbf" + GOOD))) == 1
    assert len(bulletins(parse(landslide(WARNED, encoding="UTF-16")))) == 1


@pytest.mark.parametrize(
    ("status", "world"), [("通常", "actual"), ("訓練", "exercise"), ("試験", "test"), (" 訓練 ", "exercise")]
)
def test_status_decides_the_world(status: str, world: str) -> None:
    """Only 通常 is actual; a drill becomes a drill."""
    assert [b.world for b in bulletins(parse(landslide(WARNED, status=status)))] == [World(world)]


def test_a_parked_drill_is_known_as_one() -> None:
    """Its dead letter says which world it belonged to."""
    assert parse(landslide(WARNED, status="訓練", version="9.0_0")).parked[0].world is World.EXERCISE


def only(parsed: Parsed) -> tuple[Bulletin, tuple[Parked, ...]]:
    """The one bulletin, and what was told."""
    (made,) = bulletins(parsed)
    return made, parsed.parked


def test_an_unknown_kind_code_is_kept_and_told() -> None:
    """Never dropped, never given a level by guess."""
    made, told = only(parse(landslide({"1420600": ("猛烈", "7", "発表")})))
    assert (made.items[0].kind_code, made.items[0].level, made.items[0].active) == ("7", None, True)
    assert [parked.reason for parked in told] == ["unknown_kind"]


def test_an_unknown_kind_status_counts_as_in_force_and_is_told() -> None:
    """What is not understood never lowers a level."""
    made, told = only(parse(landslide({"1420600": ("警戒", "3", "一部変更")})))
    assert (made.items[0].level, made.items[0].active) == (4, True)
    assert [parked.reason for parked in told] == ["unknown_kind_status"]


def test_status_decides_not_code() -> None:
    """A warning code with 解除 is an all-clear."""
    made, told = only(parse(landslide({"1420600": ("警戒", "3", "解除")})))
    assert (made.items[0].level, made.items[0].active, told) == (0, False, ())


def test_an_area_that_nobody_knows_holds_up_no_other() -> None:
    """It is not ours: left out."""
    made, told = only(parse(landslide(WARNED | {"9999999": ("警戒", "3", "発表")})))
    assert (made.area, told) == ("1420600", ())


def test_an_area_without_a_kind_says_nothing() -> None:
    """An empty bulletin would withdraw what is in force: there is none, and people are told."""
    body = GOOD.replace("<Kind><Name>警戒</Name><Code>3</Code><Status>発表</Status></Kind>".encode(), b"")
    found = parse(body)
    assert found.records == ()
    assert [parked.reason for parked in found.parked] == ["area_without_kind"]


def test_an_area_that_is_there_twice_counts_once() -> None:
    """The same row again adds nothing."""
    item = GOOD[GOOD.index(b"<Item>") : GOOD.index(b"</Item>") + 7]
    made, told = only(parse(GOOD.replace(item, item * 2)))
    assert (len(made.items), told) == (1, ())


def test_a_thousand_kinds_for_one_area_are_no_telegram() -> None:
    """More than JMA has codes."""
    kind = "<Kind><Name>警戒</Name><Code>3</Code><Status>発表</Status></Kind>"
    many = "".join(kind.replace(">3<", f">{number}<") for number in range(1000))
    assert [p.reason for p in parse(GOOD.replace(kind.encode(), many.encode())).parked] == ["too_many_kinds"]


def test_a_cancellation_speaks_for_every_area_of_its_office() -> None:
    """It names none itself: one bulletin without items for each of the 35, of the same scope as what it cancels."""
    made = bulletins(parse(landslide({}, info_type="取消")))
    assert len(made) == 35
    assert {(b.info_type, b.items) for b in made} == {(InfoType.CANCELLED, ())}
    assert {b.scope for b in made} == {bulletins(parse(GOOD))[0].scope}
    assert {b.text for b in made} == {"見出し\n取り消します。"}


def test_a_cancellation_from_an_unknown_office_is_parked() -> None:
    """Neither its name nor its office say which areas it is about."""
    body = landslide({}, info_type="取消", office="某気象台")
    found = parse_telegram(payload(body, "some.xml"), KANAGAWA, AT)
    assert [parked.reason for parked in found.parked] == ["unknown_scope"]


def test_a_cancellation_of_another_prefecture_is_no_error() -> None:
    """Its file name says so."""
    body = landslide({}, info_type="取消", office="松江地方気象台")
    found = parse_telegram(payload(body, "20260921060000_0_VXWW50_320000.xml"), KANAGAWA, AT)
    assert (found.records, found.parked) == ((), ())


@pytest.mark.parametrize(("text", "kind"), [("訂正", InfoType.CORRECTED), ("遅延", InfoType.DELAYED)])
def test_corrections_and_delays_are_telegrams(text: str, kind: InfoType) -> None:
    """遅延 is often forgotten."""
    made, _ = only(parse(landslide(WARNED, info_type=text)))
    assert made.info_type is kind


@pytest.mark.parametrize(("text", "serial"), [("3", 3), ("", None), ("三", None), ("-1", None), ("9" * 40, None)])
def test_a_serial_is_a_number_or_nothing(text: str, serial: int | None) -> None:
    """It was wrong in production once: never a reason to refuse a warning."""
    made, _ = only(parse(landslide(WARNED, serial=text)))
    assert made.serial == serial


def test_the_same_telegram_laid_out_anew_is_the_same() -> None:
    """Ids come from the canonical content."""
    spaced = GOOD.replace(b"<Item>", b"\n   <Item>\n ").replace(b"</Item>", b" </Item>\n")
    assert [b.id for b in bulletins(parse(spaced))] == [b.id for b in bulletins(parse(GOOD))]


def test_an_old_telegram_is_read_whenever_it_comes() -> None:
    """Order is the watcher's business."""
    found = parse_telegram(payload(GOOD, at=AT + timedelta(days=400)), KANAGAWA, AT)
    assert len(found.records) == 1


@given(cut=st.integers(0, len(GOOD)), junk=st.binary(max_size=20), where=st.integers(0, len(GOOD)))
def test_no_damage_makes_the_parser_raise(cut: int, junk: bytes, where: int) -> None:
    """Whatever is cut out and put in: records or a reason."""
    damaged = GOOD[:where] + junk + GOOD[where + cut :]
    found = parse(damaged)
    assert found.records or found.parked or found.notes


@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="<&>"), max_size=30), min_size=9)
)
def test_no_word_makes_the_parser_raise(words: list[str]) -> None:
    """Any text in any field."""
    kinds = {"1420600": (words[0], words[1], words[2])}
    fields = ("title", "status", "info_type", "reported_at", "info_kind", "version")
    for field, word in zip(fields, words[3:], strict=False):
        found = parse(landslide(kinds, **{field: word}))
        assert found.records or found.parked
