"""What earlier revisions became for a subscriber: nobody who was told is left without the all-clear."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from notifier.standing import ended, is_gone, planned, was_told
from schemas.records.delivered import End, RecipientEnd

NOW = datetime(2026, 9, 21, tzinfo=UTC)


def _end(end: End, status: int | None = None) -> RecipientEnd:
    return RecipientEnd("s", end, status, None, 1, NOW)


ends = st.sampled_from(
    [
        _end(End.ACCEPTED, 201),
        _end(End.GONE, 410),
        _end(End.GONE, 404),
        _end(End.GONE),
        _end(End.EXPIRED),
        _end(End.SUPERSEDED),
        _end(End.REFUSED, 413),
        _end(End.FAILED, 503),
    ]
)
steps = st.lists(st.tuples(st.integers(1, 4), st.one_of(st.none(), ends)), max_size=12)


def _after(history: list[tuple[int, RecipientEnd | None]]) -> str | None:
    standing: str | None = None
    for revision, end in history:
        standing = planned(standing, revision) if end is None else ended(standing, end, revision)
    return standing


def test_unknown_and_accepted_are_owed_the_lift() -> None:
    """Planned without an end: perhaps it was shown. Accepted once: it was."""
    assert was_told(planned(None, 1))
    assert was_told(ended("u1", _end(End.ACCEPTED, 201), 1))
    assert was_told(ended("a1", _end(End.FAILED, 503), 2))
    assert was_told(planned("x1", 2))


def test_never_reached_is_not_told_that_it_is_over() -> None:
    """Only an all-clear, without the warning before it, would frighten for nothing."""
    for end in (End.EXPIRED, End.REFUSED, End.FAILED, End.SUPERSEDED):
        assert not was_told(ended("u1", _end(end), 1))
    assert not was_told(ended("a1", _end(End.GONE, 410), 2))


def test_who_moved_away_is_still_told() -> None:
    """`gone` without the service's word means only: not in that page. Who accepted before stays told."""
    assert was_told(ended("a1", _end(End.GONE), 2))
    assert not is_gone(_end(End.GONE))


def test_an_old_end_does_not_hide_a_newer_plan() -> None:
    """Revision 1 superseded, told after revision 2 was planned: revision 2 may still have arrived."""
    assert was_told(ended("u2", _end(End.SUPERSEDED), 1))


def test_an_end_before_its_plan_is_kept() -> None:
    """Workers may be faster than the planner's own note."""
    for end, told in ((_end(End.ACCEPTED, 201), True), (_end(End.FAILED, 503), False)):
        assert was_told(planned(ended(None, end, 1), 1)) is told


@given(steps)
def test_accepted_is_told_until_gone(history: list[tuple[int, RecipientEnd | None]]) -> None:
    """Whatever comes in whatever order: one acceptance, and no word that the device is gone, means told."""
    known = [end for _, end in history if end is not None]
    if any(end.end is End.ACCEPTED for end in known) and not any(is_gone(end) for end in known):
        assert was_told(_after(history) or "")


@given(steps)
def test_a_repeat_changes_nothing(history: list[tuple[int, RecipientEnd | None]]) -> None:
    """The last step twice is the last step once."""
    assert _after(history) == _after(history + history[-1:])
