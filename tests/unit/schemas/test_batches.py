"""Both ways of decoding a ReadingBatch give the same record, or the same refusal."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from schemas.batches import BatchReader
from schemas.codec import Codec, Unreadable, WrongWorld
from schemas.records.base import Origin, Trace, World, content_id
from schemas.records.columns import Columns
from schemas.records.observed import PollOutcome, Quality, Reading, ReadingBatch
from tests.unit.schemas.strategies import any_of

CODEC = Codec(ReadingBatch, World.ACTUAL)
AT = datetime(2026, 9, 21, tzinfo=UTC)
Way = Callable[[bytes | None], ReadingBatch]
VALUES = st.none() | st.floats(allow_nan=False)
CODES = ("303051283307010", "85021000010", "gauge")


def poll(number: int, values: list[float | None], seconds: tuple[int, ...] = (0,)) -> ReadingBatch:
    """The poll number so-and-so: one reading for each value, at times that may differ."""
    readings = tuple(
        Reading(
            CODES[i % 3], "stage", value, "m", AT + timedelta(seconds=600 * number + seconds[i % len(seconds)]),
            Quality.MISSING if value is None else Quality.VALID, None if value is None else 0,
        )
        for i, value in enumerate(values)
    )  # fmt: skip
    batch_id, at = content_id(number), AT + timedelta(minutes=10 * number)
    trace = Trace(batch_id, at)
    return ReadingBatch(
        *(batch_id, World.ACTUAL, Origin.LIVE, "川の防災情報", "14205", at, PollOutcome.NEW, None),
        *(CODES, readings, trace, at),
    )


def plain(way: Way, message: bytes | None) -> ReadingBatch | type[Exception]:
    """The plain record, or which refusal."""
    try:
        record = way(message)
    except (Unreadable, WrongWorld) as refused:
        return type(refused)
    return record.record() if isinstance(record, Columns) else record


@given(st.lists(any_of(ReadingBatch), min_size=1, max_size=4))
def test_any_batches_are_read_alike(batches: list[ReadingBatch]) -> None:
    """Each one twice, so that its layout is known the second time."""
    reader, codec = BatchReader(World.ACTUAL), Codec(ReadingBatch, None)
    for batch in [*batches, *batches]:
        message = codec.encode(batch)
        assert plain(reader.decode, message) == plain(CODEC.decode, message)


@given(st.lists(st.tuples(st.lists(VALUES, max_size=4), st.lists(st.integers(0, 900), min_size=1, max_size=3))))
def test_polls_of_one_place_are_read_alike(polls: list[tuple[list[float | None], list[int]]]) -> None:
    """Values come and go, times are shared or not: layouts are learned, met and left again."""
    reader = BatchReader(World.ACTUAL)
    for number, (values, seconds) in enumerate(polls):
        message = CODEC.encode(poll(number, values, tuple(seconds)))
        assert plain(reader.decode, message) == plain(CODEC.decode, message)


@given(st.integers(min_value=0), st.integers(0, 255), st.integers(0, 400))
def test_damage_is_refused_alike(place: int, byte: int, cut: int) -> None:
    """One byte changed anywhere, or an end cut off, in a message whose layout is known."""
    reader, message = BatchReader(World.ACTUAL), CODEC.encode(poll(1, [1.0, None, 2.5]))
    assert reader.decode(message) == CODEC.decode(message)
    damaged = bytearray(CODEC.encode(poll(2, [1.5, None, 2.5])))
    damaged[place % len(damaged)] = byte
    short = bytes(damaged[: len(damaged) - cut % len(damaged)])
    for bad in (bytes(damaged), short, None):
        assert repr(plain(reader.decode, bad)) == repr(plain(CODEC.decode, bad)), "repr: a NaN is none equal to itself"


def test_a_known_layout_comes_in_columns() -> None:
    """Which is what makes it fast; a column of one moment says so."""
    reader = BatchReader(World.ACTUAL)
    reader.decode(CODEC.encode(poll(1, [1.0, 2.0])))
    again = reader.decode(CODEC.encode(poll(2, [3.0, 4.0])))
    assert isinstance(again, Columns)
    assert (again.values, again.at, again.form.even, again.form.codes) == (
        (3.0, 4.0), int((AT + timedelta(minutes=20)).timestamp() * 1_000_000), ("stage", "m"), CODES[:2],
    )  # fmt: skip
    apart = reader.decode(CODEC.encode(poll(3, [3.0, 4.0], (0, 60))))
    assert isinstance(apart, Columns)
    assert (apart.at, apart.moments[1] - apart.moments[0]) == (None, 60_000_000)


def test_another_world_is_refused_though_its_layout_is_known() -> None:
    """A drill's batch differs in one byte."""
    reader = BatchReader(World.ACTUAL)
    reader.decode(CODEC.encode(poll(1, [1.0])))
    drill = Codec(ReadingBatch, World.EXERCISE).encode(replace(poll(2, [1.0]), world=World.EXERCISE))
    assert plain(reader.decode, drill) is WrongWorld
