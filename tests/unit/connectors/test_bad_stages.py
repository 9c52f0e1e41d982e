"""Bad stage files: a bad row is parked and the others go on; a file that says nothing is parked."""

import contextlib
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.readings.times import read_jst
from connectors.river.stages import Stages, read_slot, read_stages
from connectors.source import Park
from schemas.records.observed import Quality
from tests.unit.connectors.writing import AT, stage, stage_file

GOOD = stage(0)


def read(body: bytes) -> Stages:
    """As the source does, at 15:00 JST."""
    return read_stages(body, "3585_4_309", "3585_4_309", AT)


ROWS = {
    "a text for a value": (stage(10, "1.20"), "not_a_number"),
    "true for a value": (stage(10, True), "not_a_number"),
    "a list for a value": (stage(10, [1.2]), "not_a_number"),
    "a value that no river has": (stage(10, 12345.6), "out_of_range"),
    "a very negative value": (stage(10, -51.0), "out_of_range"),
    "an hour ahead": (stage(120), "future_time"),
    "no time": ({"stg": 1.0, "stgCcd": 0}, "missing_time"),
    "another format of time": ({"obsTime": "2026-09-21T14:10", "stg": 1.0, "stgCcd": 0}, "bad_time"),
    "the 31st of September": ({"obsTime": "2026/09/31 14:10", "stg": 1.0, "stgCcd": 0}, "bad_time"),
    "25 o'clock": ({"obsTime": "2026/09/21 25:10", "stg": 1.0, "stgCcd": 0}, "bad_time"),
    "a text for a quality": (stage(10, 1.0, "0"), "bad_quality"),
    "a quality beyond a byte": (stage(10, 1.0, 900), "bad_quality"),
    "a number for a row": (17, "bad_row"),
    "another value for the same time": (stage(0, 3.0), "conflict"),
}


@pytest.mark.parametrize("name", ROWS)
def test_a_bad_row_is_told_and_the_others_go_on(name: str) -> None:
    """One good reading, one reason."""
    row, reason = ROWS[name]
    found = read(stage_file(GOOD, row))
    assert [reading.value for reading in found.readings] == [1.0]
    assert [bad.reason for bad in found.bad] == [reason]


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity", "1e400"])
def test_what_is_no_number_in_json_is_one_bad_row(constant: str) -> None:
    """It must not hold up the row beside it."""
    body = stage_file(GOOD, stage(10, 2.0)).replace(b"2.0", constant.encode())
    assert [bad.reason for bad in read(body).bad] == ["not_a_number"]
    assert len(read(body).readings) == 1


FILES = {
    "nothing": (b"", "empty"),
    "an HTML page": (b"<html></html>", "not_json"),
    "cut": (stage_file(GOOD)[:-9], "not_json"),
    "a list": (b"[]", "not_json"),
    "nested 100,000 deep": (b'{"a":' + b"[" * 100_000, "not_json"),
    "bytes that are no UTF-8": (b'{"min10Values": "\xff"}', "not_json"),
    "no values": (b"{}", "no_values"),
    "an empty list": (stage_file(), "no_values"),
    "an object for the list": (b'{"min10Values": {"stg": 1}}', "no_values"),
    "another station": (stage_file(GOOD, obsFcd="0204900400001"), "unknown_station"),
    "a year of values": (stage_file(*([GOOD] * 5001)), "too_many_values"),
    "another station inside": (stage_file(GOOD, obsValue={"obsFcd": "1"} | GOOD), "unknown_station"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_says_nothing_is_parked(name: str) -> None:
    """With its reason."""
    body, reason = FILES[name]
    with pytest.raises(Park) as parked:
        read(body)
    assert parked.value.reason == reason


@pytest.mark.parametrize("value", [-0.42, -1.5, 0.0, 5.01])
def test_a_negative_stage_is_a_stage(value: float) -> None:
    """Tidal sites fall below their zero: below zero is no sign of "no value"."""
    (reading,) = read(stage_file(stage(0, value))).readings
    assert (reading.value, reading.quality, reading.unit) == (value, Quality.VALID, "m")


@pytest.mark.parametrize("value", [-9999.99, -999999, None])
def test_a_sentinel_is_no_value(value: float | None) -> None:
    """Missing, not a river that fell by a kilometre."""
    (reading,) = read(stage_file(stage(0, value))).readings
    assert (reading.value, reading.quality) == (None, Quality.MISSING)


@pytest.mark.parametrize(
    ("code", "quality", "value"),
    [
        (0, Quality.VALID, 0.0),
        (10, Quality.SUSPECT, 0.0),
        (20, Quality.SUSPECT, 0.0),
        (30, Quality.STUCK, 0.0),
        (40, Quality.CLOSED, None),
        (50, Quality.VALID, 0.0),
        (70, Quality.VALID, 0.0),
        (99, Quality.SUSPECT, 0.0),
        (None, Quality.SUSPECT, 0.0),
        (130, Quality.CLOSED, None),
        (140, Quality.CLOSED, None),
        (150, Quality.CLOSED, None),
        (160, Quality.MISSING, None),
        (190, Quality.MISSING, None),
        (222, Quality.MISSING, None),
    ],
)
def test_the_quality_code_decides_whether_there_is_a_value(
    code: int | None, quality: Quality, value: float | None
) -> None:
    """stg 0 with code 140 is a closed gauge, not a river at zero."""
    (reading,) = read(stage_file(stage(0, 0, code))).readings
    assert (reading.quality, reading.value, reading.quality_code) == (quality, value, code)


def test_the_same_row_again_counts_once() -> None:
    """In the list twice, as the hourly value and as the newest one."""
    found = read(stage_file(GOOD, GOOD, stage(10, 1.2), hrValues=[GOOD], obsValue=stage(10, 1.2)))
    assert ([reading.value for reading in found.readings], found.bad) == ([1.0, 1.2], ())


def test_readings_come_in_the_order_of_their_times() -> None:
    """The first in the file is not the oldest, or the newest."""
    found = read(stage_file(stage(20, 3.0), stage(0, 1.0), stage(10, 2.0)))
    assert [reading.value for reading in found.readings] == [1.0, 2.0, 3.0]


def test_times_are_jst_and_midnight_may_be_24_00() -> None:
    """The source declares its zone; 24:00 is the day's end."""
    assert read_jst("2026/09/21 24:00", "t") == datetime(2026, 9, 21, 15, 0, tzinfo=UTC)
    assert read_slot(b'{"crntObsTime": "2026/09/21 15:00"}') == datetime(2026, 9, 21, 6, 0, tzinfo=UTC)


def test_five_minutes_ahead_is_a_clock_not_a_fault() -> None:
    """Clocks differ."""
    assert len(read(stage_file(stage(65))).readings) == 1
    assert [bad.reason for bad in read(stage_file(stage(66), GOOD)).bad] == ["future_time"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
ROW = st.fixed_dictionaries({}, optional={"obsTime": JSON | st.just("2026/09/21 14:00"), "stg": JSON, "stgCcd": JSON})


@given(st.lists(ROW | JSON, max_size=6), JSON, JSON)
def test_no_json_makes_the_reader_raise(rows: list[object], newest: object, station: object) -> None:
    """Readings and reasons, or one reason for all: nothing else leaves it, and nothing is left out in silence."""
    body = json.dumps({"min10Values": rows, "obsValue": newest, "obsFcd": "3585_4_309", "hrValues": station}).encode()
    try:
        found = read(body)
    except Park:
        return
    assert len(found.readings) + len(found.bad) >= 1
    assert len({reading.observed_at for reading in found.readings}) == len(found.readings)


@given(st.binary(max_size=200))
def test_no_bytes_make_the_reader_raise(body: bytes) -> None:
    """Readings or a reason: whatever else left it would fail here."""
    with contextlib.suppress(Park):
        read(body)
