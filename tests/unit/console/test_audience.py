"""The number of devices that an officer reads before saying yes."""

import pytest

from console.audience import Audience, audience
from schemas.records.base import World
from schemas.records.plumbing import Heartbeat
from tests.unit.console.records import AT, FUJISAWA, minutes

NORTH, SOUTH = "1410011", "1410012"


def beats(**devices: int) -> dict[tuple[str, World | None], Heartbeat]:
    """What the index said at AT: `_14205=3` is the municipality, `_14100_1410011=2` one of its areas."""
    names = {f"audience{name.replace('_', ':')}": count for name, count in devices.items()}
    return {
        (name, World.ACTUAL): Heartbeat(name, "notifier", World.ACTUAL, "ok", "", AT, AT, None, count, 0, AT, AT)
        for name, count in names.items()
    }


def test_the_whole_town_is_the_indexs_own_count() -> None:
    """Not the last plan's, which may be months old."""
    found = audience(beats(_14205=1234), World.ACTUAL, FUJISAWA, (), 900)
    assert found == Audience(1234, AT, False)
    assert found.words(AT + minutes(5)) == "1,234台（15:40 現在）"


def test_an_old_count_says_that_it_is_old() -> None:
    """The index speaks every ten minutes: after fifteen, something is wrong; from yesterday, the day is said, too."""
    found = Audience(1234, AT, False)
    assert found.words(AT + minutes(15)) == "1,234台（15:40 現在）"
    assert found.words(AT + minutes(40)) == "1,234台（15:40 現在。40分前の台数で、いまと違うことがあります）"
    told = found.words(AT + minutes(24 * 60))
    assert told == "1,234台（9月21日（月）15:40 現在。24時間前の台数で、いまと違うことがあります）"


def test_an_area_is_counted_by_itself_and_two_are_at_most_their_sum() -> None:
    """Who named both is in both."""
    said = beats(_14100=20, _14100_1410011=12, _14100_1410012=10)
    assert audience(said, World.ACTUAL, "14100", (NORTH,), None) == Audience(12, AT, False)
    both = audience(said, World.ACTUAL, "14100", (NORTH, SOUTH), None)
    assert both is not None
    assert both.words(AT) == "最大22台（15:40 現在）"


def test_an_area_that_is_not_counted_is_at_most_the_town() -> None:
    """Never an exact number that nobody knows."""
    assert audience(beats(_14100=20), World.ACTUAL, "14100", (NORTH,), None) == Audience(20, AT, True)


def test_without_an_index_the_last_plan_is_named_as_such() -> None:
    """And nothing where nobody was ever counted; a drill's world has its own numbers."""
    found = audience({}, World.ACTUAL, FUJISAWA, (), 900)
    assert found is not None
    assert found.words(AT) == "約900台（直近の計画）"
    assert audience({}, World.ACTUAL, FUJISAWA, (), None) is None
    assert audience(beats(_14205=1234), World.EXERCISE, FUJISAWA, (), None) is None


@pytest.mark.parametrize(
    ("read", "now", "far"),
    [(1000, 1200, False), (1000, 1201, True), (1000, 700, True), (10, 90, False), (0, 100, True), (0, 99, False)],
)
def test_what_was_read_is_not_what_would_be_sent(read: int, now: int, far: bool) -> None:
    """A fifth and a hundred devices more or fewer: the approver must look again; a few more never hold up an order."""
    assert Audience(now, AT, False).is_far_from(read) is far
