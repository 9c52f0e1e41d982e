"""AMeDAS rain: recorded tables and a recorded station, maps of slots, flags, and a source that fills an hour's gap."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.rain.amedas import AmedasSource
from connectors.rain.observations import read_hourly, read_map, read_point, read_slot_name, slot_name
from connectors.rows import BadFeeds
from connectors.source import Answer, Failed, Park, Parsed, Unchanged
from schemas.records.observed import PollOutcome, Quality, Reading, ReadingBatch
from tests.unit.connectors.answers import Written
from tests.unit.connectors.writing import AT, KANAGAWA, ROW, polled

SITE = "https://www.jma.go.jp/bosai/amedas/"
MAPS = replace(ROW, id="amedas", kind="amedas", url=SITE)
CLOCK = SITE + "data/latest_time.txt"
TSUJIDO, FUJISAWA = "46141", "14205"
CODES = {code: code for code in KANAGAWA.rain_gauges if code.startswith("46")}


def rain(ten: object, hour: object = (12.0, 0)) -> bytes:
    """A map with one station of ours and one of Hokkaido."""
    ours = {"precipitation10m": ten, "precipitation1h": hour, "temp": [20.1, 0]}
    return json.dumps({TSUJIDO: ours, "11001": {"precipitation10m": [99.0, 0]}}).encode()


def site(*slots: str, latest: str = "15:00", **changed: bytes) -> dict[str, Answer | bytes]:
    """The site at 15:00 JST with these slots of 2026-09-21; the value of each is its minute."""
    found: dict[str, Answer | bytes] = {CLOCK: f"2026-09-21T{latest}:00+09:00".encode()}
    for slot in slots:
        body = changed.get(f"at{slot}", rain([float(slot[2:]), 0], None))
        found[f"{SITE}data/map/20260921{slot}00.json"] = body
    return found


async def poll(answers: dict[str, Answer | bytes], cursor: str | None = None) -> Parsed:
    """One poll, to its records."""
    source, at = AmedasSource(MAPS, KANAGAWA), AT + timedelta(hours=2)
    return source.parse(polled(await source.poll(cursor, Written(answers, at), at), at))


def batch(parsed: Parsed, municipality: str = FUJISAWA) -> ReadingBatch:
    """What one municipality got."""
    (found,) = [r for r in parsed.records if isinstance(r, ReadingBatch) and r.municipality == municipality]
    return found


def told(parsed: Parsed) -> list[tuple[str, float | None]]:
    """(time, value) of what Fujisawa got, JST minutes."""
    return [(f"{r.observed_at:%H:%M}", r.value) for r in batch(parsed).readings]


def test_the_recorded_station_of_another_prefecture(recorded: Callable[[str], Path]) -> None:
    """44172 on 2025-08-18 at 11:40 JST: dry, 0.0 mm and normal; its other instruments say nothing of rain."""
    body = recorded("amedas/amedas_point_sample_missing_temp.json").read_bytes()
    found = read_point(body, {"44172": "44172"}, datetime(2025, 8, 18, 3, tzinfo=UTC))
    assert [(r.quantity, r.value, r.quality, r.quality_code) for r in found.readings] == [
        ("rain_10min", 0.0, Quality.VALID, 0),
        ("rain_1h", 0.0, Quality.VALID, 0),
    ]
    assert {r.observed_at for r in found.readings} == {datetime(2025, 8, 18, 2, 40, tzinfo=UTC)}


def test_the_19_national_tables_of_typhoon_13(recorded: Callable[[str], Path]) -> None:
    """11 stations of ours in each; the night's heaviest hour was 52.5 mm at 三浦 in the table of 21:16:55 UTC."""
    files = sorted(recorded("amedas/nationwide_20230907-08").glob("*.csv"))
    found: list[Reading] = []
    for file in files:
        at = datetime.strptime(file.stem[-15:] + "+0000", "%Y%m%dT%H%M%S%z")
        table = read_hourly(file.read_bytes(), at, CODES)
        assert (len(table.readings), table.bad) == (11, ())
        found += table.readings
    assert len(files) == 19
    heaviest = max(found, key=lambda reading: reading.value or 0)
    assert (heaviest.station, heaviest.value) == ("46211", 52.5)
    assert f"{heaviest.observed_at:%m-%d %H:%M}" == "09-07 21:16"


def test_the_recorded_half_year(recorded: Callable[[str], Path]) -> None:
    """36,694 rows, 26 of them empty: missing, not dry."""
    body = recorded("amedas/kanagawa_precipitation1h_20230713-20231206.csv").read_bytes()
    found = read_hourly(body, None, CODES)
    assert (len(found.readings), found.bad) == (36_694, ())
    assert sum(r.quality is Quality.MISSING and r.value is None for r in found.readings) == 26
    assert max(r.value or 0 for r in found.readings) == 52.5


@pytest.mark.parametrize(
    ("pair", "value", "quality"),
    [
        ([0.0, 0], 0.0, Quality.VALID),
        ([2.5, 1], 2.5, Quality.SUSPECT),
        ([None, 6], None, Quality.MISSING),
        ([None, 0], None, Quality.MISSING),
    ],
)
def test_missing_stays_missing(pair: list[object], value: float | None, quality: Quality) -> None:
    """Never 0 mm."""
    (reading,) = read_map(rain(pair, None), AT, CODES).readings
    assert (reading.value, reading.quality, reading.unit) == (value, quality, "mm")


@pytest.mark.parametrize(
    ("pair", "reason"),
    [
        ("0.5", "bad_row"),
        ([0.5], "bad_row"),
        (["0.5", 0], "not_a_number"),
        ([True, 0], "not_a_number"),
        ([-0.5, 0], "out_of_range"),
        ([301, 0], "out_of_range"),
        ([0.5, None], "bad_quality"),
        ([0.5, 999], "bad_quality"),
    ],
)
def test_a_bad_value_is_told_and_the_other_goes_on(pair: object, reason: str) -> None:
    """The hour's sum beside it is read."""
    found = read_map(rain(pair), AT, CODES)
    assert ([r.quantity for r in found.readings], [row.reason for row in found.bad]) == (["rain_1h"], [reason])


@pytest.mark.parametrize(
    ("body", "reason"), [(b"", "empty"), (b"<html>", "not_json"), (b"[]", "not_json"), (b"{}", "no_values")]
)
def test_what_is_no_map_is_parked(body: bytes, reason: str) -> None:
    """With its reason."""
    with pytest.raises(Park) as parked:
        read_map(body, AT, CODES)
    assert parked.value.reason == reason


@pytest.mark.parametrize("body", ["amdno,precipitation1h\n46141,0".encode("utf-16"), b"a,b\n1,2\n", b""])
def test_what_is_no_table_is_parked(body: bytes) -> None:
    """Another encoding, other columns, nothing."""
    with pytest.raises(Park):
        read_hourly(body, AT, CODES)


def test_a_bad_line_of_a_table_is_told_with_its_number() -> None:
    """The good lines go on."""
    found = read_hourly(b"amdno,precipitation1h\n46141,much\n46211,nan\n46166,1.5\n", AT, CODES)
    assert [r.value for r in found.readings] == [1.5]
    assert [(row.reason, row.text[:6]) for row in found.bad] == [("not_a_number", "line 2"), ("not_a_number", "line 3")]


async def test_rain_goes_to_every_municipality_that_a_gauge_stands_for() -> None:
    """辻堂 is Fujisawa's, and the nearest for Kamakura, Chigasaki and Zushi."""
    parsed = await poll(site("1500"))
    got = {r.municipality for r in parsed.records if isinstance(r, ReadingBatch) and r.readings}
    assert got == {"14205", "14204", "14207", "14208"}
    assert batch(parsed).outcome is PollOutcome.NEW


async def test_a_slot_that_is_late_comes_when_it_is_there() -> None:
    """The clock says 15:00, the map is not there: 14:50 counts; later 15:00 and 15:10 come in their order."""
    first = await poll(site("1450"))
    assert told(first) == [("05:50", 50.0)]
    second = await poll(site("1450", "1500", "1510", latest="15:10"), first.cursor)
    assert told(second) == [("06:00", 0.0), ("06:10", 10.0)]
    third = await poll(site("1450", "1500", "1510", latest="15:10"), second.cursor)
    assert (told(third), batch(third).outcome) == ([], PollOutcome.UNCHANGED)


async def test_an_outage_of_an_hour_is_filled_in() -> None:
    """Six slots at most; older rain is left out."""
    first = await poll(site("1500"))
    slots = ["1510", "1520", "1530", "1540", "1550", "1600", "1610"]
    later = await poll(site(*slots, latest="16:10"), first.cursor)
    assert [value for _, value in told(later)] == [20.0, 30.0, 40.0, 50.0, 0.0, 10.0]


async def test_a_clock_that_went_back_brings_nothing() -> None:
    """Rain of two hours ago is no news."""
    first = await poll(site("1500", "1450"))
    network = Written(site("1250", "1300", latest="13:00"), AT + timedelta(hours=2))
    result = await AmedasSource(MAPS, KANAGAWA).poll(first.cursor, network, AT)
    assert isinstance(result, Unchanged)
    assert network.asked == [CLOCK]


@pytest.mark.parametrize("answer", [Failed("http_500", "500"), b"now", b"2026-09-21T19:00:00+09:00", b"\xff"])
async def test_a_clock_that_cannot_be_read_is_a_failed_poll(answer: Answer | bytes) -> None:
    """For everyone; the cursor stays."""
    parsed = await poll({CLOCK: answer})
    assert (batch(parsed).outcome, parsed.cursor) == (PollOutcome.FAILED, None)


async def test_no_map_at_all_is_not_yet() -> None:
    """The site's clock runs ahead of its maps by some minutes."""
    result = await AmedasSource(MAPS, KANAGAWA).poll(None, Written(site()), AT)
    assert isinstance(result, Unchanged)
    assert {miss.reason for miss in result.missed} == {"no_file"}


async def test_a_map_that_cannot_be_read_is_parked_and_the_other_slots_go_on() -> None:
    """Each slot is a file of its own."""
    first = await poll(site("1440", latest="14:40"))
    parsed = await poll(site("1450", "1500", at1450=b"<html>"), first.cursor)
    assert ([parked.reason for parked in parsed.parked], told(parsed)) == (["not_json"], [("06:00", 0.0)])


@given(st.lists(st.sets(st.integers(0, 5)), min_size=1, max_size=5))
async def test_each_slot_goes_out_once_whenever_it_appears(appearing: list[set[int]]) -> None:
    """Within the hour that is looked back, in any order of appearance."""
    there: set[int] = {5}
    cursor, sent = None, []
    for more in appearing:
        there |= more
        parsed = await poll(site(*(f"14{n}0" for n in sorted(there)), latest="14:50"), cursor)
        cursor = parsed.cursor
        sent += [value for _, value in told(parsed)]
    assert len(sent) == len(set(sent))
    assert 50.0 in sent


@given(st.integers(0, 5_000_000))
def test_a_slot_and_its_name_are_the_same(ten_minutes: int) -> None:
    """There and back."""
    slot = AT + timedelta(minutes=10 * (ten_minutes - 1_000_000))
    assert read_slot_name(slot_name(slot)) == slot


def test_a_station_without_a_number_there_stops_the_start() -> None:
    """With the file to look at."""
    with pytest.raises(BadFeeds, match=r"amedas.*rain\.toml"):
        AmedasSource(replace(MAPS, stations=("南郷山",)), KANAGAWA)
    assert AmedasSource(replace(MAPS, stations=(TSUJIDO,)), KANAGAWA).stations.keys() == {TSUJIDO}
