"""川の防災情報's rain and dams: the same files, other fields. The stations' numbers are made up: none is known."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.formats import source_of
from connectors.river.columns import DAM, RAIN
from connectors.river.kawabou import KawabouSource
from connectors.river.stages import read_values
from connectors.rows import BadFeeds, FeedRow, Feeds
from connectors.source import Answer, Parsed
from schemas.records.observed import PollOutcome, Quality, Reading, ReadingBatch
from tests.unit.connectors.answers import Written
from tests.unit.connectors.writing import AT, KANAGAWA, ROW, polled

SITE = "https://www.river.go.jp/kawabou/"
CLOCK = f"{SITE}file/system/tmCrntTime.json"
RAIN_CODE, DAM_CODE = "0358500100001", "0358500700001"
PLACES = replace(
    KANAGAWA,
    rain_gauges={"46141": replace(KANAGAWA.rain_gauges["46141"], codes={"kawabou": RAIN_CODE})},
    dams={"miho": replace(KANAGAWA.dams["miho"], codes={"kawabou": DAM_CODE})},
)
RAINS = replace(ROW, id="kawabou-rain", kind="kawabou-rain", url=SITE)
DAMS = replace(RAINS, id="kawabou-dam", kind="kawabou-dam")
# As a public program's test has it for 呑吐ダム: what the dam does not publish is 0 with code 160, one code is null.
DONDO: dict[str, object] = {
    "obsTime": "2026/09/21 14:50",
    "storLvl": 141.79,
    "storLvlCcd": 0,
    "storCap": 0,
    "storCapCcd": 160,
    "storPcntIrr": 0,
    "storPcntIrrCcd": 160,
    "allSink": 2.81,
    "allSinkCcd": 0,
    "allDisch": 2.78,
    "allDischCcd": None,
}


def row(time: str, ten: object = 1.5, hour: object = None, total: object = 40.0) -> dict[str, object]:
    """Rain at a time of 2026-09-21."""
    found: dict[str, object] = {"obsTime": f"2026/09/21 {time}"}
    found |= {"rn10m": ten, "rn10mCcd": 0, "rnInc": total, "rnIncCcd": 0}
    return found | ({"rnHr": hour, "rnHrCcd": 0} if hour is not None else {})


def body(*ten_minutes: dict[str, object], **others: object) -> bytes:
    """A station's file."""
    return json.dumps({"min10Values": list(ten_minutes)} | others).encode()


def site(folder: str, code: str, **files: bytes) -> dict[str, Answer | bytes]:
    """The site at 15:00 JST with one station's files by slot."""
    found: dict[str, Answer | bytes] = {CLOCK: b'{"crntObsTime": "2026/09/21 15:00"}'}
    root = f"{SITE}file/files/tmlist/{folder}/20260921"
    return found | {f"{root}/{slot.removeprefix('at')}/{code}.json": content for slot, content in files.items()}


async def poll(source: KawabouSource, answers: dict[str, Answer | bytes], cursor: str | None = None) -> Parsed:
    """One poll, to its records."""
    return source.parse(polled(await source.poll(cursor, Written(answers), AT)))


def told(readings: tuple[Reading, ...]) -> list[tuple[str, float | None, str, Quality]]:
    """What each says."""
    return [(r.quantity, r.value, r.unit, r.quality) for r in readings]


def test_what_a_dam_does_not_publish_is_missing_and_not_empty() -> None:
    """0 % with code 160 is no empty reservoir; a value without a code needs a second sample."""
    found = read_values(body(DONDO), DAM, "dondo", DAM_CODE, AT)
    assert sorted(told(found.readings)) == sorted(
        [
            ("dam_level", 141.79, "m", Quality.VALID),
            ("dam_inflow", 2.81, "m3/s", Quality.VALID),
            ("dam_outflow", 2.78, "m3/s", Quality.SUSPECT),
            ("dam_storage", None, "%", Quality.MISSING),
        ]
    )


def test_rain_of_ten_minutes_an_hour_and_since_it_began() -> None:
    """The hour's sum stands in the hourly values only; a row without it says nothing of it."""
    found = read_values(body(row("14:50"), row("15:00"), hrValues=[row("15:00", hour=9.0)]), RAIN, "r", RAIN_CODE, AT)
    assert [(r.quantity, r.value) for r in found.readings if r.quantity != "rain_total"] == [
        ("rain_10min", 1.5),
        ("rain_10min", 1.5),
        ("rain_1h", 9.0),
    ]
    assert {r.unit for r in found.readings} == {"mm"}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"rn10m": "1.5"}, "not_a_number"),
        ({"rn10m": -0.5}, "out_of_range"),
        ({"rn10m": 9999}, None),
        ({"rn10m": 301}, "out_of_range"),
        ({"rn10mCcd": "0"}, "bad_quality"),
    ],
)
def test_a_bad_value_is_told_and_the_other_columns_go_on(change: dict[str, object], reason: str | None) -> None:
    """The total beside it is read; 9999 is a word for "no value"."""
    found = read_values(body(row("15:00") | change), RAIN, "r", RAIN_CODE, AT)
    assert [bad.reason for bad in found.bad] == ([reason] if reason else [])
    assert ("rain_total", 40.0) in [(r.quantity, r.value) for r in found.readings]


async def test_each_kind_has_its_folder_and_its_municipalities() -> None:
    """辻堂's rain for Fujisawa and its neighbours, 三保ダム for the six along the 酒匂川."""
    rain = await poll(KawabouSource(RAINS, PLACES), site("rn", RAIN_CODE, at1500=body(row("15:00"))))
    dam = await poll(KawabouSource(DAMS, PLACES), site("dam", DAM_CODE, at1450=body(DONDO)))
    batches = [[r for r in parsed.records if isinstance(r, ReadingBatch)] for parsed in (rain, dam)]
    got = [{batch.municipality for batch in found if batch.readings} for found in batches]
    assert got == [
        {"14204", "14205", "14207", "14208"},
        {"14206", "14217", "14362", "14363", "14364", "14366"},
    ]


async def test_each_column_fills_its_own_gaps() -> None:
    """The hour's sum comes later than the ten minutes: it still goes out, and nothing twice."""
    source = KawabouSource(RAINS, PLACES)
    first = await poll(source, site("rn", RAIN_CODE, at1450=body(row("14:40"), row("14:50"))))
    later = body(row("14:40"), row("14:50"), row("15:00"), hrValues=[row("14:00", hour=4.0), row("15:00", hour=9.0)])
    second = await poll(source, site("rn", RAIN_CODE, at1500=later), first.cursor)
    batch = next(r for r in second.records if isinstance(r, ReadingBatch))
    assert [(r.quantity, r.value, f"{r.observed_at + timedelta(hours=9):%H:%M}") for r in batch.readings] == [
        ("rain_1h", 4.0, "14:00"),
        ("rain_10min", 1.5, "15:00"),
        ("rain_1h", 9.0, "15:00"),
        ("rain_total", 40.0, "15:00"),
    ]
    third = await poll(source, site("rn", RAIN_CODE, at1500=later), second.cursor)
    assert {r.outcome for r in third.records if isinstance(r, ReadingBatch)} == {PollOutcome.UNCHANGED}


@given(st.lists(st.sets(st.integers(0, 4), min_size=1), min_size=1, max_size=5))
async def test_whatever_the_files_show_each_value_is_sent_once(shown: list[set[int]]) -> None:
    """Two columns, files that overlap and fill in late."""
    source, cursor = KawabouSource(RAINS, PLACES), None
    sent: list[tuple[str, float | None]] = []
    for number, slots in enumerate(shown):
        content = body(*(row(f"14:{n}0", ten=float(n), total=float(n)) for n in sorted(slots)))
        answers = site("rn", RAIN_CODE, **{f"at14{number}0": content})
        answers[CLOCK] = f'{{"crntObsTime": "2026/09/21 14:{number}0"}}'.encode()
        parsed = await poll(source, answers, cursor)
        cursor = parsed.cursor
        batch = next(r for r in parsed.records if isinstance(r, ReadingBatch))
        sent += [(r.quantity, r.value) for r in batch.readings]
    first = min(shown[0])
    expected = {(q, float(n)) for slots in shown for n in slots if n >= first for q in ("rain_10min", "rain_total")}
    assert len(sent) == len(set(sent))
    assert set(sent) == expected


def test_without_a_number_of_its_kind_a_station_is_not_polled() -> None:
    """A stage's number is none of rain; what the row names must have one."""
    assert KawabouSource(RAINS, KANAGAWA).stations == {}
    with pytest.raises(BadFeeds, match=r"dams\.toml"):
        KawabouSource(replace(DAMS, stations=("miho",)), KANAGAWA)


@pytest.mark.parametrize("feed", [RAINS, DAMS])
def test_the_rows_kind_chooses_the_family(feed: FeedRow) -> None:
    """As in feeds.toml."""
    assert isinstance(source_of(feed, Feeds((), frozenset()), PLACES), KawabouSource)
