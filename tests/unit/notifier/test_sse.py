"""What partners may follow, how an event reads, and how its id says where a reader stands."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.broadcast.event import event_of
from notifier.broadcast.partners import NotAllowed, Wanted, wanted_of
from notifier.broadcast.position import KINDS, BadPosition, Stream, decode_position, encode_position
from schemas.partners import Partner
from schemas.records.base import Origin, Trace, World
from schemas.records.judged import Recommendation

NOW = datetime(2026, 9, 21, 6, 30, tzinfo=UTC)
streams = st.builds(Stream, st.sampled_from(World), st.sampled_from(sorted(KINDS)), st.integers(0, 99))
FIRE = Partner("fire", "消防", frozenset({"14205"}), frozenset({World.ACTUAL}), frozenset({"orders", "bulletins"}))
STATE = Partner("ken", "県", None, frozenset(World), frozenset(KINDS))


@given(st.dictionaries(streams, st.integers(0, 2**62), max_size=60))
def test_an_id_says_where_a_reader_stands(position: dict[Stream, int]) -> None:
    """Read back, it is the same; and it is short enough for a header."""
    if position:
        assert decode_position(encode_position(position)) == position


def test_an_id_reads_like_this() -> None:
    """Golden: partners keep ids over our updates."""
    position = {Stream(World.ACTUAL, "orders", 3): 15, Stream(World.ACTUAL, "bulletins", 3): 210}
    assert encode_position(position) == "ab3.210-ao3.15"
    assert decode_position("0") == {}


@pytest.mark.parametrize(
    "text", ["", "ao3", "ao3.15-", "xo3.15", "ao3.15-az1.1", "ao3.-1", "-".join(["ao1.1"] * 601), "あ"]
)
def test_an_id_that_is_none_of_ours_is_refused(text: str) -> None:
    """With what to do instead."""
    with pytest.raises(BadPosition, match="send 0"):
        decode_position(text)


def test_a_partner_gets_what_it_may_and_asks_for() -> None:
    """Everything allowed where it names nothing; never more than allowed."""
    everything = wanted_of(FIRE, [], [], [])
    assert everything == Wanted(frozenset({"14205"}), frozenset({World.ACTUAL}), frozenset({"orders", "bulletins"}))
    assert everything.takes(World.ACTUAL, "orders", "14205")
    assert not everything.takes(World.ACTUAL, "orders", "14204")
    assert not everything.takes(World.EXERCISE, "orders", "14205")
    assert wanted_of(STATE, ["14204"], ["orders"], ["test"]) == Wanted(
        frozenset({"14204"}), frozenset({World.TEST}), frozenset({"orders"})
    )
    assert wanted_of(STATE, [], [], []).takes(World.TEST, "readings", "14382")
    for places, kinds, worlds in (("", "readings", ""), ("14204", "", ""), ("", "", "exercise"), ("", "nonsense", "")):
        with pytest.raises(NotAllowed):
            wanted_of(FIRE, places.split(), kinds.split(), worlds.split())


def test_an_event_says_its_world_and_origin_first() -> None:
    """A drill carries its mark, and a replay is called one."""
    record = Recommendation("r1", World.EXERCISE, Origin.REPLAY, "14205", 3, NOW, NOW, (), (), Trace("t", NOW), NOW)
    event = event_of(Stream(World.EXERCISE, "recommendations", 1), 9, record)
    told = json.loads(event.data)
    assert list(told)[:5] == ["kind", "world", "mark", "origin", "municipality"]
    assert (told["world"], told["mark"], told["origin"]) == ("exercise", "【訓練】", "replay")
    assert told["record"]["at"] == "2026-09-21T06:30:00Z"
    assert event.municipality == "14205"
