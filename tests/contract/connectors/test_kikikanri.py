"""川の水位情報 as a source: who is in the list is sent once, who is not stands below its start level."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.river.kikikanri import KikikanriSource
from connectors.rows import BadFeeds
from connectors.source import Answer, Failed, Got, New, Parsed, Same, Unchanged, Validators
from schemas.records.observed import PollOutcome, Quality, Reading, ReadingBatch
from tests.contract.connectors.test_crisis import GOOD, hours, items
from tests.unit.connectors.answers import Written
from tests.unit.connectors.writing import AT, KANAGAWA, ROW, payload, polled

URL = "https://k.river.go.jp/swin/files/area_info/current/14000.json"
LIST = replace(ROW, id="kikikanri", kind="kikikanri", url=URL)
OKUDA, FUJISAWA = "1400000015", "14205"
TOKYO = {"code": "1300000001", "obsTime": "2026-09-21T14:50:00+09:00", "level": 1.0, "over": 1}


async def poll(answer: Answer | bytes, cursor: str | None = None, at: datetime = AT) -> Parsed:
    """One poll, to its records."""
    source = KikikanriSource(LIST, KANAGAWA)
    return source.parse(polled(await source.poll(cursor, Written({URL: answer}, at), at), at))


def batch(parsed: Parsed, municipality: str = FUJISAWA) -> ReadingBatch:
    """What one municipality got."""
    (found,) = [r for r in parsed.records if isinstance(r, ReadingBatch) and r.municipality == municipality]
    return found


async def test_a_gauge_in_the_list_is_sent_to_its_municipality_once() -> None:
    """奥田橋 in Fujisawa; a gauge of Tokyo is nobody's here."""
    first = await poll(items(GOOD, TOKYO))
    assert [(r.station, r.value, r.unit) for r in batch(first).readings] == [(OKUDA, 3.68, "m")]
    assert first.parked == ()
    again = await poll(items(GOOD, TOKYO), first.cursor)
    assert (batch(again).outcome, batch(again).readings) == (PollOutcome.UNCHANGED, ())


async def test_a_gauge_that_is_not_in_the_list_has_no_reading_and_no_failure() -> None:
    """Below the start level nothing is measured; the municipality still hears that somebody asked."""
    parsed = await poll(items())
    assert (batch(parsed).outcome, batch(parsed).reason, batch(parsed).readings) == (PollOutcome.UNCHANGED, None, ())
    assert OKUDA in batch(parsed).stations


async def test_a_gauge_that_leaves_the_list_from_near_its_start_level_fell_asleep() -> None:
    """奥田橋 starts at 1.96 m: from 2.10 m it fell below. Told once, without a value."""
    first = await poll(items(GOOD | {"level": 2.10}))
    second = await poll(items(), first.cursor)
    assert [(r.value, r.quality, r.quality_code) for r in batch(second).readings] == [(None, Quality.CLOSED, 0)]
    third = await poll(items(), second.cursor, AT + timedelta(minutes=10))
    assert batch(third).readings == ()
    woken = items(GOOD | {"obsTime": "2026-09-21T15:10:00+09:00"})
    fourth = await poll(woken, third.cursor, AT + timedelta(minutes=20))
    assert [r.value for r in batch(fourth).readings] == [3.68]


async def test_a_gauge_that_leaves_the_list_from_high_up_is_no_sleeper() -> None:
    """From 5.00 m, 1.55 m under its overflow stage: nothing is said for it, its silence speaks."""
    first = await poll(items(GOOD | {"level": 5.00}))
    second = await poll(items(), first.cursor)
    assert batch(second).readings == ()
    assert OKUDA in batch(second).stations


@pytest.mark.parametrize("answer", [Failed("http_503", "503"), b"<html>", b'{"error": 1}'])
async def test_what_is_no_list_is_a_failed_poll(answer: Answer | bytes) -> None:
    """Failure is not absence: nobody is below their start level because a page says "maintenance"."""
    parsed = await poll(answer)
    assert batch(parsed).outcome is PollOutcome.FAILED
    assert parsed.cursor is None


async def test_not_modified_is_unchanged() -> None:
    """And the validators are kept for the next time."""
    first = await poll(items(GOOD))
    network = Written({URL: Same()})
    result = await KikikanriSource(LIST, KANAGAWA).poll(first.cursor, network, AT)
    assert isinstance(result, Unchanged)
    assert network.conditions == [Validators('"e1"', None)]


async def test_another_overflow_stage_than_ours_is_told_once() -> None:
    """The published stage changed, or ours is wrong: rules go by ours until somebody looks."""
    changed = GOOD | {"fladLevel": 6.80}
    first = await poll(items(changed))
    assert [(parked.reason, "6.8 m" in parked.text) for parked in first.parked] == [("threshold_changed", True)]
    later = changed | {"obsTime": "2026-09-21T15:00:00+09:00"}
    second = await poll(items(later), first.cursor)
    assert (len(batch(second).readings), second.parked) == (1, ())


async def test_bad_gauges_of_others_are_not_ours_to_tell() -> None:
    """Of the same file."""
    ours, theirs = GOOD | {"level": "x"}, TOKYO | {"level": "x"}
    parsed = await poll(items(ours, theirs))
    assert [(parked.reason, OKUDA in parked.text) for parked in parsed.parked] == [("not_a_number", True)]


async def test_a_new_gauge_of_the_prefecture_is_told_once() -> None:
    """It is in the list and in no reference: somebody has to place it. One of Tokyo is nobody's here."""
    new = GOOD | {"code": "1400000999", "name": "新設橋", "prefCode": "14000"}
    first = await poll(items(GOOD, new, TOKYO))
    assert [(p.reason, "1400000999 新設橋" in p.text) for p in first.parked] == [("unknown_station", True)]
    second = await poll(items(GOOD, new), first.cursor)
    assert second.parked == ()


async def test_a_gauge_without_a_number_is_told() -> None:
    """It could be ours."""
    parsed = await poll(items(GOOD, GOOD | {"code": None}))
    assert [one.reason for one in parsed.parked] == ["unknown_station"]


async def test_a_frozen_list_keeps_its_own_time() -> None:
    """Its Last-Modified says how old it is, though it answers."""
    old = replace(payload(items(GOOD)), url=URL, headers={"last-modified": "Mon, 21 Sep 2026 01:00:00 GMT"})
    result = await KikikanriSource(LIST, KANAGAWA).poll(None, Written({URL: Got(old, Validators())}), AT)
    assert isinstance(result, New)
    assert result.content_at == AT - timedelta(hours=5)


@given(st.lists(st.none() | st.tuples(st.integers(0, 40), st.integers(0, 4)), min_size=1, max_size=8))
async def test_whoever_comes_and_goes_each_observation_is_sent_once(lists: list[tuple[int, int] | None]) -> None:
    """A list has the gauge with an observation (slot, height) or not; older ones may come back."""
    cursor = None
    sent: list[Reading] = []
    heights: dict[int, int] = {}
    for number, shown in enumerate(lists):
        rows = []
        if shown is not None:
            slot, height = shown[0], heights.setdefault(*shown)
            at = AT - timedelta(minutes=10 * slot)
            rows = [GOOD | {"obsTime": at.isoformat(), "level": 2.0 + height}]
        parsed = await poll(items(*rows), cursor, AT + timedelta(minutes=2 * number))
        cursor = parsed.cursor
        sent += batch(parsed).readings
    valued = [reading.observed_at for reading in sent if reading.value is not None]
    assert len(valued) == len(set(valued))
    shown_at = [AT - timedelta(minutes=10 * shown[0]) for shown in lists if shown is not None]
    assert set(valued) <= set(shown_at)
    assert not shown_at or max(shown_at) in valued
    assert sum(reading.value is None for reading in sent) <= sum(shown is not None for shown in lists)


async def test_a_recorded_night_goes_through_hour_by_hour(recorded: Callable[[str], Path]) -> None:
    """2026-06-02 to 04: every distinct observation of a gauge of ours goes out exactly once; the peak is there."""
    bodies = sorted(hours(recorded), key=lambda body: json.loads(body)["generatedAt"])
    ours = {gauge.codes["kikikanri"] for gauge in KANAGAWA.gauges.values() if "kikikanri" in gauge.codes}
    rows = [row for body in bodies for row in json.loads(body)["items"]]
    expected = {(row["code"], datetime.fromisoformat(row["obsTime"])) for row in rows if row["code"] in ours}
    cursor, sent = None, []
    for body in bodies:
        at = datetime.fromisoformat(json.loads(body)["generatedAt"])
        parsed = await poll(body, cursor, at)
        cursor = parsed.cursor
        found = [r for record in parsed.records if isinstance(record, ReadingBatch) for r in record.readings]
        sent += list(dict.fromkeys(found))  # a border gauge goes to both of its municipalities
    measured = [r for r in sent if r.value is not None]
    assert sorted((r.station, r.observed_at) for r in measured) == sorted(expected)
    assert {r.quality for r in sent if r.value is None} == {Quality.CLOSED}
    peak = max((r for r in measured if r.station == OKUDA), key=lambda r: r.value or 0)
    assert (peak.value, peak.quality) == (3.68, Quality.VALID)


def test_a_station_without_a_number_there_stops_the_start() -> None:
    """With the file to look at."""
    with pytest.raises(BadFeeds, match=r"kikikanri.*gauges\.toml"):
        KikikanriSource(replace(LIST, stations=("3585_4_309",)), KANAGAWA)
