"""A mapping loses no row: whatever a file holds, each row is a reading, parked, left out or a repeat."""

import csv
import io
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from connectors.mapped.parse import Understanding
from tests.unit.connectors.mapped.making import STAGES, made, readings

GAUGES = st.sampled_from(["g1", "g2", "g3", ""])
TIMES = st.sampled_from(["2026-09-21T15:00", "2026-09-21T15:10", "2026-09-21T24:00", "2026-09-32T15:00", "", "soon"])
LEVELS = st.one_of(
    st.floats(-60, 60).map(lambda level: f"{level:.2f}"), st.sampled_from(["", "欠測", "x", "1e999", "▲0.5", "０．５"])
)
KINDS = st.sampled_from(["stage", "stage", "stage", "note"])
ROWS = st.lists(st.tuples(GAUGES, TIMES, LEVELS, KINDS), max_size=40)
ANYTHING = st.text(st.characters(blacklist_categories=["Cs"]), max_size=300)
KEPT = STAGES + '[[keep]]\nfrom = "kind"\nis = ["stage"]\n'


def table(rows: list[tuple[str, str, str, str]]) -> bytes:
    """As a program writes it."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerows([("gauge", "time", "level", "kind"), *rows])
    return out.getvalue().encode()


def accounted(found: Understanding) -> int:
    """Rows that are something."""
    return len(found.readings) + len(found.bad) + found.left_out + found.repeats


@given(ROWS)
def test_no_row_is_lost(rows: list[tuple[str, str, str, str]]) -> None:
    """In = readings + parked + left out + repeats."""
    found = made(KEPT, table(rows))
    assert found.rows == accounted(found) == len(rows)


@given(ROWS, st.randoms())
def test_the_order_of_rows_does_not_matter(rows: list[tuple[str, str, str, str]], random: object) -> None:
    """But for which of two that contradict each other counts: the first does."""
    unique = list({row[:2]: row for row in rows}.values())
    shuffled = list(unique)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis hands out a random.Random
    one, other = made(KEPT, table(unique)), made(KEPT, table(shuffled))
    assert set(readings(one)) == set(readings(other))
    assert sorted(bad.reason for bad in one.bad) == sorted(bad.reason for bad in other.bad)


@given(ROWS)
def test_a_wrong_row_changes_no_other(rows: list[tuple[str, str, str, str]]) -> None:
    """The good rows alone become the same readings."""
    found = made(KEPT, table(rows))
    places = {one.place for one in found.readings}
    good = [row for number, row in enumerate(rows, 2) if f"line {number}" in places]
    assert readings(made(KEPT, table(good))) == readings(found)


@given(ANYTHING)
def test_any_text_is_answered(text: str) -> None:
    """Never an exception, never a row that vanishes."""
    found = made(STAGES, "gauge,time,level\n" + text)
    assert found.rows == accounted(found)


@given(st.binary(max_size=300), st.sampled_from(["csv", "tsv", "json", "jsonl", "geojson", "xlsx"]))
def test_any_bytes_are_answered(body: bytes, form: str) -> None:
    """Whatever the format: records, or reasons why there are none."""
    made(STAGES.replace('"csv"', f'"{form}"'), body)
    made(STAGES.replace('"csv"', '"xml"\nrows.at = ".//a"'), body)


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)))  # noqa: DTZ001 - local times are what is tested
def test_every_minute_of_a_day_is_itself(at: datetime) -> None:
    """However it is written: Japan is nine hours ahead of UTC, all year."""
    exact = at.replace(microsecond=0)
    expected = exact.replace(tzinfo=UTC) - timedelta(hours=9)
    found = made(STAGES, f"gauge,time,level\ng1,{exact.isoformat()},1\ng2,{exact.isoformat(' ')},1\n")
    assert [reading.observed_at for reading in readings(found)] == [expected, expected]
