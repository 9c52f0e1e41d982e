"""A dead letter says where the message lies and keeps the beginning of its bytes."""

from datetime import UTC, datetime

from schemas.codec import Codec, Unreadable
from schemas.records.base import World
from schemas.records.plumbing import DeadLetter
from streams.parking import KEPT_BYTES, Incoming, dead_letter

AT = datetime(2026, 9, 21, 3, 0, tzinfo=UTC)


def letter(value: bytes | None, key: bytes | None = b"14205") -> DeadLetter:
    """The letter about an unreadable message."""
    event = Incoming("readings", "actual.readings", "topic-id", 2, 17, key, value)
    return dead_letter("watch", World.ACTUAL, event, Unreadable("x" * 5_000), AT, AT)


def test_a_large_message_is_cut_and_still_identified() -> None:
    """The largest message of a row fits its letter, with reason and stack, into the letters' own limit of 256 kB."""
    parked = letter(b"?" * 1_048_576)
    assert (parked.size, len(parked.body), parked.truncated) == (1_048_576, KEPT_BYTES, True)
    assert len(Codec(DeadLetter, None).encode(parked)) < 262_144


def test_the_same_message_parked_twice_has_one_id() -> None:
    """Its place is its id."""
    assert letter(b"?").id == letter(b"?").id


def test_the_municipality_is_known_only_from_a_key_that_is_one() -> None:
    """Never guessed."""
    assert letter(b"?").municipality == "14205"
    assert [letter(b"?", key).municipality for key in (None, b"", b"1420", b"142055", b"\xff\xff\xff\xff\xff")] == [
        None
    ] * 5


def test_a_tombstone_is_an_empty_body() -> None:
    """Nothing to keep, but it shows."""
    assert (letter(None).size, letter(None).body) == (0, b"")
