"""危機管理型水位計: the recorded hours, nationwide and of Kanagawa, and what no list of gauges should hold."""

import csv
import json
import tarfile
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.river.crisis import Crisis, read_crisis
from connectors.source import Park
from schemas.records.observed import Quality
from tests.unit.connectors.writing import AT

NOW = datetime(2026, 12, 1, tzinfo=UTC)
GOOD: dict[str, object] = {
    "code": "1400000015",
    "obsTime": "2026-09-21T14:50:00+09:00",
    "level": 3.68,
    "over": 1,
    "fladLevel": 6.55,
    "qt": None,
}


def hours(recorded: Callable[[str], Path]) -> list[bytes]:
    """The bytes of the 44 nationwide hours of 2026-06-02 to 04."""
    return _unpacked(recorded("river/kikikanri_hourly/national_snapshots_20260602-04.tar.gz"))


@cache
def _unpacked(archive: Path) -> list[bytes]:
    with tarfile.open(archive) as tar:
        files = [tar.extractfile(member) for member in tar.getmembers() if member.isfile()]
        return [file.read() for file in files if file is not None]


def items(*rows: object) -> bytes:
    """A list of gauges as the site's own file has it."""
    return json.dumps({"obss": list(rows)}, ensure_ascii=False).encode()


def values(found: Crisis) -> list[float | None]:
    """The levels, oldest first."""
    return [one.reading.value for one in found.seen]


def test_every_recorded_gauge_of_every_hour_is_read(recorded: Callable[[str], Path]) -> None:
    """As many as each hour says it has, nothing parked. 305 stand at or above 氾濫開始水位: just those with an `over`
    of 100 or more, and they need a second sample.
    """
    bodies = hours(recorded)
    found = [read_crisis(body, NOW) for body in bodies]
    assert [len(one.seen) for one in found] == [json.loads(body)["totalItems"] for body in bodies]
    assert not any(one.bad for one in found)
    every = [one for crisis in found for one in crisis.seen]
    flagged = [one for one in every if (one.reading.quality_code or 0) >= 100]
    assert (len(every), len(flagged)) == (14_629, 305)
    assert flagged == [one for one in every if (one.reading.value or 0) >= (one.overflow_m or 1e9)]
    assert {one.reading.quality for one in flagged} == {Quality.SUSPECT}


def test_kanagawas_year_has_its_published_peaks(recorded: Callable[[str], Path]) -> None:
    """The highest level without an overflow flag, and when, as the table of gauges states it."""
    body = recorded("river/kikikanri_hourly/kanagawa_hourly_20250912-20260822.jsonl").read_bytes()
    found = read_crisis(body, NOW)
    told = Counter((row["code"], row["obsTime"]) for row in map(json.loads, body.splitlines()))
    assert (told.total(), len(found.seen), found.bad) == (1742, len(told), ())  # an hour later, often still the same
    with recorded("river/kanagawa_gauges_kikikanri.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["max_level"]]
    for row in rows:
        mine = [one.reading for one in found.seen if one.code == row["code"] and one.reading.quality_code == 1]
        highest = max(mine, key=lambda reading: reading.value or 0)
        assert highest.value == float(row["max_level"])
        assert datetime.fromisoformat(row["max_at"]) in {r.observed_at for r in mine if r.value == highest.value}


BAD: dict[str, tuple[dict[str, object], str]] = {
    "no number": ({"code": None}, "unknown_station"),
    "an endless number": ({"code": "1" * 50}, "unknown_station"),
    "no time": ({"obsTime": None}, "missing_time"),
    "a naive time": ({"obsTime": "2026-09-21T14:50:00"}, "naive_time"),
    "a time that is none": ({"obsTime": "yesterday"}, "bad_time"),
    "a time of another century": ({"obsTime": "1926-09-21T14:50:00+09:00"}, "bad_time"),
    "an hour ahead": ({"obsTime": "2026-09-21T16:10:00+09:00"}, "future_time"),
    "a text for a level": ({"level": "3.68"}, "not_a_number"),
    "true for a level": ({"level": True}, "not_a_number"),
    "a level of no river": ({"level": 1e6}, "out_of_range"),
    "a text for the flags": ({"over": "1"}, "bad_quality"),
    "negative flags": ({"over": -1}, "bad_quality"),
    "another level for the same time": ({"level": 3.70}, "conflict"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_gauge_is_told_and_the_others_go_on(name: str) -> None:
    """One good reading, one reason."""
    change, reason = BAD[name]
    found = read_crisis(items(GOOD, GOOD | change), AT)
    assert (values(found), [row.reason for row in found.bad]) == ([3.68], [reason])


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "1e400"])
def test_what_is_no_number_is_one_bad_gauge(constant: str) -> None:
    """JSON that Python reads and no gauge means."""
    body = items(GOOD, GOOD | {"code": "2", "level": 7.25}).replace(b"7.25", constant.encode())
    assert [row.reason for row in read_crisis(body, AT).bad] == ["not_a_number"]


@pytest.mark.parametrize(
    ("change", "quality"),
    [
        ({}, Quality.VALID),
        ({"over": 11}, Quality.VALID),
        ({"over": 101}, Quality.SUSPECT),
        ({"over": 7}, Quality.SUSPECT),
        ({"over": None}, Quality.SUSPECT),
        ({"qt": 1}, Quality.SUSPECT),
        ({"level": None}, Quality.MISSING),
    ],
)
def test_what_is_doubtful_is_kept_and_marked(change: dict[str, object], quality: Quality) -> None:
    """Never dropped, never believed at once."""
    (one,) = read_crisis(items(GOOD | change), AT).seen
    assert one.reading.quality is quality


FILES = {
    "nothing": (b"", "empty"),
    "an HTML page": (b"<html>", "not_json"),
    "cut": (items(GOOD)[:-5], "not_json"),
    "no UTF-8": (b'{"obss": "\xff"}', "not_json"),
    "deep": (b'{"obss":' + b"[" * 100_000, "not_json"),
    "a number": (b"17", "no_values"),
    "an object for the list": (b'{"obss": {}}', "no_values"),
    "too many": (items(*[1] * 50_001), "too_many_values"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_no_list_is_parked(name: str) -> None:
    """With its reason."""
    body, reason = FILES[name]
    with pytest.raises(Park) as parked:
        read_crisis(body, AT)
    assert parked.value.reason == reason


def test_an_empty_list_is_no_fault() -> None:
    """Dry weather: every gauge stands below its start level."""
    assert read_crisis(items(), AT) == Crisis((), (), None)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*GOOD, "x"]), inner, max_size=4),
    max_leaves=8,
)


@given(st.lists(JSON | st.dictionaries(st.sampled_from(list(GOOD)), JSON), max_size=5))
def test_whatever_stands_beside_a_good_gauge_it_is_read(others: list[object]) -> None:
    """No neighbour hides it, and nothing raises."""
    found = read_crisis(items(GOOD, *others), AT)
    assert 3.68 in values(found)
