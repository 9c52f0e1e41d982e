"""Which inputs were handled, which never came, and when a waiting tick may act."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from schemas.records.base import InputOffset, Trace, World
from schemas.records.plumbing import Tick
from streams.partition import Held, Partition, PendingTick

AT = datetime(2026, 9, 21, 3, 0, tzinfo=UTC)
READINGS, BULLETINS = "readings", "bulletins"


def tick(**ends: int) -> PendingTick:
    """A tick that names these end offsets."""
    named = tuple(InputOffset(topic, "id", 0, end) for topic, end in ends.items())
    return PendingTick(Tick(World.ACTUAL, "watch", 0, AT, named, Trace("t", AT), AT), "ticks-watch", 7)


def test_a_repeat_is_known_by_its_offset() -> None:
    """At or below what the state includes."""
    held = Held(state=None, offsets={READINGS: 5})
    assert [held.includes(READINGS, offset) for offset in (4, 5, 6)] == [True, True, False]
    assert not held.includes(BULLETINS, 0)


def test_a_tick_waits_until_every_input_it_names_was_handled() -> None:
    """Two readings and one bulletin were there when it was made."""
    partition = Partition(0, {}, {READINGS: 0, BULLETINS: 0})
    partition.pending = tick(readings=2, bulletins=1)
    for topic, offset in ((READINGS, 0), (READINGS, 1)):
        partition.handled(topic, offset)
        assert partition.take_due_tick() is None
    partition.handled(BULLETINS, 0)
    assert partition.take_due_tick() is not None
    assert partition.take_due_tick() is None


def test_a_tick_that_names_what_was_handled_before_the_restart_acts_at_once() -> None:
    """The group's committed offsets count."""
    partition = Partition(0, {}, {READINGS: 40, BULLETINS: 3})
    partition.pending = tick(readings=40, bulletins=3)
    assert partition.take_due_tick() is not None


def test_a_tick_reaches_every_municipality_once_also_when_the_next_one_comes_meanwhile() -> None:
    """It is told in slices; a newer one waits until all had the one before, and then begins with all of them."""
    partition = Partition(0, {"14205": Held(None), "14206": Held(None), "14207": Held(None)}, {READINGS: 1})
    partition.pending = first = tick(readings=1)
    told = [partition.next_told()]
    partition.pending = second = tick(readings=1)
    told += [partition.next_told() for _ in range(6)]
    assert [one[0] for one in told if one] == [first] * 3 + [second] * 3
    assert sorted(one[1] for one in told if one) == ["14205", "14205", "14206", "14206", "14207", "14207"]
    assert told[-1] is None


def test_a_hole_between_inputs_is_noticed_but_not_before_the_first_one() -> None:
    """The first event after an assignment may lie anywhere; after it, each offset follows the last."""
    partition = Partition(0, {}, {READINGS: 3})
    assert not partition.skips(READINGS, 9)
    partition.handled(READINGS, 9)
    assert [partition.skips(READINGS, offset) for offset in (8, 9, 10, 11)] == [False, False, False, True]


@given(st.lists(st.integers(0, 20), min_size=1))
def test_positions_never_go_back(offsets: list[int]) -> None:
    """A redelivered event does not undo what was handled."""
    partition = Partition(0, {}, {})
    for offset in offsets:
        partition.handled(READINGS, offset)
    assert partition.positions[READINGS] == max(offsets) + 1
