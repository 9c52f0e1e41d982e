"""What a cell says: times, numbers, words, units, qualities, places."""

from datetime import UTC, datetime

import pytest

from schemas.records.observed import Quality
from tests.unit.connectors.mapped.making import STAGES, made, readings, told, values

HEAD = "gauge,time,level\n"


def at(text: str, time: str = "") -> list[tuple[str, str]] | datetime:
    """What a time becomes, or why not."""
    mapping = STAGES.replace(
        'time = { from = "time", zone = "Asia/Tokyo" }', time or "time = { from = 'time', zone = 'Asia/Tokyo' }"
    )
    found = made(mapping, f"{HEAD}g1,{text},1.0\n")
    return readings(found)[0].observed_at if found.readings else told(found)


SLASHES = "time = { from = 'time', format = ['iso', '%Y/%m/%d %H:%M'], zone = 'Asia/Tokyo' }"
KANJI = "time = { from = 'time', format = '%Y年%m月%d日%H時%M分', zone = 'Asia/Tokyo' }"


@pytest.mark.parametrize(
    ("text", "time", "expected"),
    [
        ("2026-09-21T15:00:00+09:00", "", datetime(2026, 9, 21, 6, tzinfo=UTC)),
        ("2026-09-21T06:00:00Z", "time = { from = 'time' }", datetime(2026, 9, 21, 6, tzinfo=UTC)),
        ("2026/9/21 15:00", SLASHES, datetime(2026, 9, 21, 6, tzinfo=UTC)),
        ("2026/09/21 24:00", SLASHES, datetime(2026, 9, 21, 15, tzinfo=UTC)),
        ("2026-09-21T15:24:00", "", datetime(2026, 9, 21, 6, 24, tzinfo=UTC)),
        ("2026-09-21T00:24", "", datetime(2026, 9, 20, 15, 24, tzinfo=UTC)),
        ("2026/09/24 00:00", SLASHES, datetime(2026, 9, 23, 15, tzinfo=UTC)),
        ("2026-09-24T24:00:00", "", datetime(2026, 9, 24, 15, tzinfo=UTC)),
        ("2026年9月21日0時24分", KANJI, datetime(2026, 9, 20, 15, 24, tzinfo=UTC)),
        ("2026年9月21日15時00分", KANJI, datetime(2026, 9, 21, 6, tzinfo=UTC)),
        ("令和8年9月21日24時00分", KANJI, datetime(2026, 9, 21, 15, tzinfo=UTC)),
        ("令和元年9月21日15時00分", KANJI, datetime(2019, 9, 21, 6, tzinfo=UTC)),
        ("２０２６年９月２１日１５時００分", KANJI, datetime(2026, 9, 21, 6, tzinfo=UTC)),
        ("1790000000", "time = { from = 'time', format = 'unix' }", datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC)),
        (
            "1790000000000",
            "time = { from = 'time', format = 'unix_ms' }",
            datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC),
        ),
        ("2026-09-21T15:00", "time = { from = 'time' }", [("line 2", "naive_time")]),
        ("", "", [("line 2", "missing_time")]),
        ("2026-09-31T15:00", "", [("line 2", "bad_time")]),
        ("2026/09/21 25:00", SLASHES, [("line 2", "bad_time")]),
        ("0001-01-01T00:00", "", [("line 2", "bad_time")]),
        ("99999999999999999999", "time = { from = 'time', format = 'unix' }", [("line 2", "bad_time")]),
    ],
)
def test_times(text: str, time: str, expected: object) -> None:
    """24:00 ends the day; a time without an offset needs the mapping's zone; nothing is guessed."""
    assert at(text, time) == expected


def test_a_time_that_lies_ahead_is_parked() -> None:
    """Tomorrow's stage does not exist; five minutes are the clocks'."""
    found = made(STAGES, HEAD + "g1,2026-09-21T15:05,1.0\ng1,2026-09-21T15:06,1.0\n", judge_future=True)
    assert (values(found), told(found)) == ([1.0], [("line 3", "future_time")])


def number(text: str, value: str = "") -> object:
    """What a number becomes, or why not."""
    found = made(STAGES + value, f'{HEAD}g1,2026-09-21T15:00,"{text}"\n')
    return values(found)[0] if found.readings else found.bad[0].reason


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("1.25", "", 1.25),
        ("-0.30", "", -0.3),
        ("▲0.30", "", -0.3),
        ("−0.30", "", -0.3),
        ("１．２５", "", 1.25),
        ("", "", None),
        ("欠測", 'missing = ["欠測"]', None),
        ("-9999.0", 'missing = ["-9999"]', None),
        ("欠測", "", "not_a_number"),
        ("1.25m ↑", 'strip = ["m", "↑"]', 1.25),
        ("1,250", "", "not_a_number"),
        ("nan", "", "not_a_number"),
        ("1e999", "", "not_a_number"),
        ("4001", "", "out_of_range"),
        ("1.5", "scale = 2\noffset = 0.5", 3.5),
        ("9.0", "highest = 8.0", "out_of_range"),
        ("平常", 'words = { "平常" = 0.0 }', 0.0),
    ],
)
def test_numbers(text: str, value: str, expected: object) -> None:
    """Missing is nothing, never 0; what is neither a number nor declared is parked."""
    assert number(text, value) == expected


@pytest.mark.parametrize(
    ("quantity", "unit", "written", "kept", "becomes"),
    [
        ("stage", "cm", "123", "m", 1.23),
        ("stage", "ft", "10", "m", 3.048),
        ("rain_1h", "in", "2", "mm", 50.8),
        ("rain_10min", "㎜", "3.5", "mm", 3.5),
        ("snow", "mm", "120", "cm", 12.0),
        ("wind", "km/h", "36", "m/s", 10.0),
        ("wind", "kt", "10", "m/s", 5.144444444),
        ("dam_outflow", "㎥/s", "12.5", "m3/s", 12.5),
        ("water_temperature", "degC", "18.5", "degC", 18.5),
    ],
)
def test_units(quantity: str, unit: str, written: str, kept: str, becomes: float) -> None:
    """A known quantity is kept in its own unit (a foot is 0.3048 m, a nautical mile 1,852 m); others stay."""
    mapping = STAGES.replace('"stage"', f'"{quantity}"').replace('unit = "m"', f'unit = "{unit}"')
    (reading,) = readings(made(mapping, f"{HEAD}g1,2026-09-21T15:00,{written}\n"))
    assert (reading.unit, reading.value) == (kept, becomes)


WORDED = '[quality]\nfrom = "flag"\nwords = { "正常" = "valid", "異常" = "suspect", "点検" = "closed" }\n'


@pytest.mark.parametrize(
    ("flag", "expected"),
    [("正常", (1.0, Quality.VALID)), ("異常", (1.0, Quality.SUSPECT)), ("点検", (None, Quality.CLOSED))],
)
def test_quality_by_words(flag: str, expected: tuple[float | None, Quality]) -> None:
    """A closed gauge has no value, whatever number stands there."""
    (reading,) = readings(made(STAGES + WORDED, f"gauge,time,level,flag\ng1,2026-09-21T15:00,1.0,{flag}\n"))
    assert (reading.value, reading.quality) == expected


def test_a_word_for_quality_that_nobody_listed_is_parked() -> None:
    """Never taken for good."""
    found = made(STAGES + WORDED, "gauge,time,level,flag\ng1,2026-09-21T15:00,1.0,△\n")
    assert told(found) == [("line 2", "bad_quality")]


@pytest.mark.parametrize(("code", "quality"), [("0", Quality.VALID), ("20", Quality.SUSPECT), ("160", Quality.MISSING)])
def test_quality_by_the_river_systems_codes(code: str, quality: Quality) -> None:
    """stgCcd: 20 is a change faster than expected, kept for a second sample; 160 was not received."""
    mapping = STAGES + '[quality]\nfrom = "flag"\ncodes = "stgCcd"\n'
    (reading,) = readings(made(mapping, f"gauge,time,level,flag\ng1,2026-09-21T15:00,1.0,{code}\n"))
    assert (reading.quality, reading.quality_code) == (quality, int(code))


def test_a_long_table_names_the_quantity_in_a_column() -> None:
    """One row per value; a quantity that is in no list is parked."""
    mapping = STAGES.replace(
        'quantity = "stage"\nunit = "m"',
        'quantity = { from = "item", words = { "時間雨量" = "rain_1h" } }\nunit = "mm"',
    )
    found = made(mapping, "gauge,time,item,level\ng1,2026-09-21T15:00,時間雨量,12\ng1,2026-09-21T15:00,気温,20\n")
    assert [(one.quantity, one.value) for one in readings(found)] == [("rain_1h", 12.0)]
    assert told(found) == [("line 3", "unknown_quantity")]


@pytest.mark.parametrize(
    ("written", "areas"),
    [
        ("14205", ("1420500",)),
        ("142051", ("1420500",)),
        ("1420500", ("1420500",)),
        ("14100", ("1410011", "1410012")),
        ("14101", ("1410011",)),
        ("13101", ()),
    ],
)
def test_areas_by_code(written: str, areas: tuple[str, ...]) -> None:
    """Five digits, six with the check digit, seven; a ward; Tokyo's are another's."""
    found = made(
        STAGES.replace('area.const = "14205"', 'area.from = "city"'),
        f"gauge,time,level,city\ng1,2026-09-21T15:00,1,{written}\n",
    )
    assert [one.areas for one in found.readings] == [areas]


@pytest.mark.parametrize(
    ("written", "areas"),
    [
        ("藤沢市", ("1420500",)),
        ("神奈川県藤沢市", ("1420500",)),
        ("足柄下郡湯河原町", ("1438400",)),
        ("横浜市鶴見区", ("1410011",)),
    ],
)
def test_areas_by_name(written: str, areas: tuple[str, ...]) -> None:
    """With or without prefecture and district; a ward with its city."""
    mapping = STAGES.replace('area.const = "14205"', 'area = { from = "city", by = "name" }')
    found = made(mapping, f"gauge,time,level,city\ng1,2026-09-21T15:00,1,{written}\n")
    assert [one.areas for one in found.readings] == [areas]


def test_a_name_that_nobody_knows_is_parked_or_left_out() -> None:
    """南区 alone is two wards; a source that is wider than we are says so."""
    mapping = STAGES.replace('area.const = "14205"', 'area = { from = "city", by = "name" }')
    body = "gauge,time,level,city\ng1,2026-09-21T15:00,1,南区\n"
    assert told(made(mapping, body)) == [("line 2", "unknown_area")]
    assert made('elsewhere = "skip"\n' + mapping, body).outside == 1


def test_areas_by_position() -> None:
    """藤沢駅 lies in Fujisawa's outline, 東京駅 in none of ours."""
    mapping = STAGES.replace('area.const = "14205"', 'area = { by = "point", lat = "lat", lon = "lon" }')
    body = "gauge,time,level,lat,lon\ng1,2026-09-21T15:00,1,35.338,139.488\ng2,2026-09-21T15:00,1,35.681,139.767\n"
    found = made(mapping, body)
    assert [one.areas for one in found.readings] == [("1420500",)]
    assert told(found) == [("line 3", "unknown_area")]


def test_stations_of_the_reference_by_the_number_of_another_system() -> None:
    """境川橋 is 3585_4_309 in the prefecture's system; its areas come from the reference."""
    mapping = STAGES.replace('area.const = "14205"\n', "").replace(
        'station.from = "gauge"', 'station = { from = "gauge", codes = "kanagawa_suibou" }'
    )
    found = made(mapping, HEAD + "3585_4_309,2026-09-21T15:00,1\nx,2026-09-21T15:00,1\n")
    assert [one.areas for one in found.readings] == [("1420500",)]
    assert told(found) == [("line 3", "unknown_station")]


def test_stations_that_the_mapping_places_itself() -> None:
    """Each with the areas that it matters to."""
    mapping = STAGES.replace('area.const = "14205"\n', "") + '[[stations]]\ncode = "g1"\nareas = ["14205", "14204"]\n'
    found = made(mapping, HEAD + "g1,2026-09-21T15:00,1\ng2,2026-09-21T15:00,1\n")
    assert [one.areas for one in found.readings] == [("1420500", "1420400")]
    assert told(found) == [("line 3", "unknown_station")]


def test_the_same_value_twice_counts_once_and_a_conflict_is_told() -> None:
    """The first counts; nobody picks the nicer one."""
    row = "g1,2026-09-21T15:00,1.0\n"
    found = made(STAGES, HEAD + row + row + row.replace("1.0", "2.0"))
    assert (values(found), found.repeats, told(found)) == ([1.0], 1, [("line 4", "conflict")])


@pytest.mark.parametrize(
    ("change", "body", "sentence"),
    [
        ((), "g1,2026-09-21T15:00:00,12.5cm\n", "list it under `missing` if it stands for none, or the marks"),
        (('area.const = "14205"', ""), "nobody,2026-09-21T15:00:00,1\n", "say under [area] whose it is"),
        (
            ('unit = "m"', 'unit = "m"\n[quality]\nfrom = "gauge"\nwords = { "ok" = "valid" }'),
            "g1,2026-09-21T15:00:00,1\n",
            "add it to `words` of [quality]",
        ),
    ],
)
def test_a_parked_row_says_what_to_change(change: tuple[str, str] | tuple[()], body: str, sentence: str) -> None:
    """In the mapping, or in the file."""
    (bad,) = made(STAGES.replace(*change) if change else STAGES, HEAD + body).bad
    assert sentence in bad.text
