"""川の防災情報: one batch per municipality and poll, only what is new, one step back while a file is late."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.places import Places
from connectors.river.kawabou import KawabouSource
from connectors.rows import BadFeeds
from connectors.source import Answer, Failed, New, Parsed, Unchanged
from schemas.records.observed import PollOutcome, ReadingBatch
from schemas.stations import Gauge
from tests.unit.connectors.answers import Written
from tests.unit.connectors.writing import AT, KANAGAWA, ROW, polled, stage, stage_file

SITE = "https://www.river.go.jp/kawabou/"
CLOCK = f"{SITE}file/system/tmCrntTime.json"
SAKAI, NIIZAKI = "3585_4_309", "3585_4_808"
ROWS = replace(ROW, id="kawabou-stage", kind="kawabou", url=SITE, stations=(SAKAI, NIIZAKI))
FUJISAWA, YUGAWARA = "14205", "14384"


def clock(time: str) -> bytes:
    """The site's clock."""
    return f'{{"crntObsTime": "2026/09/21 {time}"}}'.encode()


def file(station: str, time: str) -> str:
    """The address of a station's file of a slot."""
    return f"{SITE}file/files/tmlist/stg/20260921/{time}/{station}.json"


async def poll(answers: dict[str, Answer | bytes], cursor: str | None = None, minutes: int = 0) -> Parsed:
    """One poll at 15:00 JST plus `minutes`, to its records."""
    source = KawabouSource(ROWS, KANAGAWA)
    at = AT + timedelta(minutes=minutes)
    return source.parse(polled(await source.poll(cursor, Written(answers, at), at), at))


def batches(parsed: Parsed) -> dict[str, ReadingBatch]:
    """The batches by municipality."""
    return {record.municipality: record for record in parsed.records if isinstance(record, ReadingBatch)}


def values(parsed: Parsed, municipality: str) -> list[float | None]:
    """The values of a municipality's batch."""
    return [reading.value for reading in batches(parsed)[municipality].readings]


BOTH: dict[str, Answer | bytes] = {
    CLOCK: clock("15:00"),
    file(SAKAI, "1500"): stage_file(stage(60, 4.63), stage(50, 4.48)),
    file(NIIZAKI, "1500"): stage_file(stage(60, 0.31)),
}


async def test_one_batch_per_municipality() -> None:
    """境川橋 is Fujisawa's, 新崎橋 Yugawara's."""
    found = batches(await poll(BOTH))
    assert set(found) == {FUJISAWA, YUGAWARA}
    assert [(r.value, r.station) for r in found[FUJISAWA].readings] == [(4.48, SAKAI), (4.63, SAKAI)]
    assert {batch.outcome for batch in found.values()} == {PollOutcome.NEW}
    assert found[FUJISAWA].stations == (SAKAI,)


async def test_the_same_slot_again_is_unchanged_and_still_a_batch() -> None:
    """Somebody asked, and nothing was new: that is news about silence."""
    first = await poll(BOTH)
    found = batches(await poll({CLOCK: clock("15:00")}, first.cursor, 1))
    assert {(batch.outcome, batch.readings, batch.reason) for batch in found.values()} == {
        (PollOutcome.UNCHANGED, (), None)
    }


async def test_history_fills_the_gap_of_an_outage() -> None:
    """Only what is newer than the newest value that was sent, and all of that."""
    first = await poll(BOTH)
    later: dict[str, Answer | bytes] = {
        CLOCK: clock("15:30"),
        file(SAKAI, "1530"): stage_file(*(stage(m, m / 10) for m in (90, 80, 70, 60, 50))),
        file(NIIZAKI, "1530"): stage_file(stage(90, 0.5)),
    }
    assert values(await poll(later, first.cursor, 31), FUJISAWA) == [7.0, 8.0, 9.0]


async def test_a_value_that_was_missing_comes_when_it_is_there() -> None:
    """No value is told once; the value itself is not held back by it."""
    first = await poll(BOTH | {file(SAKAI, "1500"): stage_file(stage(60, 0, 160), stage(50, 4.48))})
    assert values(first, FUJISAWA) == [4.48, None]
    filled: dict[str, Answer | bytes] = {
        CLOCK: clock("15:10"),
        file(SAKAI, "1510"): stage_file(stage(70, 4.75), stage(60, 4.63)),
    }
    assert values(await poll(filled, first.cursor, 11), FUJISAWA) == [4.63, 4.75]


async def test_a_slot_that_fills_in_after_a_newer_value_still_comes() -> None:
    """14:50 was missing, 15:00 was sent; a later file has 14:50 after all."""
    first = await poll(BOTH | {file(SAKAI, "1500"): stage_file(stage(60, 4.63), stage(50, 0, 160), stage(40, 4.30))})
    assert values(first, FUJISAWA) == [4.30, None, 4.63]
    filled: dict[str, Answer | bytes] = {
        CLOCK: clock("15:10"),
        file(SAKAI, "1510"): stage_file(*(stage(m, m / 10) for m in (70, 60, 50, 40))),
    }
    second = await poll(filled, first.cursor, 11)
    assert values(second, FUJISAWA) == [5.0, 7.0]
    assert values(await poll(filled, second.cursor, 21), FUJISAWA) == []


async def test_the_clock_of_warnings_stands_in_for_that_of_observations() -> None:
    """rwCrntTime runs in steps of five minutes: the slot is the ten minutes below."""
    other = SITE + "file/system/rwCrntTime.json"
    answers = BOTH | {CLOCK: b"<html>", other: b'{"crntRwTime": "2026/09/21 15:05"}'}
    assert values(await poll(answers), FUJISAWA) == [4.48, 4.63]


async def test_a_late_file_is_taken_from_the_slot_before_and_asked_for_again() -> None:
    """404 for 15:00: 14:50 counts for now; the next poll fetches 15:00 though the site's clock stands."""
    late: dict[str, Answer | bytes] = BOTH | {file(SAKAI, "1450"): stage_file(stage(50, 4.48))}
    del late[file(SAKAI, "1500")]
    first = await poll(late)
    assert values(first, FUJISAWA) == [4.48]
    network = Written(BOTH)
    again = await KawabouSource(ROWS, KANAGAWA).poll(first.cursor, network, AT)
    assert isinstance(again, New)
    assert network.asked == [CLOCK, file(SAKAI, "1500")]


async def test_no_file_at_all_is_a_failed_batch_of_that_municipality_only() -> None:
    """Neither 15:00 nor 14:50."""
    answers = dict(BOTH)
    del answers[file(SAKAI, "1500")]
    found = batches(await poll(answers))
    assert found[FUJISAWA].outcome is PollOutcome.FAILED
    assert "15:00 JST" in (found[FUJISAWA].reason or "")
    assert found[YUGAWARA].outcome is PollOutcome.NEW


@pytest.mark.parametrize(
    "answer",
    [Failed("http_500", "500"), b"<html>", b'{"crntObsTime": ""}', b'{"crntObsTime": "2026/09/21 18:00"}'],
)
async def test_a_failed_poll_is_a_failed_batch_for_everyone(answer: Answer | bytes) -> None:
    """Failure is not absence: with a reason, without readings, and the cursor stays."""
    parsed = await poll({CLOCK: answer})
    assert {batch.outcome for batch in batches(parsed).values()} == {PollOutcome.FAILED}
    assert all(batch.reason for batch in batches(parsed).values())
    assert parsed.cursor is None


async def test_a_file_that_cannot_be_read_is_parked_for_its_municipality() -> None:
    """The other station goes on."""
    parsed = await poll(BOTH | {file(SAKAI, "1500"): b"\x00garbage"})
    assert [(parked.reason, parked.municipality) for parked in parsed.parked] == [("not_json", FUJISAWA)]
    assert values(parsed, YUGAWARA) == [0.31]


async def test_a_bad_row_is_told_until_something_newer_is_read() -> None:
    """It stays in the file's history for hours: not a dead letter each time."""
    bad = stage_file(stage(60, 4.63), stage(50, "x"))
    first = await poll(BOTH | {file(SAKAI, "1500"): bad})
    again = BOTH | {CLOCK: clock("15:10"), file(SAKAI, "1510"): stage_file(stage(70, 4.75), stage(50, "x"))}
    second = await poll(again, first.cursor, 11)
    assert [[parked.reason for parked in parsed.parked] for parsed in (first, second)] == [["not_a_number"], []]


async def test_a_clock_that_went_back_brings_nothing() -> None:
    """An older slot than the one that was read is no news."""
    first = await poll(BOTH)
    network = Written({CLOCK: clock("14:30")})
    result = await KawabouSource(ROWS, KANAGAWA).poll(first.cursor, network, AT)
    assert isinstance(result, Unchanged)
    assert network.asked == [CLOCK]


async def test_a_repeat_after_a_crash_has_the_same_id() -> None:
    """The same readings, polled later: recognised. Empty batches are told apart by their time."""
    first, again = batches(await poll(BOTH)), batches(await poll(BOTH, None, 1))
    assert {b.id for b in first.values()} == {b.id for b in again.values()}
    failed = [batches(await poll({}, None, minutes))[FUJISAWA].id for minutes in (0, 1)]
    assert len(set(failed)) == 2


def test_a_station_that_no_reference_knows_stops_the_start() -> None:
    """With a sentence that says where to add it."""
    with pytest.raises(BadFeeds, match=r"gauges\.toml"):
        KawabouSource(replace(ROWS, stations=("0000",)), KANAGAWA)


def test_without_stations_every_gauge_with_a_real_number_is_polled() -> None:
    """A stand-in number is not asked for on the real site."""
    found = KawabouSource(replace(ROWS, stations=()), KANAGAWA).stations
    assert SAKAI not in found
    assert all(len(gauge.codes["kawabou"]) == 13 for gauge in found.values())


async def test_a_gauge_that_matters_to_three_is_sent_to_all_three() -> None:
    """Each in its own batch."""
    three = ("14205", "14207", "14321")
    gauge: Gauge = replace(KANAGAWA.gauges[SAKAI], municipalities=three)
    places = Places(KANAGAWA.areas, {}, {SAKAI: gauge}, KANAGAWA.areas_of)
    source = KawabouSource(replace(ROWS, stations=(SAKAI,)), places)
    found = batches(source.parse(polled(await source.poll(None, Written(BOTH), AT))))
    assert set(found) == set(three)
    assert {batch.readings for batch in found.values()} == {found[FUJISAWA].readings}


@given(st.lists(st.sets(st.integers(0, 11), min_size=1), min_size=1, max_size=6))
async def test_whatever_a_file_shows_each_value_is_sent_at_most_once(shown: list[set[int]]) -> None:
    """Files overlap, polls repeat, slots fill in late: no value twice, none from the first one on left out."""
    sent: list[int] = []
    cursor = None
    for number, slots in enumerate(shown):
        answers: dict[str, Answer | bytes] = {
            CLOCK: clock(f"15:{number}0"),
            file(SAKAI, f"15{number}0"): stage_file(*(stage(slot * 10, slot + 0.5) for slot in slots)),
        }
        parsed = await poll(answers, cursor, 60)
        cursor = parsed.cursor
        new = [int(value or 0) for value in values(parsed, FUJISAWA)]
        assert new == sorted(new)
        sent += new
    assert len(sent) == len(set(sent))
    assert set(sent) == {slot for slots in shown for slot in slots if slot >= min(shown[0])}
