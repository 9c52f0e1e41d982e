"""All inputs of one partition must be with one worker."""

import pytest

from streams.faults import NeedsPerson
from streams.inputs import Inputs
from streams.ownership import Ownership, Stale

ROWS = {"actual.readings": "readings", "actual.bulletins": "bulletins", "actual.ticks-watch": "ticks-watch"}


def ownership() -> Ownership:
    """Of nothing yet."""
    ids = dict.fromkeys(ROWS, "id")
    return Ownership(Inputs(ROWS, ids, "actual.ticks-watch", "actual.watch-state", frozenset(range(4))))


def test_whole_partitions_are_owned() -> None:
    """And nothing is, once they are revoked."""
    owned = ownership()
    owned.assign((topic, number) for topic in ROWS for number in (0, 2))
    assert (owned.partitions, owned.known) == (frozenset({0, 2}), True)
    owned.revoke()
    assert (owned.partitions, owned.known) == (frozenset(), False)


def test_a_worker_too_many_owns_nothing_and_is_ready() -> None:
    """Four partitions, five workers."""
    owned = ownership()
    owned.assign(())
    assert owned.known


def test_a_split_partition_stops_the_worker() -> None:
    """Readings of partition 1 here and its bulletins elsewhere: two workers would write one state."""
    with pytest.raises(NeedsPerson, match=r"actual\.bulletins"):
        ownership().assign([*((topic, 0) for topic in ROWS), ("actual.readings", 1), ("actual.ticks-watch", 1)])


def test_a_deal_without_a_whole_topic_is_from_when_it_was_missing() -> None:
    """A static member that comes back soon is dealt it again; nobody has to put anything right."""
    with pytest.raises(Stale, match=r"actual\.bulletins"):
        ownership().assign([("actual.readings", 1), ("actual.ticks-watch", 1)])
