"""Ends in a few bytes: what is read is what was appended, and damage is not known rather than wrong."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from notifier.delivery.remembered import Alike, packed, unpacked
from schemas.records.delivered import End

NAMES = tuple(f"{number:022x}" for number in range(50))
PLACES = {name: place for place, name in enumerate(NAMES)}
AT = datetime(2026, 9, 21, 3, 0, tzinfo=UTC)
ALIKE = st.builds(
    Alike,
    st.lists(st.sampled_from(NAMES), unique=True, min_size=1).map(tuple),
    st.none() | st.sampled_from(End),
    st.none() | st.sampled_from([201, 410, 503]),
    st.none() | st.text(min_size=1, max_size=100).filter(str.isprintable),
    st.integers(0, 10**12).map(lambda micros: AT + timedelta(microseconds=micros)),
)


@given(st.lists(ALIKE))
def test_what_was_appended_is_read(ends: list[Alike]) -> None:
    """In order, with who, how, why and when."""
    value = b"".join(packed(one, PLACES) for one in ends)
    assert list(unpacked(value, NAMES)) == ends


@given(st.lists(ALIKE, min_size=1), st.integers(1, 30))
def test_an_end_that_was_cut_off_is_not_known(ends: list[Alike], cut: int) -> None:
    """All before it are."""
    value = b"".join(packed(one, PLACES) for one in ends)
    found = list(unpacked(value[:-cut], NAMES))
    assert found == ends[: len(found)]
    assert len(found) < len(ends)


@given(st.binary(max_size=200))
def test_any_bytes_can_be_read(value: bytes) -> None:
    """Without a fault; Redis may hold anything."""
    for one in unpacked(value, NAMES):
        assert set(one.names) <= set(NAMES)


def test_a_thousand_ends_take_four_kilobytes() -> None:
    """A value per job, not a field per recipient."""
    names = tuple(f"{number:022x}" for number in range(1000))
    places = {name: place for place, name in enumerate(names)}
    assert len(packed(Alike(names, End.ACCEPTED, 201, None, AT), places)) < 4100
