"""A partition that grows and is not handled ends the worker after a minute, and only then."""

from streams.watchdog import STUCK_AFTER_S, Progress

PART = ("readings", 0)


def test_a_partition_that_does_not_move_for_a_minute_is_stuck() -> None:
    """Behind, at the same position, all the time."""
    progress = Progress()
    assert progress.look({PART: 5}, {PART: 6}, 0.0) == []
    assert progress.look({PART: 5}, {PART: 9}, STUCK_AFTER_S - 1) == []
    assert progress.look({PART: 5}, {PART: 9}, STUCK_AFTER_S) == [PART]


def test_one_that_moves_slowly_is_not_stuck() -> None:
    """A backlog is no fault."""
    progress = Progress()
    for minute in range(5):
        assert progress.look({PART: minute}, {PART: 100}, minute * STUCK_AFTER_S) == []


def test_an_idle_hour_counts_for_nothing() -> None:
    """The minute begins when something is there to be handled."""
    progress = Progress()
    assert progress.look({PART: 5}, {PART: 5}, 0.0) == []
    assert progress.look({PART: 5}, {PART: 6}, 3600.0) == []
    assert progress.look({PART: 6}, {PART: 6}, 3605.0) == []
    assert progress.look({PART: 6}, {PART: 7}, 7200.0) == []


def test_a_partition_that_was_never_read_is_stuck_too() -> None:
    """The group assigned it, ticks go in, nothing comes out."""
    progress = Progress()
    progress.look({}, {PART: 3}, 0.0)
    assert progress.look({}, {PART: 9}, STUCK_AFTER_S) == [PART]
