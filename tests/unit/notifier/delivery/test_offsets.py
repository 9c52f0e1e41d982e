"""What may be committed while jobs end in any order."""

from hypothesis import given
from hypothesis import strategies as st

from notifier.delivery.offsets import Offsets


@given(st.permutations(range(8)), st.integers(0, 8))
def test_no_offset_is_committed_beyond_a_job_that_is_not_done(order: list[int], done: int) -> None:
    """Killed at any moment, the next worker starts at the first job without an end."""
    offsets = Offsets[str]()
    for offset in range(8):
        offsets.took("p", 100 + offset)
    for offset in order[:done]:
        offsets.done("p", 100 + offset)
    missing = set(range(8)) - set(order[:done])
    first = min(missing, default=8)
    assert offsets.commit() == ({} if first == 0 else {"p": 100 + first})
    assert offsets.commit() == {}


def test_gaps_in_a_log_are_no_jobs() -> None:
    """Transaction markers and compaction leave holes."""
    offsets = Offsets[str]()
    offsets.took("p", 3)
    offsets.took("p", 9)
    offsets.done("p", 9)
    assert offsets.commit() == {}
    offsets.done("p", 3)
    assert offsets.commit() == {"p": 10}


def test_a_partition_that_was_taken_away_is_not_committed() -> None:
    """Its next owner decides."""
    offsets = Offsets[str]()
    offsets.took("p", 1)
    offsets.took("q", 5)
    offsets.forget("p")
    offsets.done("p", 1)
    offsets.done("q", 5)
    assert offsets.commit() == {"q": 6}
