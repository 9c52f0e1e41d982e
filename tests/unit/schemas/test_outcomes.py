"""Both ways of writing and reading a JobOutcome give the same bytes, the same record, or the same refusal."""

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import fastavro
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import outcomes
from schemas.codec import Codec, Invalid, Unreadable
from schemas.framing import HEADER, frame
from schemas.outcomes import AlikeEnds, OutcomeColumns, grouped
from schemas.records.base import Origin, Trace, World
from schemas.records.delivered import End, JobOutcome, RecipientEnd
from tests.unit.schemas.strategies import any_of

CODEC = Codec(JobOutcome, None)
AT = datetime(2026, 9, 21, 3, 0, tzinfo=UTC)
NAMES = st.text("abcXYZ019-_", min_size=22, max_size=22)
USUAL = st.builds(
    RecipientEnd,
    NAMES | st.text(max_size=30),
    st.sampled_from(End),
    st.none() | st.sampled_from([201, 410, 429, 503]),
    st.none() | st.none() | st.text(max_size=5),
    st.integers(1, 300),
    st.builds(lambda us: AT + timedelta(microseconds=us), st.integers(0, 10**9)),
)


def outcome(ends: tuple[RecipientEnd, ...]) -> JobOutcome:
    """Of one job of a flood in Fujisawa."""
    return JobOutcome(
        *("0c" * 16, "10b" * 10, World.ACTUAL, Origin.LIVE, "14205", "91a" * 10, "0d" * 16, 2, 3, 0, ends),
        *(Trace("7e" * 16, AT), AT + timedelta(seconds=2)),
    )


def generic_bytes(record: JobOutcome) -> bytes:
    """As fastavro writes it."""
    out = io.BytesIO()
    plain = msgspec.to_builtins(record, builtin_types=(datetime, bytes))
    fastavro.schemaless_writer(out, CODEC.newest, plain, strict=True)
    return out.getvalue()


def generic_record(body: bytes) -> JobOutcome | None:
    """As fastavro reads it; None if it does not, or leaves bytes over."""
    source = io.BytesIO(body)
    try:
        plain = fastavro.schemaless_reader(source, CODEC.newest, None)
        record = msgspec.convert(plain, JobOutcome, builtin_types=(datetime, bytes))
    except Exception:  # noqa: BLE001 - fastavro answers broken bytes with a dozen exception types
        return None
    return record if source.tell() == len(body) else None


@given(any_of(JobOutcome) | st.lists(USUAL, max_size=6).map(lambda ends: outcome(tuple(ends))))
def test_any_outcome_is_written_and_read_alike(record: JobOutcome) -> None:
    """Byte for byte, also with details, odd names and times before 1970."""
    body = generic_bytes(record)
    assert outcomes.write(record) in (body, None)
    assert CODEC.encode(record)[HEADER.size :] == body
    found = CODEC.decode(frame(CODEC.written_id, body))
    assert (found, record) == (record, found)


@given(st.lists(USUAL, max_size=4), st.integers(min_value=0), st.integers(0, 255), st.integers(0, 400))
def test_damage_is_read_alike_or_refused(ends: list[RecipientEnd], place: int, byte: int, cut: int) -> None:
    """One byte changed anywhere, or an end cut off."""
    damaged = bytearray(generic_bytes(outcome(tuple(ends))))
    damaged[place % len(damaged)] = byte
    for bad in (bytes(damaged), bytes(damaged[: len(damaged) - cut % len(damaged)])):
        quick, wanted = outcomes.read(bad), generic_record(bad)
        assert quick is None or quick.record() == wanted
        if wanted is None:
            with pytest.raises(Unreadable):
                CODEC.decode(frame(CODEC.written_id, bad))


ALIKE = st.builds(
    AlikeEnds,
    st.lists(NAMES, max_size=4) | st.lists(st.text(max_size=30), max_size=3),
    st.sampled_from(End),
    st.none() | st.sampled_from([201, 503]),
    st.none() | st.text(max_size=5),
    st.integers(1, 300),
    st.builds(lambda us: AT + timedelta(microseconds=us), st.integers(0, 10**9)),
)


@given(st.lists(ALIKE, max_size=4))
def test_ends_that_are_alike_are_written_as_if_one_by_one(groups: list[AlikeEnds]) -> None:
    """The same bytes, the same record, whatever the names are."""
    made = grouped(outcome(()), groups)
    plain = outcome(tuple(end for group in groups for end in group.records()))
    assert made == plain
    assert CODEC.encode(made) == CODEC.encode(plain)
    assert outcomes.write(made) in (generic_bytes(plain), None)


def test_what_usually_happens_is_read_in_columns() -> None:
    """Which is what makes it fast: a thousand ends without a detail."""
    ends = tuple(
        RecipientEnd(f"{n:022}", End.ACCEPTED, 201, None, 1, AT + timedelta(microseconds=n)) for n in range(1000)
    )
    found = CODEC.decode(CODEC.encode(outcome(ends)))
    assert isinstance(found, OutcomeColumns)
    assert found.pairs() == [(end.subscriber, end.end) for end in ends]
    assert found.ends == ends
    assert found.record() == outcome(ends)


def test_what_the_schema_forbids_is_refused() -> None:
    """A naive time, and a number that is no long."""
    end = RecipientEnd("s1", End.ACCEPTED, 201, None, 1, AT)
    for wrong in (replace(end, at=AT.replace(tzinfo=None)), replace(end, status=2**63)):
        with pytest.raises(Invalid):
            CODEC.encode(outcome((wrong,)))
