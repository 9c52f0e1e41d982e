"""What was sent already: small, forgetful after a day, and fair to a value that comes late."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from connectors.readings.newest import Newest, unsent
from schemas.records.observed import Quality, Reading

START = datetime(2026, 9, 21, tzinfo=UTC)
TEN = timedelta(minutes=10)


def reading(slot: int, value: float | None = 1.0) -> Reading:
    """A stage, so many ten-minute slots after the start."""
    quality = Quality.VALID if value is not None else Quality.MISSING
    return Reading("g", "stage", value, "m", START + slot * TEN, quality)


def send(newest: dict[str, Newest], *readings: Reading) -> list[int]:
    """The slots that go out."""
    return [int((one.observed_at - START) / TEN) for one in unsent(newest, "g", readings, TEN)]


def test_a_gap_is_filled_once() -> None:
    """Slots 1 and 2 were empty when 3 came."""
    newest: dict[str, Newest] = {}
    assert send(newest, reading(0), reading(3)) == [0, 3]
    assert send(newest, reading(0), reading(1), reading(3)) == [1]
    assert send(newest, reading(0), reading(1), reading(2)) == [2]
    assert newest["g"].gaps == ()


def test_no_value_is_told_once_and_its_value_later() -> None:
    """Also where a newer value went out in between."""
    newest: dict[str, Newest] = {}
    assert send(newest, reading(0), reading(1, None)) == [0, 1]
    assert send(newest, reading(1, None), reading(2)) == [2]
    assert send(newest, reading(1)) == [1]


def test_what_lies_before_the_first_value_is_history() -> None:
    """The first file's oldest value is where we began."""
    newest: dict[str, Newest] = {}
    assert send(newest, reading(5)) == [5]
    assert send(newest, reading(1)) == []


def test_a_gap_is_given_up_after_a_day() -> None:
    """The 143 slots of the last 24 hours are remembered, whatever happened."""
    newest: dict[str, Newest] = {}
    send(newest, reading(0), reading(1000))
    assert len(newest["g"].gaps) == 143
    assert send(newest, reading(856), reading(857)) == [857]


def test_without_slots_nothing_is_filled_in() -> None:
    """A list that shows the newest value only."""
    newest: dict[str, Newest] = {}
    unsent(newest, "g", [reading(0), reading(9)], None)
    assert newest["g"].gaps == ()
    assert unsent(newest, "g", [reading(5)], None) == []


@given(st.lists(st.lists(st.integers(0, 140)), max_size=6))
def test_within_a_day_every_slot_from_the_first_on_goes_out_once(files: list[list[int]]) -> None:
    """In whatever order slots appear, and however often."""
    newest: dict[str, Newest] = {}
    sent = [slot for slots in files for slot in send(newest, *(reading(slot) for slot in dict.fromkeys(slots)))]
    shown = [slot for slots in files for slot in slots]
    first = next((min(slots) for slots in files if slots), 0)
    assert sorted(sent) == sorted({slot for slot in shown if slot >= first})
