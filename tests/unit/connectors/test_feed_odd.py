"""Atom feeds on an odd day: two feeds that name one telegram, clocks that jump, caches that stand still, budgets."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.jma.feed import AtomSource
from connectors.jma.fetched import Fetched
from connectors.jma.memory import read_cursor
from connectors.rows import FeedRow, Feeds
from connectors.source import BUDGET, Answer, Failed, New, Result, Same, Validators
from tests.unit.connectors.answers import DATA, FEED, Written, atom
from tests.unit.connectors.writing import AT, KANAGAWA, ROW, WARNED, landslide

SHORT, LONG, OTHER = f"{FEED}extra.xml", f"{FEED}extra_l.xml", f"{FEED}other.xml"
WITH_LONG = replace(ROW, long_url=LONG)
GOOD = landslide(WARNED)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
OFFICIAL = frozenset({"www.data.jma.go.jp"})


def at(minutes: int) -> str:
    """The name of a telegram that was published so many minutes after AT."""
    return f"{AT + minutes * MINUTE:%Y%m%d%H%M%S}_0_VXWW50_140000.xml"


def source(row: FeedRow = WITH_LONG, fetched: Fetched | None = None) -> AtomSource:
    """The source of a row."""
    return AtomSource(row, Feeds((row,), OFFICIAL), KANAGAWA, fetched)


def cursor_of(result: Result) -> str:
    """The cursor after a poll that did not fail."""
    assert not isinstance(result, Failed), result
    return result.cursor


def keys(result: Result) -> list[str]:
    """The telegrams that a poll brought."""
    return [payload.key for payload in result.payloads] if isinstance(result, New) else []


def serving(short: list[int], long: list[int] | None = None, made: datetime = AT, **more: Answer | bytes) -> Written:
    """A short and a long feed of telegrams by their minutes, all of which can be fetched."""
    answers: dict[str, Answer | bytes] = {SHORT: atom([at(n) for n in short], made)}
    answers |= {} if long is None else {LONG: atom([at(n) for n in long], made)}
    answers |= {DATA + at(n): GOOD for n in {*short, *(long or ())}}
    return Written(answers | more)


class TestTwoFeeds:
    """Two feeds may name the same telegram."""

    ROWS = (ROW, replace(ROW, id="jma-other", url=OTHER))

    def both(self, fetched: Fetched) -> list[AtomSource]:
        """The sources of one process."""
        return [source(row, fetched) for row in self.ROWS]

    async def test_it_is_fetched_for_one_of_them(self) -> None:
        """Whichever came first; the other leaves it at every later poll, too."""
        network = Written({SHORT: atom([at(0)]), OTHER: atom([at(0), at(1)]), DATA + at(0): GOOD, DATA + at(1): GOOD})
        extra, other = self.both(Fetched())
        first = await extra.poll(None, network, AT)
        second = await other.poll(None, network, AT)
        third = await other.poll(cursor_of(second), network, AT + MINUTE)
        assert (keys(first), keys(second), keys(third)) == ([at(0)], [at(1)], [])

    async def test_a_new_process_knows_it_by_the_cursors(self) -> None:
        """Before any source polls, each is shown where it stood."""
        network = Written({SHORT: atom([at(0)]), OTHER: atom([at(0)]), DATA + at(0): GOOD})
        kept = cursor_of(await self.both(Fetched())[0].poll(None, network, AT))
        extra, other = self.both(Fetched())
        extra.recall(kept)
        other.recall(None)
        assert keys(await other.poll(None, network, AT + MINUTE)) == []
        assert network.asked.count(DATA + at(0)) == 1

    async def test_it_stays_the_other_rows_when_that_has_forgotten_it(self) -> None:
        """One feed reaches back for hours, the other for days: each remembers by itself."""
        network = Written({SHORT: atom([at(0)]), OTHER: atom([at(0)]), DATA + at(0): GOOD})
        extra, other = self.both(Fetched())
        await extra.poll(None, network, AT)
        kept = cursor_of(await other.poll(None, network, AT))
        again = await self.both(Fetched())[1].poll(kept, network, AT + MINUTE)
        assert keys(again) == []
        assert network.asked.count(DATA + at(0)) == 1

    async def test_after_a_kill_the_row_whose_it_was_fetches_it(self) -> None:
        """It had not saved its cursor; the other row, which had left it alone, had."""
        network = Written({SHORT: atom([at(0)]), OTHER: atom([at(0)]), DATA + at(0): GOOD})
        extra, other = self.both(Fetched())
        await extra.poll(None, network, AT)  # its result is lost
        kept = cursor_of(await other.poll(None, network, AT))
        extra, other = self.both(Fetched())
        extra.recall(None)
        other.recall(kept)
        brought = keys(await other.poll(kept, network, AT + MINUTE)) + keys(
            await extra.poll(None, network, AT + MINUTE)
        )
        assert brought == [at(0)]

    async def test_one_that_failed_is_tried_again_by_the_row_that_has_it(self) -> None:
        """And by no other."""
        broken = Written({SHORT: atom([at(0)]), OTHER: atom([at(0)]), DATA + at(0): Failed("slow", "slow")})
        extra, other = self.both(Fetched())
        kept = cursor_of(await extra.poll(None, broken, AT))
        well = Written({SHORT: Same(), OTHER: atom([at(0)]), DATA + at(0): GOOD})
        assert keys(await other.poll(None, well, AT + MINUTE)) == []
        assert keys(await extra.poll(kept, well, AT + MINUTE)) == [at(0)]


class TestLongFeed:
    """It fills what the short feed no longer names."""

    async def test_a_short_feed_that_does_not_reach_back_is_a_gap(self) -> None:
        """Every poll succeeded, yet the feed stood still and dropped what came meanwhile."""
        first = await source().poll(None, serving([0], [0]), AT)
        moved = serving([40], [0, 20, 40], AT + 40 * MINUTE)
        for minute in range(1, 40):
            first = await source().poll(cursor_of(first), Written({SHORT: Same()}), AT + minute * MINUTE)
        assert keys(await source().poll(cursor_of(first), moved, AT + 40 * MINUTE)) == [at(20), at(40)]

    async def test_an_older_version_of_a_feed_is_no_gap(self) -> None:
        """Caches answer in turn."""
        first = await source().poll(None, serving([0, 5], [0, 5]), AT)
        older = serving([0])
        await source().poll(cursor_of(first), older, AT + MINUTE)
        assert LONG not in older.asked

    async def test_it_is_asked_conditionally(self) -> None:
        """Read once for a gap that it does not fill yet, it is asked with its ETag; 304 is no failure."""
        old = serving([0], [0], AT - HOUR)
        first = await source().poll(None, old, AT)
        again = Written({SHORT: Same(), LONG: Same()})
        second = await source().poll(cursor_of(first), again, AT + 11 * MINUTE)
        assert again.conditions[again.asked.index(LONG)] == Validators('"e1"', None)
        assert not isinstance(second, Failed)
        assert second.missed == ()

    async def test_old_news_comes_in_its_order_and_says_when_it_was_received(self) -> None:
        """What was published first comes first; when it arrived stands in every payload."""
        away = await source().poll(None, serving([0], [0]), AT)
        back = serving([300], [0, 100, 200, 300], AT + 300 * MINUTE)
        back.at = AT + 301 * MINUTE
        result = await source().poll(cursor_of(away), back, AT + 301 * MINUTE)
        assert keys(result) == [at(100), at(200), at(300)]
        assert isinstance(result, New)
        assert {payload.fetched_at for payload in result.payloads} == {AT + 301 * MINUTE}

    async def test_a_backlog_is_told_and_goes_on_at_once(self) -> None:
        """Three hundred telegrams of an outage: the first part now, and how many wait."""
        minutes = list(range(-300, 0))
        result = await source().poll(None, serving([0], minutes), AT)
        assert (len(keys(result)), isinstance(result, New) and result.waiting) == (200, 101)
        assert at(0) in keys(result)


class TestClocks:
    """Ours or theirs may be wrong."""

    async def test_ours_jumps_ahead_and_back(self) -> None:
        """Ahead: a gap, so the long feed is read. Back: what was noted then is not believed; nothing twice."""
        network = serving([0], [0])
        cursor = cursor_of(await source().poll(None, network, AT))
        cursor = cursor_of(await source().poll(cursor, network, AT + 24 * 365 * HOUR))
        back = await source().poll(cursor, network, AT + 2 * MINUTE)
        later = await source().poll(cursor_of(back), serving([3], [0, 3], AT + 3 * MINUTE), AT + 3 * MINUTE)
        assert (keys(back), keys(later)) == ([], [at(3)])
        assert network.asked.count(DATA + at(0)) == 1
        assert read_cursor(cursor_of(later)).content_at == AT + 3 * MINUTE

    async def test_theirs_is_ahead(self) -> None:
        """A feed and a telegram from tomorrow: fetched, but neither its time nor its name stands for what is newest."""
        tomorrow = 24 * 60
        result = await source().poll(None, serving([tomorrow], [], AT + 24 * HOUR), AT)
        assert keys(result) == [at(tomorrow)]
        state = read_cursor(cursor_of(result))
        assert (state.content_at, state.newest) == (None, "")
        second = await source().poll(cursor_of(result), serving([1, tomorrow], []), AT + 2 * MINUTE)
        assert keys(second) == [at(1)]

    async def test_a_telegram_that_is_named_late(self) -> None:
        """Its time lies days before those around it: the short feed names it, so it is new."""
        first = await source().poll(None, serving([0], [0]), AT)
        assert keys(await source().poll(cursor_of(first), serving([-3000, 0]), AT + MINUTE)) == [at(-3000)]


async def test_a_cache_that_says_304_for_ever_is_asked_without_a_condition() -> None:
    """Once its content is stale: then it has to show what it has."""
    first = await source(ROW).poll(None, serving([0]), AT)
    network = Written({SHORT: Same()})
    second = await source(ROW).poll(cursor_of(first), network, AT + HOUR)
    await source(ROW).poll(cursor_of(second), network, AT + 3 * HOUR)
    assert network.conditions == [Validators('"e1"', None), Validators()]


async def test_what_can_wait_says_so_and_is_not_given_up_while_it_waits() -> None:
    """The day's volume is used: the snapshot waits as long as it takes, the warning is fetched."""
    snapshot = at(0).replace("VXWW50", "VPWS50")
    row = replace(ROW, spare=("VPWS50",))
    answers: dict[str, Answer | bytes] = {SHORT: atom([snapshot, at(1)]), DATA + at(1): GOOD}
    network = Written(answers | {DATA + snapshot: Failed(BUDGET, "the day's volume is used")})
    cursor = None
    for minute in range(40):
        result = await source(row).poll(cursor, network, AT + minute * MINUTE)
        cursor = cursor_of(result)
    assert set(network.spare) == {DATA + snapshot}
    next_day = Written({SHORT: Same(), DATA + snapshot: GOOD})
    assert keys(await source(row).poll(cursor, next_day, AT + HOUR)) == [snapshot]


@given(jumps=st.lists(st.integers(-2000, 2000), max_size=8), shown=st.lists(st.sets(st.integers(0, 50)), max_size=8))
async def test_whatever_the_clock_says_each_telegram_comes_once(jumps: list[int], shown: list[set[int]]) -> None:
    """Our clock jumps before every poll; what a feed named is there in the end, and once."""
    cursor, brought, now = None, [], AT
    for jump, minutes in zip([*jumps, *[1] * len(shown)], shown, strict=False):
        now += jump * MINUTE
        result = await source().poll(cursor, serving(sorted(minutes), [], AT), now)
        brought += keys(result)
        cursor = cursor_of(result)
    assert sorted(brought) == sorted(at(n) for n in set().union(*shown))


@pytest.mark.parametrize("answer", [Failed("unreachable", "no address"), Failed("garbage", "half"), b"<feed/>"])
async def test_a_long_feed_that_gives_no_answer_leaves_the_gap_open(answer: Answer | bytes) -> None:
    """It is told, and asked again; what the short feed names is not held up."""
    broken = serving([0], None)
    broken.answers = {**broken.answers, LONG: answer}
    first = await source().poll(None, broken, AT)
    assert keys(first) == [at(0)]
    assert not isinstance(first, Failed)
    assert [miss.reason for miss in first.missed] == ["gap"]
    second = await source().poll(cursor_of(first), serving([0], [-60, 0]), AT + MINUTE)
    assert keys(second) == [at(-60)]
