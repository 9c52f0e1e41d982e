"""Numbers of a kind: what is written becomes a value, what is not written stays missing."""

from datetime import UTC, datetime, timedelta

import pytest

from connectors.jma.markup import read_xml
from connectors.jma.quantities import Slot, number, quantities
from schemas.records.observed import Quantity
from tests.contract.connectors.jma.warned import report

NINE = datetime(2026, 9, 21, 0, 0, tzinfo=UTC)
HOURS = timedelta(hours=1)
SLOTS = {str(n): Slot(NINE + 3 * (n - 1) * HOURS, NINE + 3 * n * HOURS) for n in range(1, 5)}


def made(property_body: str, slots: dict[str, Slot] | None = None) -> tuple[Quantity, ...]:
    """The quantities of a kind with one property."""
    body = f"<Kind><Property>{property_body}</Property></Kind>".replace("eb:", "jmx_eb:")
    wrapped = f'<x xmlns:jmx_eb="http://xml.kishou.go.jp/jmaxml1/elementBasis1/">{body}</x>'
    kind = read_xml(report("-", wrapped)).find(".//met:Kind")
    assert kind is not None
    return quantities(kind, "1420600", "小田原市", slots)


def rain(text: str, extra: str = "") -> str:
    """One rain number."""
    mark = f'type="１時間最大雨量" unit="mm" {extra}'
    return f"<Type>雨</Type><Base><eb:Precipitation {mark}>{text}</eb:Precipitation></Base>"


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("40", 40.0),
        ("４０", 40.0),
        (" 1.5 ", 1.5),
        ("-0.3", -0.3),
        ("", None),
        ("NaN", None),
        ("値なし", None),
        ("1e9", None),
        ("inf", None),
        ("１,０００", None),
    ],
)
def test_a_number_is_a_number_or_nothing(written: str, value: float | None) -> None:
    """Never 0 for what is not written."""
    assert number(written) == value
    assert [q.value for q in made(rain(written))] == [value]


def test_a_number_says_what_it_is_in_the_words_of_the_telegram() -> None:
    """Name, unit, place, and the description."""
    (one,) = made(rain("40", 'description="４０ミリ"'))
    assert one == Quantity("rain_1h", "1420600", "小田原市", 40.0, "mm", None, None, "1時間最大雨量 ４０ミリ")


def test_a_type_that_is_in_no_table_is_left_out() -> None:
    """A wind direction is no number."""
    assert made('<Type>風</Type><Base><eb:WindSpeed type="最大瞬間風速" unit="m/s">30</eb:WindSpeed></Base>') == ()


def series(*values: str) -> str:
    """危険度 codes of successive slots."""
    return "<Type>大雨浸水危険度</Type><Base>" + "".join(
        f'<Significancy refID="{n}" type="大雨浸水危険度"><Name>{code}</Name><Code>{code}</Code></Significancy>'
        for n, code in enumerate(values, 1)
    )


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        (("21", "21", "21", "21"), [(2.0, 0, 12)]),
        (("11", "41", "41", "11"), [(0.0, 0, 3), (4.0, 3, 9), (0.0, 9, 12)]),
        (("51", "41", "31", "22"), [(5.0, 0, 3), (4.0, 3, 6), (3.0, 6, 9), (2.0, 9, 12)]),
        (("00", "00", "30", "99"), [(None, 0, 6), (None, 6, 9), (None, 9, 12)]),
    ],
)
def test_equal_slots_that_follow_each_other_are_one(
    codes: tuple[str, ...], expected: list[tuple[float | None, int, int]]
) -> None:
    """Level, begin and end in hours; a class without a level differs by its name."""
    found = [
        ((q.until - NINE) // HOURS, (q.at - NINE) // HOURS, q.value)
        for q in made(series(*codes) + "</Base>", SLOTS)
        if q.at and q.until
    ]
    assert [(value, begin, end) for end, begin, value in found] == expected


def test_a_slot_that_is_not_defined_is_left_out() -> None:
    """A number without its time would be taken for one of now."""
    assert [q.value for q in made(series("21", "41") + "</Base>", {"1": SLOTS["1"]})] == [2.0]


@pytest.mark.parametrize(
    ("length", "ends"),
    [("PT3H", 3), ("P1D", 24), ("P1DT6H", 30), ("PT90M", 1.5), ("", None), ("P", None), ("3 hours", None)],
)
def test_a_criterion_lasts_as_long_as_it_says(length: str, ends: float | None) -> None:
    """Without a duration that can be read it has no end, and keeps its sentence."""
    (one,) = made(
        "<CriteriaPeriod><Base><Sentence>９時から、警戒レベル４相当</Sentence><CriteriaClass><Code>41</Code></CriteriaClass>"
        f"<Time>2026-09-21T09:00:00+09:00</Time><Duration>{length}</Duration></Base></CriteriaPeriod>"
    )
    assert (one.name, one.value, one.at, one.condition) == ("criteria_level", 4.0, NINE, "９時から、警戒レベル４相当")
    assert one.until == (None if ends is None else NINE + ends * HOURS)


def test_two_criteria_of_one_place_keep_their_own_times() -> None:
    """Sentence before, Time and Duration after each class."""
    first = (
        "<Sentence>甲</Sentence><CriteriaClass><Code>31</Code></CriteriaClass><Time>2026-09-21T09:00:00+09:00</Time>"
    )
    second = (
        "<Sentence>乙</Sentence><CriteriaClass><Code>41</Code></CriteriaClass><Time>2026-09-21T12:00:00+09:00</Time>"
    )
    both = made(
        f"<CriteriaPeriod><Base>{first}<Duration>PT1H</Duration>{second}<Duration>PT2H</Duration></Base></CriteriaPeriod>"
    )
    assert [(q.condition, q.value, q.at, q.until) for q in both] == [
        ("甲", 3.0, NINE, NINE + HOURS),
        ("乙", 4.0, NINE + 3 * HOURS, NINE + 5 * HOURS),
    ]


def test_a_time_that_cannot_be_read_is_none_and_the_number_stands() -> None:
    """Naive, impossible, missing."""
    for written in ("2026-09-21T09:00:00", "soon", ""):
        peak = f'<eb:TidalLevel type="潮位" unit="m">1.8</eb:TidalLevel><Time>{written}</Time>'
        (one,) = made(f"<Type>高潮ピーク</Type><Base>{peak}</Base>")
        assert (one.value, one.at) == (1.8, None)
