"""What plans became for a subscriber: nobody who was told is left without the all-clear, nobody else is frightened."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from notifier.standing import Mark, end_of, is_gone, latest, mark_of, told
from schemas.records.delivered import PERHAPS_SENT, End, RecipientEnd

NOW = datetime(2026, 9, 21, tzinfo=UTC)
marks = st.sampled_from(list(Mark))
histories = st.lists(st.dictionaries(st.sampled_from("abcdef"), marks, min_size=1), max_size=6)


def _end(end: End, status: int | None = None) -> RecipientEnd:
    return RecipientEnd("s", end, status, None, 1, NOW)


def _told(*history: Mark) -> bool:
    return told((["s"], bytes([mark])) for mark in history)["s"]


def _jobs(history: list[dict[str, Mark]]) -> list[tuple[list[str], bytes]]:
    return [(sorted(job), bytes(job[name] for name in sorted(job))) for job in history]


def test_unknown_and_accepted_are_owed_the_lift() -> None:
    """Perhaps sent, without an end: perhaps it was shown. Accepted once: it was."""
    assert _told(Mark.OPEN)
    assert _told(Mark.ACCEPTED)
    assert _told(Mark.ACCEPTED, Mark.FAILED)
    assert _told(Mark.FAILED, Mark.OPEN)
    assert _told(Mark.PERHAPS)


def test_never_reached_is_not_told_that_it_is_over() -> None:
    """Only an all-clear, without the warning before it, would frighten for nothing."""
    for mark in (Mark.WAITING, Mark.EXPIRED, Mark.REFUSED, Mark.FAILED, Mark.SUPERSEDED, Mark.VANISHED):
        assert not _told(mark)
        assert not _told(mark, Mark.SUPERSEDED)
    assert not _told(Mark.ACCEPTED, Mark.GONE)


def test_who_left_our_index_is_still_told() -> None:
    """`gone` without the service's word means only: not in the index. Who accepted before stays told."""
    assert _told(Mark.ACCEPTED, Mark.VANISHED)
    assert not is_gone(_end(End.GONE))
    assert is_gone(_end(End.GONE, 410))
    assert is_gone(_end(End.GONE, 404))


def test_who_came_back_is_told_again() -> None:
    """Gone, subscribed anew under the same id, and planned again: perhaps it was shown."""
    assert _told(Mark.ACCEPTED, Mark.GONE, Mark.OPEN)


@given(histories)
def test_what_holds_for_one_holds_for_all(history: list[dict[str, Mark]]) -> None:
    """Many in one job stand as each would alone; nobody planned is missing, and nobody else is there."""
    together = told(_jobs(history))
    for name in "abcdef":
        alone = [{name: job[name]} for job in history if name in job]
        assert told(_jobs(alone)).get(name) == together.get(name)
    assert set(together) == {name for job in history for name in job}


@given(histories)
def test_accepted_is_told_until_gone(history: list[dict[str, Mark]]) -> None:
    """Whatever else came in whatever order: one acceptance, and no word that the device is gone, means told."""
    for name, owed in told(_jobs(history)).items():
        known = {job[name] for job in history if name in job}
        if Mark.ACCEPTED in known and Mark.GONE not in known:
            assert owed
        if not known & {Mark.ACCEPTED, Mark.OPEN, Mark.PERHAPS}:
            assert not owed


def test_another_try_takes_the_place_of_what_failed() -> None:
    """Of one revision's plans the last one says how it ended; while it is open there is no end."""
    first = (["a", "b", "c"], bytes([Mark.FAILED, Mark.ACCEPTED, Mark.EXPIRED]))
    again = (["a", "c"], bytes([Mark.ACCEPTED, Mark.OPEN]))
    assert latest([first]) == {"a": End.FAILED, "b": End.ACCEPTED, "c": End.EXPIRED}
    assert latest([first, again]) == {"a": End.ACCEPTED, "b": End.ACCEPTED, "c": None}


def test_every_end_has_its_mark() -> None:
    """And every mark but two is an end."""
    for end in End:
        assert end_of(mark_of(end, None)) is end
        assert end_of(mark_of(end, 410)) is end
    assert mark_of(End.SUPERSEDED, None, f"{PERHAPS_SENT}; guard: superseded") is Mark.PERHAPS
    assert [mark for mark in Mark if end_of(mark) is None] == [Mark.WAITING, Mark.OPEN]
