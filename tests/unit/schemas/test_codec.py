"""The codec's law, and everything that must never get past it."""

import dataclasses
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.codec import Codec, Invalid, Unreadable, WrongWorld, record_types, snake
from schemas.examples import examples_of
from schemas.framing import frame
from schemas.records.base import World
from schemas.records.decided import Decision, Order, Verdict
from schemas.records.delivered import JobOutcome
from schemas.records.judged import Recommendation
from schemas.records.observed import Bulletin, RawPayload, ReadingBatch
from schemas.records.plumbing import Cursor, DeadLetter, Heartbeat
from tests.unit.schemas.strategies import any_of

VARIED: tuple[type, ...] = (ReadingBatch, Bulletin, Recommendation, Verdict, JobOutcome, RawPayload, Heartbeat)
ORDER = examples_of(Order)["v1/evacuation_order_level_4"]
CODEC = Codec(Order, World.ACTUAL)
JST = timezone(timedelta(hours=9))


@pytest.mark.parametrize("record", VARIED)
@given(data=st.data())
def test_decode_undoes_encode(record: type, data: st.DataObject) -> None:
    """Whatever a record holds comes back: emoji, empty arrays, the first and last long, infinity."""
    drawn = data.draw(any_of(record))
    codec: Codec[Any] = Codec(record, None)
    assert codec.decode(codec.encode(drawn)) == drawn


@given(junk=st.binary(max_size=200), record=st.sampled_from(sorted(record_types())))
def test_junk_is_unreadable_and_nothing_else(junk: bytes, record: str) -> None:
    """Random bytes under a right header end as a record or as Unreadable: no other exception can stop a reader."""
    codec: Codec[Any] = Codec(record_types()[record], World.ACTUAL)
    for message in (junk, frame(codec.newest_id, junk)):
        try:
            codec.decode(message)
        except (Unreadable, WrongWorld):
            continue


@given(cut=st.integers(min_value=0), flip=st.integers(0, 255))
def test_a_damaged_order_never_passes_for_another_exception(cut: int, flip: int) -> None:
    """One byte changed anywhere: read, refused, but never a crash."""
    message = bytearray(CODEC.encode(ORDER))
    message[cut % len(message)] = flip
    try:
        CODEC.decode(bytes(message))
    except (Unreadable, WrongWorld):
        return


@given(st.integers(min_value=0))
def test_every_truncation_is_unreadable(length: int) -> None:
    """An order that was cut short anywhere is no shorter order."""
    message = CODEC.encode(ORDER)
    with pytest.raises(Unreadable):
        CODEC.decode(message[: length % len(message)])


def test_trailing_bytes_are_unreadable() -> None:
    """A body that is longer than its record was written by something else."""
    with pytest.raises(Unreadable, match="3 bytes too many"):
        CODEC.decode(CODEC.encode(ORDER) + b"abc")


def test_a_tombstone_is_unreadable() -> None:
    """Where a record is expected, its erasure is none."""
    with pytest.raises(Unreadable, match="tombstone"):
        CODEC.decode(None)


@pytest.mark.parametrize("schema_id", [0, 1, 2**30, 2**31 - 1, 2**32 - 1])
def test_an_unknown_schema_is_unreadable(schema_id: int) -> None:
    """The message names the id, so that an operator can look for it."""
    with pytest.raises(Unreadable, match=str(schema_id)):
        CODEC.decode(frame(schema_id, b""))


def test_another_records_bytes_are_unreadable() -> None:
    """A bulletin among the orders is not read as an order."""
    bulletin = examples_of(Bulletin)["v1/landslide_level_4"]
    with pytest.raises(Unreadable, match="no version of Order"):
        CODEC.decode(Codec(Bulletin, None).encode(bulletin))


@pytest.mark.parametrize("world", [World.EXERCISE, World.TEST])
def test_a_drill_is_refused_in_both_directions(world: World) -> None:
    """An exercise order can be neither written among the actual ones nor read from among them."""
    drill = dataclasses.replace(ORDER, world=world)
    with pytest.raises(WrongWorld, match=f"{world} has no place among actual"):
        CODEC.encode(drill)
    with pytest.raises(WrongWorld):
        CODEC.decode(Codec(Order, world).encode(drill))
    with pytest.raises(WrongWorld):
        Codec(Order, world).encode(ORDER)


def test_a_record_without_a_world_passes_in_each() -> None:
    """Topics that exist once carry records of every world, and of none."""
    heartbeat = examples_of(Heartbeat)["v1/awkward_never_tried"]
    assert Codec(Heartbeat, World.ACTUAL).decode(Codec(Heartbeat, None).encode(heartbeat)).world is None


def test_a_naive_time_is_refused() -> None:
    """A time without a zone could be nine hours off: it never leaves the process."""
    naive = dataclasses.replace(ORDER, issued_at=datetime(2026, 9, 21, 15, 58))  # noqa: DTZ001 - that is the point
    with pytest.raises(Invalid, match="naive time"):
        CODEC.encode(naive)


def test_japanese_time_comes_back_as_the_same_moment_in_utc() -> None:
    """15:58 in Japan is 06:58 UTC."""
    local = dataclasses.replace(ORDER, issued_at=datetime(2026, 9, 21, 15, 58, tzinfo=JST))
    back = CODEC.decode(CODEC.encode(local)).issued_at
    assert (back, back.utcoffset()) == (datetime(2026, 9, 21, 6, 58, tzinfo=UTC), timedelta(0))


@pytest.mark.parametrize(
    "change",
    [
        {"revision": "1"},
        {"revision": 2**63},
        {"level": 4.5},
        {"areas": None},
        {"hazard": "meteor"},
        {"municipality": None},
        {"issued_at": "2026-09-21"},
    ],
    ids=str,
)
def test_a_record_of_wrong_types_is_invalid(change: dict[str, Any]) -> None:
    """What breaks the schema is refused by the writer, who can still say whose fault it is."""
    with pytest.raises(Invalid, match="Order"):
        CODEC.validate(dataclasses.replace(ORDER, **change))


def test_a_registrys_number_and_our_own_are_both_read() -> None:
    """With a map, records go out under the registry's number, and both kinds come in."""
    decision = examples_of(Decision)["v1/approve"]
    plain: Codec[Decision] = Codec(Decision, None)
    mapped: Codec[Decision] = Codec(Decision, None, {17: plain.newest_id})
    assert mapped.encode(decision)[:5] == b"\x00\x00\x00\x00\x11"
    assert mapped.decode(mapped.encode(decision)) == decision
    assert mapped.decode(plain.encode(decision)) == decision
    with pytest.raises(Unreadable):
        plain.decode(mapped.encode(decision))


def test_file_names_of_records() -> None:
    """Folders and schema files are called after the class."""
    assert [snake(name) for name in ("ReadingBatch", "Order", "JobOutcome")] == [
        "reading_batch",
        "order",
        "job_outcome",
    ]


def test_decoding_says_which_record_failed() -> None:
    """The reason in a dead letter names the record and what was wrong with it."""
    with pytest.raises(Unreadable, match=r"^Cursor: \w+"):
        Codec(Cursor, None).decode(frame(Codec(Cursor, None).newest_id, b"\x80"))
    assert Codec(DeadLetter, None).newest_id >= 2**30
