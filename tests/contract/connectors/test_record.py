"""Kanagawa's ten-minute records: two recorded gauges whole, their gaps, and tables that are none."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.river.record import Record, read_record
from connectors.river.recorded import RecordSource
from connectors.rows import BadFeeds
from connectors.source import Answer, Failed, Missing, Park, Parsed, Same
from schemas.records.observed import PollOutcome, Quality, ReadingBatch
from tests.unit.connectors.answers import Written
from tests.unit.connectors.writing import AT, KANAGAWA, ROW, polled

URL = "https://records.example/niizaki.csv"
NIIZAKI, YUGAWARA, SAKAI = "3585_4_808", "14384", "3585_4_309"
TABLE = replace(ROW, id="niizaki", kind="kanagawa-record", url=URL, stations=(NIIZAKI,))
RAIN = {"南郷山": "南郷山", "白銀山": "白銀山"}
NOW = datetime(2026, 12, 1, tzinfo=UTC)
HEAD = "timestamp,level_m,status,南郷山_10分mm"


def table(*lines: str, head: str = HEAD) -> bytes:
    """A table with a byte order mark, as recorded."""
    return ("\ufeff" + "\n".join((head, *lines)) + "\n").encode()


def at(minute: int) -> str:
    """A time of 2026-09-21, minutes after 14:00 JST."""
    return f"2026-09-21T{14 + minute // 60:02d}:{minute % 60:02d}:00+09:00"


def values(found: Record, quantity: str = "stage") -> list[float | None]:
    """The values of one quantity, oldest first."""
    return [reading.value for reading in found.readings if reading.quantity == quantity]


async def poll(answer: Answer | bytes, cursor: str | None = None) -> Parsed:
    """One poll, to its records."""
    source, now = RecordSource(TABLE, KANAGAWA), AT + timedelta(hours=2)
    return source.parse(polled(await source.poll(cursor, Written({URL: answer}, now), now), now))


def batch(parsed: Parsed) -> ReadingBatch:
    """What Yugawara got."""
    (found,) = [record for record in parsed.records if isinstance(record, ReadingBatch)]
    assert found.municipality == YUGAWARA
    return found


def test_the_rise_of_the_sakai_and_the_gap_at_its_crest(recorded: Callable[[str], Path]) -> None:
    """Highest 5.01 m at 15:50 JST on 2026-09-21; then nothing until 19:00: no value is made up in between."""
    body = recorded("river/sakaigawa_10min/sakaigawabashi_level_10min_20260920-0923.csv").read_bytes()
    found = read_record(body, SAKAI, {}, NOW)
    assert (len(found.readings), found.bad) == (313, ())
    crest = max(found.readings, key=lambda reading: reading.value or 0)
    assert (crest.value, crest.observed_at) == (5.01, datetime(2026, 9, 21, 6, 50, tzinfo=UTC))
    after = next(r for r in found.readings if r.observed_at > crest.observed_at)
    assert after.observed_at == datetime(2026, 9, 21, 10, 0, tzinfo=UTC)


def test_two_months_of_the_niizaki(recorded: Callable[[str], Path]) -> None:
    """The newest week of 8,397 slots, stages and rain; 浅間山's column never had a value and is nobody's failure."""
    levels = read_record(recorded("river/niizaki_10min/niizaki_waterlevel.csv").read_bytes(), NIIZAKI, {}, NOW)
    assert (len(levels.readings), levels.bad) == (1008, ())
    assert levels.readings[-1].observed_at == datetime(2026, 8, 8, 18, 30, tzinfo=UTC)
    both = read_record(recorded("river/niizaki_10min/combined_10min.csv").read_bytes(), NIIZAKI, RAIN, NOW)
    assert both.unknown == ("浅間山",)
    assert {r.station for r in both.readings} == {NIIZAKI, "南郷山", "白銀山"}
    assert [r.value for r in both.readings if r.station == NIIZAKI][-1] == 0.06


@pytest.mark.parametrize(
    ("line", "value", "quality"),
    [
        (f"{at(0)},0.07,ok,0", 0.07, Quality.VALID),
        (f"{at(0)},-0.31,ok,0", -0.31, Quality.VALID),
        (f"{at(0)},,missing,0", None, Quality.MISSING),
        (f"{at(0)},0.07,missing,0", None, Quality.MISSING),
        (f"{at(0)},,ok,0", None, Quality.MISSING),
    ],
)
def test_missing_stays_missing(line: str, value: float | None, quality: Quality) -> None:
    """Never 0 m; and the rain beside it is read."""
    found = read_record(table(line), NIIZAKI, RAIN, NOW)
    (stage,) = [reading for reading in found.readings if reading.quantity == "stage"]
    assert (stage.value, stage.quality, values(found, "rain_10min")) == (value, quality, [0.0])


def test_a_value_that_the_record_doubts_needs_a_second_sample() -> None:
    """`suspect` is the recorder's own word; its times are JST without saying so."""
    found = read_record(table("2026-09-21T15:00:00,2.5,True", head="observed_at,value,suspect"), SAKAI, {}, NOW)
    (reading,) = found.readings
    assert (reading.quality, reading.observed_at) == (Quality.SUSPECT, AT)


BAD = {
    "a text for a level": (f"{at(10)},high,ok,0", "not_a_number"),
    "no number": (f"{at(10)},nan,ok,0", "not_a_number"),
    "an endless number": (f"{at(10)},1e999,ok,0", "not_a_number"),
    "a level of no river": (f"{at(10)},99999,ok,0", "out_of_range"),
    "no time": (",0.1,ok,0", "missing_time"),
    "a time that is none": ("noon,0.1,ok,0", "bad_time"),
    "a time ahead": ("2027-01-01T00:00:00+09:00,0.1,ok,0", "future_time"),
    "another value for the same time": (f"{at(0)},0.09,ok,0", "conflict"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_line_is_told_with_its_number_and_the_others_go_on(name: str) -> None:
    """Line 3 of the file."""
    line, reason = BAD[name]
    found = read_record(table(f"{at(0)},0.07,ok,0", line), NIIZAKI, RAIN, NOW)
    assert values(found)[0] == 0.07
    assert [(row.reason, "line 3" in row.text) for row in found.bad] == [(reason, True)]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty"),
        (b"a,b\n1,2\n", "no_values"),
        (b"timestamp,wind\n", "no_values"),
        (b'timestamp,level_m\n"' + b"x" * 200_000, "bad_table"),
        ("timestamp,level_m\n".encode("utf-16"), "not_utf8"),
        ("timestamp,水位\n".encode("shift_jis"), "not_utf8"),
    ],
)
def test_what_is_no_record_is_parked(body: bytes, reason: str) -> None:
    """With its reason."""
    with pytest.raises(Park) as parked:
        read_record(body, NIIZAKI, RAIN, NOW)
    assert parked.value.reason == reason


async def test_stage_and_rain_go_to_the_municipality_once() -> None:
    """新崎橋 and the rain gauges of its catchment are Yugawara's."""
    body = table(f"{at(0)},0.07,ok,1.5", f"{at(10)},0.08,ok,0")
    first = await poll(body)
    assert [(r.station, r.value) for r in batch(first).readings if r.quantity == "rain_10min"] == [
        ("南郷山", 1.5),
        ("南郷山", 0.0),
    ]
    assert batch(first).stations == (NIIZAKI, "南郷山", "浅間山", "白銀山")
    again = await poll(body, first.cursor)
    assert (batch(again).outcome, batch(again).readings) == (PollOutcome.UNCHANGED, ())


async def test_a_line_that_was_missing_comes_when_it_is_filled_in() -> None:
    """The table is rewritten behind its newest line."""
    first = await poll(table(f"{at(0)},0.07,ok,0", f"{at(20)},0.09,ok,0"))
    second = await poll(table(*(f"{at(m)},0.{m + 10},ok,0" for m in (0, 10, 20, 30))), first.cursor)
    assert [r.value for r in batch(second).readings if r.quantity == "stage"] == [0.2, 0.4]


async def test_bad_lines_are_told_once_as_the_table_grows() -> None:
    """Only those behind the ones that were told."""
    lines = [f"{at(0)},0.07,ok,0", "noon,0.1,ok,0"]
    first = await poll(table(*lines))
    second = await poll(table(*lines, "night,0.1,ok,0"), first.cursor)
    assert [[p.reason for p in parsed.parked] for parsed in (first, second)] == [["bad_time"], ["bad_time"]]
    assert "line 4" in second.parked[0].text


@pytest.mark.parametrize("answer", [Failed("http_500", "500"), Missing(URL), b"<html>"])
async def test_a_failed_poll_is_a_failed_batch(answer: Answer | bytes) -> None:
    """Failure is not absence."""
    parsed = await poll(answer)
    assert (batch(parsed).outcome, parsed.cursor) == (PollOutcome.FAILED, None)


async def test_not_modified_is_unchanged() -> None:
    """And its content is as old as its newest line."""
    first = await poll(table(f"{at(0)},0.07,ok,0"))
    parsed = await poll(Same(), first.cursor)
    assert (batch(parsed).outcome, parsed.content_at) == (PollOutcome.UNCHANGED, AT - timedelta(hours=1))


@given(st.lists(st.sets(st.integers(0, 11), min_size=1), min_size=1, max_size=6))
async def test_whatever_the_table_shows_each_value_is_sent_once(shown: list[set[int]]) -> None:
    """Lines appear in any order, and stay or go: no value twice, none from the first one on left out."""
    sent: list[float | None] = []
    cursor = None
    for slots in shown:
        parsed = await poll(table(*(f"{at(10 * n)},{n},ok," for n in sorted(slots))), cursor)
        cursor = parsed.cursor
        sent += [r.value for r in batch(parsed).readings if r.quantity == "stage"]
    assert len(sent) == len(set(sent))
    assert set(sent) == {float(n) for slots in shown for n in slots if n >= min(shown[0])}


@pytest.mark.parametrize("stations", [(), ("0000",), (NIIZAKI, SAKAI)])
def test_a_row_names_its_one_gauge(stations: tuple[str, ...]) -> None:
    """A table does not say whose it is."""
    with pytest.raises(BadFeeds, match="name the one gauge"):
        RecordSource(replace(TABLE, stations=stations), KANAGAWA)
