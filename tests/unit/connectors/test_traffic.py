"""Traffic counts: the documented shape, a direction that is missing, a slot that is not there yet, whose road it is."""

import json
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.source import Answer, Failed, Park, Parsed, Unchanged
from connectors.traffic.counts import Counts, is_empty, read_counts
from connectors.traffic.jartic import KANAGAWA as BOX
from connectors.traffic.jartic import LAYERS, JarticSource, address
from schemas.outlines import outlines
from schemas.records.observed import PollOutcome, Quality, ReadingBatch
from tests.unit.connectors.answers import Written
from tests.unit.connectors.writing import AT, KANAGAWA, ROW, polled

SERVICE = "https://api.jartic-open-traffic.org/geoserver"
TRAFFIC = replace(ROW, id="jartic", kind="jartic", url=SERVICE)
OISO = "14341"
KINDS = ("小型交通量", "大型交通量", "車種判別不能交通量")


def counter(
    up: tuple[object, ...] = (46, 3, 3),
    down: tuple[object, ...] = (35, 0, 3),
    *,
    code: object = 3310840,
    time: object = 202609211440,
    at: object = (139.3078, 35.3080),
    flags: dict[str, object] | None = None,
) -> dict[str, object]:
    """A counter as the documentation and an observed answer of 2026-08-16 show it, here without its flag."""
    values = {"常時観測点コード": code, "時間コード": time, "道路種別": "3"}
    values |= {f"上り・{kind}": count for kind, count in zip(KINDS, up, strict=True)}
    values |= {f"下り・{kind}": count for kind, count in zip(KINDS, down, strict=True)}
    values |= {f"{direction}・欠測": "0" for direction in ("上り", "下り")}
    geometry = {"type": "MultiPoint", "coordinates": [at]}
    return {"type": "Feature", "geometry": geometry, "properties": values | (flags or {})}


def answer(*features: object) -> bytes:
    """A FeatureCollection."""
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False).encode()


def counted(found: Counts) -> list[tuple[float | None, ...]]:
    """(up, down) of each counter."""
    return [tuple(reading.value for reading in point.readings) for point in found.points]


def slots(**bodies: bytes) -> dict[str, Answer | bytes]:
    """Answers at 15:00 JST by slot; every other slot has no counter yet."""
    times = [AT - timedelta(minutes=minutes) for minutes in range(0, 90, 5)]
    named = {f"at{time + timedelta(hours=9):%H%M}": time for time in times}
    return {address(SERVICE, time): bodies.get(name, answer()) for name, time in named.items()}


async def poll(answers: dict[str, Answer | bytes], cursor: str | None = None, minutes: int = 0) -> Parsed:
    """One poll, to its records."""
    source, at = JarticSource(TRAFFIC, KANAGAWA), AT + timedelta(minutes=minutes)
    return source.parse(polled(await source.poll(cursor, Written(answers, at), at), at))


def batches(parsed: Parsed) -> dict[str, ReadingBatch]:
    """The batches by municipality."""
    return {record.municipality: record for record in parsed.records if isinstance(record, ReadingBatch)}


def test_each_direction_is_the_sum_of_its_vehicles() -> None:
    """As observed at 139.7049/35.5855: up 63 small, 5 large, 4 unknown; down 59, 2, 2."""
    (point,) = read_counts(answer(counter((63, 5, 4), (59, 2, 2), at=(139.7049, 35.5855))), AT).points
    assert [(r.quantity, r.value, r.unit) for r in point.readings] == [
        ("traffic_up", 72.0, "1/5min"),
        ("traffic_down", 63.0, "1/5min"),
    ]
    assert {f"{r.observed_at:%H:%MZ}" for r in point.readings} == {"05:40Z"}


def test_a_direction_that_is_flagged_missing_has_no_count() -> None:
    """As observed at 139.3078/35.3080: 46, 3, 3 with the flag; the other direction counts."""
    (point,) = read_counts(answer(counter(flags={"上り・欠測": "1"})), AT).points
    assert [(r.value, r.quality) for r in point.readings] == [(None, Quality.MISSING), (38.0, Quality.VALID)]


@pytest.mark.parametrize("flag", ["停電", "ループ異常", "超音波異常", "欠測"])
@pytest.mark.parametrize("value", ["1", 1, "2", True, "異常"])
def test_any_fault_flag_makes_a_direction_missing(flag: str, value: object) -> None:
    """0 vehicles under a flag are no empty road."""
    found = read_counts(answer(counter((0, 0, 0), flags={f"上り・{flag}": value})), AT)
    assert counted(found) == [(None, 38.0)]


@pytest.mark.parametrize("value", [None, "", "0", 0, False])
def test_no_fault_is_written_in_several_ways(value: object) -> None:
    """Then an empty road is an empty road."""
    assert counted(read_counts(answer(counter((0, 0, 0), flags={"上り・欠測": value})), AT)) == [(0.0, 38.0)]


def test_a_kind_of_vehicle_that_is_missing_makes_the_sum_missing() -> None:
    """A part of the vehicles is not the traffic."""
    assert counted(read_counts(answer(counter((46, None, 3))), AT)) == [(None, 38.0)]


BAD = {
    "a text for a count": (counter(("46", 3, 3)), "not_a_number"),
    "a negative count": (counter((-1, 3, 3)), "out_of_range"),
    "more than a road bears": (counter((10**9, 3, 3)), "out_of_range"),
    "no code": (counter(code=None), "unknown_station"),
    "no time": (counter(time=None), "bad_time"),
    "a day without a time": (counter(time=20260921), "bad_time"),
    "the 31st of September": (counter(time="202609311440"), "bad_time"),
    "an hour ahead": (counter(time="202609211610"), "future_time"),
    "no position": (counter(at=()), "no_position"),
    "a position on no globe": (counter(at=(1390.0, 35.3)), "out_of_range"),
    "a number for a counter": (17, "bad_row"),
    "another count for the same slot": (counter((1, 1, 1), code="1"), "conflict"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_counter_is_told_and_the_others_go_on(name: str) -> None:
    """One good counter, one reason."""
    row, reason = BAD[name]
    found = read_counts(answer(counter(code="1"), row), AT)
    assert (counted(found), [bad.reason for bad in found.bad]) == ([(52.0, 38.0)], [reason])


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty"),
        (b"<ows:ExceptionReport/>", "not_json"),
        (b'{"exceptions": [{"code": "NoApplicableCode"}]}', "service_exception"),
        (b"{}", "no_values"),
        (answer(*[1] * 50_001), "too_many_values"),
    ],
)
def test_what_is_no_answer_is_parked(body: bytes, reason: str) -> None:
    """And is never taken for "no counter yet"."""
    with pytest.raises(Park) as parked:
        read_counts(body, AT)
    assert (parked.value.reason, is_empty(body)) == (reason, False)


def test_the_query_names_its_slot() -> None:
    """In JST, with the box of the prefecture, in characters that an address may have."""
    query = parse_qs(urlsplit(address(SERVICE, AT)).query)
    assert query["cql_filter"] == [
        "道路種別=3 AND 時間コード=202609211500 AND BBOX(ジオメトリ,138.91,35.12,139.84,35.68,'EPSG:4326')"
    ]
    assert address(SERVICE, AT).isascii()


def test_the_box_holds_the_whole_prefecture() -> None:
    """Every outline lies in it."""
    points = [point for rings in outlines().values() for ring in rings for point in ring]
    west, south, east, north = BOX
    assert west <= min(lon for lon, _ in points)
    assert max(lon for lon, _ in points) <= east
    assert south <= min(lat for _, lat in points)
    assert max(lat for _, lat in points) <= north


async def test_counts_go_to_the_municipality_of_the_road() -> None:
    """139.3078, 35.3080 lies in Oiso, beside Hiratsuka; a counter in Tokyo is nobody's here."""
    tokyo = counter(code=1, at=(139.767, 35.681))
    found = batches(await poll(slots(at1440=answer(counter(), tokyo))))
    assert set(found) == {OISO}
    assert [(r.station, r.value) for r in found[OISO].readings] == [("3310840", 52.0), ("3310840", 38.0)]


async def test_a_counter_at_the_border_is_for_both_sides() -> None:
    """At 目黒橋, between 瀬谷区 of Yokohama and Yamato."""
    found = batches(await poll(slots(at1440=answer(counter(at=(139.46495, 35.49833))))))
    assert set(found) == {"14100", "14213"}


async def test_no_counter_at_all_is_not_yet() -> None:
    """Nothing new for whoever had counts, and never an empty road."""
    first = await poll(slots(at1440=answer(counter())))
    later = batches(await poll(slots(), first.cursor, 5))
    assert (later[OISO].outcome, later[OISO].readings) == (PollOutcome.UNCHANGED, ())
    assert later[OISO].stations == ("3310840",)
    result = await JarticSource(TRAFFIC, KANAGAWA).poll(None, Written(slots()), AT)
    assert isinstance(result, Unchanged)
    assert {miss.reason for miss in result.missed} == {"no_file"}


async def test_a_service_that_fails_is_a_failed_batch_of_whoever_had_counts() -> None:
    """Failure is not absence."""
    first = await poll(slots(at1440=answer(counter())))
    broken: dict[str, Answer | bytes] = {url: Failed("http_503", "503") for url in slots()}
    found = batches(await poll(broken, first.cursor, 5))
    assert (found[OISO].outcome, found[OISO].reason) == (PollOutcome.FAILED, "503")


async def test_hourly_counts_are_another_layer_in_another_unit() -> None:
    """60 times as many slots apart, and never to be taken for five minutes."""
    source = JarticSource(replace(TRAFFIC, kind="jartic-hourly"), KANAGAWA)
    hour = AT - timedelta(hours=1)
    url = address(SERVICE, hour, LAYERS["jartic-hourly"])
    network = Written({url: answer(counter((6000, 300, 30), time="202609211400"))})
    parsed = source.parse(polled(await source.poll(None, network, AT + timedelta(minutes=10))))
    assert [(r.value, r.unit) for r in batches(parsed)[OISO].readings] == [(6330.0, "1/h"), (38.0, "1/h")]
    assert "typeNames=t_travospublic_measure_1h" in url


async def test_an_answer_that_is_an_error_is_parked() -> None:
    """The other slots go on."""
    error = b'{"exceptions": []}'
    parsed = await poll(slots(at1440=answer(counter()), at1435=error))
    assert [parked.reason for parked in parsed.parked] == ["service_exception"]
    assert len(batches(parsed)[OISO].readings) == 2


@given(st.lists(st.sets(st.integers(0, 5)), min_size=1, max_size=5))
async def test_each_slot_goes_out_once_whenever_it_appears(appearing: list[set[int]]) -> None:
    """Within the half hour that is looked back, in any order."""
    there: set[int] = {0}
    cursor, sent = None, []
    for more in appearing:
        there |= more
        bodies = {f"at14{40 - 5 * n}": answer(counter(time=f"2026092114{40 - 5 * n}")) for n in there}
        parsed = await poll(slots(**bodies), cursor)
        cursor = parsed.cursor
        sent += [(r.quantity, r.observed_at) for r in batches(parsed)[OISO].readings]
    assert len(sent) == len(set(sent)) == 2 * len(there)
