"""Hours of JMA's four recorded feeds, polled through outages and kills: each telegram once, none missed."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rebuilt_feeds import MINUTE, Server, Telegram, recorded_telegrams
from tests.replaying import Poller

DAY = datetime(2026, 8, 7, 0, 0, 20, tzinfo=UTC)
"""The busiest day of the record."""
HOUR = timedelta(hours=1)


@pytest.fixture
def telegrams(recorded: Callable[[str], Path]) -> tuple[Telegram, ...]:
    """What was published in its first hours."""
    found = recorded_telegrams(recorded("jma/feeds"))
    return tuple(one for one in found if DAY - HOUR <= one.published < DAY + 8 * HOUR)


def started(telegrams: tuple[Telegram, ...], at: datetime = DAY) -> Poller:
    """Polling begins."""
    poller = Poller(Server(telegrams, at))
    poller.start()
    return poller


def come(telegrams: tuple[Telegram, ...], poller: Poller) -> set[str]:
    """What must have been fetched: the long feed tells everything at the latest an hour after an outage."""
    return {one.name for one in telegrams if one.published < poller.server.now - 70 * MINUTE}


def assert_each_once(telegrams: tuple[Telegram, ...], poller: Poller) -> None:
    """None missed, none twice, neither over the network nor published."""
    assert come(telegrams, poller) <= poller.server.fetched.keys()
    assert set(poller.server.fetched.values()) == {1}
    assert poller.published == poller.server.fetched


async def test_outages_of_five_minutes_and_of_two_hours(telegrams: tuple[Telegram, ...]) -> None:
    """What came meanwhile comes afterwards, and a process that starts anew knows what the one before it had."""
    poller = started(telegrams)
    for outage, lasts in ((DAY + HOUR, 5 * MINUTE), (DAY + 2 * HOUR, 2 * HOUR)):
        await poller.until(outage)
        poller.server.now += lasts
        poller.start()
    await poller.until(DAY + 7 * HOUR)
    assert len(come(telegrams, poller)) > 500
    assert_each_once(telegrams, poller)
    assert poller.longest_cursor < 60_000, "the cursor is written to Kafka at every change"


async def test_a_network_that_goes_while_telegrams_are_being_fetched(telegrams: tuple[Telegram, ...]) -> None:
    """What came before it went is kept, the rest comes when it is back; also if a new process starts in between."""
    poller = started(telegrams)
    poller.server.now += 2 * HOUR + 50 * MINUTE
    await poller.until(DAY + 3 * HOUR)  # a minute with 24 telegrams follows at 03:05 in one feed alone
    poller.server.now += 7 * MINUTE
    allowed = len(poller.server.fetched) + 5
    poller.server.broken = lambda url: "/data/" in url and len(poller.server.fetched) >= allowed
    await poller.minute()
    assert len(poller.server.fetched) == allowed
    poller.server.broken = lambda _url: True
    poller.start()
    await poller.until(poller.server.now + 50 * MINUTE)
    poller.server.broken = lambda _url: False
    await poller.until(poller.server.now + 2 * HOUR)
    assert_each_once(telegrams, poller)


async def test_telegrams_that_cannot_be_fetched_for_hours_come_in_the_end(telegrams: tuple[Telegram, ...]) -> None:
    """The feeds answer, the telegrams do not: they are not given up while their host says nothing."""
    poller = started(telegrams)
    poller.server.broken = lambda url: "/data/" in url
    await poller.until(DAY + 45 * MINUTE)  # more polls than a telegram that is not there gets
    poller.server.broken = lambda _url: False
    await poller.until(DAY + 2 * HOUR)
    assert_each_once(telegrams, poller)


async def test_a_kill_before_the_cursor_is_saved_repeats_that_poll_and_no_other(
    telegrams: tuple[Telegram, ...],
) -> None:
    """Nobody can know that it was fetched; its records have the same ids."""
    poller = started(telegrams)
    await poller.until(DAY + HOUR)
    before = set(poller.server.fetched)
    await poller.minute(killed_before_save=True)
    lost = set(poller.server.fetched) - before
    await poller.until(DAY + 3 * HOUR)
    twice = {name for name, count in poller.server.fetched.items() if count > 1}
    assert lost
    assert twice == lost
    assert set(poller.published.values()) == {1}
    assert come(telegrams, poller) <= poller.published.keys()


async def test_a_feed_that_stands_still_and_moves_again_is_filled_from_the_long_one(
    telegrams: tuple[Telegram, ...],
) -> None:
    """Every poll succeeded, and yet 40 minutes had left the short feed before it moved."""
    poller = started(telegrams)
    await poller.until(DAY + HOUR)
    poller.server.frozen = poller.server.now
    await poller.until(DAY + HOUR + 40 * MINUTE)
    poller.server.frozen = None
    await poller.until(DAY + 4 * HOUR)
    assert_each_once(telegrams, poller)


async def test_telegrams_that_two_feeds_name(telegrams: tuple[Telegram, ...]) -> None:
    """Every second one of `extra` stands in `other`: it comes once, over new processes and an outage."""
    both = [replace(one, feed="other") for one in telegrams if one.feed == "extra"][::2]
    poller = started((*telegrams, *both))
    await poller.until(DAY + HOUR)
    poller.start()
    await poller.until(DAY + 2 * HOUR)
    poller.server.now += 30 * MINUTE
    poller.start()
    await poller.until(DAY + 5 * HOUR)
    assert {one.name for one in both if one.published < DAY + 3 * HOUR} <= poller.server.fetched.keys()
    assert_each_once(telegrams, poller)


WHAT = st.sampled_from(("polled", "away", "started anew", "only feeds"))


@pytest.mark.deadline(400)
@given(course=st.lists(st.tuples(WHAT, st.integers(1, 40)), min_size=2, max_size=4), after=st.integers(0, 20))
async def test_whatever_happens_when_each_comes_once(
    recorded: Callable[[str], Path], course: list[tuple[str, int]], after: int
) -> None:
    """Outages of any length in any order, new processes, hosts that answer in part; then the next long feed."""
    found = recorded_telegrams(recorded("jma/feeds"))
    begin = DAY + after * HOUR
    telegrams = tuple(one for one in found if begin <= one.published < begin + 4 * HOUR)
    poller = started(telegrams, begin)
    for what, minutes in course:
        end = poller.server.now + minutes * MINUTE
        if what == "away":
            poller.server.now = end
        elif what == "started anew":
            poller.start()
        poller.server.broken = (lambda url: "/data/" in url) if what == "only feeds" else (lambda _url: False)
        await poller.until(end)
    poller.server.broken = lambda _url: False
    await poller.until(poller.server.now + 80 * MINUTE)
    assert_each_once(telegrams, poller)
