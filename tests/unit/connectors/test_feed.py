"""The Atom source: each telegram once, what failed again, gaps by the long feed, never off the official hosts."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.jma.feed import AtomSource
from connectors.rows import FeedRow, Feeds
from connectors.source import Answer, Failed, New, Parsed, Result, Same, Unchanged, Validators
from tests.unit.connectors.answers import DATA, FEED, Written, atom
from tests.unit.connectors.writing import AT, KANAGAWA, ROW, WARNED, landslide, polled

SHORT, LONG = f"{FEED}extra.xml", f"{FEED}extra_l.xml"
ONE, TWO = "20260921060000_0_VXWW50_140000.xml", "20260921060100_0_VXWW50_140000.xml"
OFFICIAL = frozenset({"www.data.jma.go.jp"})
GOOD = landslide(WARNED)
MINUTE = timedelta(minutes=1)


def source(row: FeedRow = ROW, official: frozenset[str] = OFFICIAL) -> AtomSource:
    """The source of a row."""
    return AtomSource(row, Feeds((row,), official), KANAGAWA)


def cursor_of(result: Result) -> str:
    """The cursor after a poll that did not fail."""
    assert not isinstance(result, Failed)
    return result.cursor


def keys(result: Result) -> list[str]:
    """The telegrams that a poll brought."""
    return [payload.key for payload in result.payloads] if isinstance(result, New) else []


async def test_a_telegram_is_fetched_once() -> None:
    """The next poll sees it in the feed again, and leaves it."""
    network = Written({SHORT: atom([ONE, TWO]), DATA + ONE: GOOD, DATA + TWO: GOOD})
    first = await source().poll(None, network, AT)
    assert keys(first) == [ONE, TWO]
    second = await source().poll(cursor_of(first), network, AT + MINUTE)
    assert isinstance(second, Unchanged)
    assert network.asked.count(DATA + ONE) == 1


async def test_an_unchanged_feed_is_asked_for_conditionally() -> None:
    """With the ETag of the last answer; 304 is unchanged, and keeps the time of the content."""
    first = await source().poll(None, Written({SHORT: atom([ONE]), DATA + ONE: GOOD}), AT)
    network = Written({SHORT: Same()})
    second = await source().poll(cursor_of(first), network, AT + MINUTE)
    assert network.conditions == [Validators('"e1"', None)]
    assert isinstance(second, Unchanged)
    assert second.content_at == AT


async def test_an_unchanged_feed_does_not_move_the_cursor_each_time() -> None:
    """Every move is a write to Kafka."""
    first = await source().poll(None, Written({SHORT: atom([])}), AT)
    second = await source().poll(cursor_of(first), Written({SHORT: Same()}), AT + MINUTE)
    assert cursor_of(second) == cursor_of(first)


async def test_a_feed_from_the_future_does_not_stay_fresh_for_ever() -> None:
    """Its time is not believed."""
    result = await source().poll(None, Written({SHORT: atom([], AT + timedelta(days=999))}), AT)
    assert isinstance(result, Unchanged)
    assert result.content_at is None


@pytest.mark.parametrize("answer", [Failed("http_500", "500"), b"<html></html>", b"\x00\xff garbage", b""])
async def test_a_feed_that_gives_no_answer_is_a_failed_poll(answer: Answer | bytes) -> None:
    """Never an empty feed."""
    assert isinstance(await source().poll(None, Written({SHORT: answer}), AT), Failed)


async def test_a_telegram_that_failed_is_tried_again_though_the_feed_is_unchanged() -> None:
    """The others are not held up; 304 for the feed does not hide what is still to be fetched."""
    failed: dict[str, Answer | bytes] = {SHORT: atom([ONE, TWO]), DATA + ONE: Failed("slow", "slow"), DATA + TWO: GOOD}
    first = await source().poll(None, Written(failed), AT)
    assert keys(first) == [TWO]
    second = await source().poll(cursor_of(first), Written({SHORT: Same(), DATA + ONE: GOOD}), AT + MINUTE)
    assert keys(second) == [ONE]


async def test_a_cut_telegram_is_parked_at_once_and_tried_again() -> None:
    """Twice more; then its bytes are what they are."""
    network = Written({SHORT: atom([ONE]), DATA + ONE: GOOD[:300]})
    cursor = None
    found = []
    for poll in range(5):
        result = await source().poll(cursor, network, AT + poll * MINUTE)
        found.append(keys(result))
        cursor = cursor_of(result)
    assert found == [[ONE], [ONE], [ONE], [], []]


async def test_a_telegram_that_never_comes_is_shown_in_the_end() -> None:
    """After 30 tries it becomes a dead letter, so that somebody looks."""
    network = Written({SHORT: atom([ONE])})
    cursor, parsed = None, Parsed()
    for poll in range(30):
        result = await source().poll(cursor, network, AT + poll * MINUTE)
        parsed = source().parse(polled(result))
        cursor = parsed.cursor
    assert [(parked.reason, parked.url) for parked in parsed.parked] == [("unfetchable", DATA + ONE)]
    assert isinstance(await source().poll(cursor, Written({SHORT: Same()}), AT), Unchanged)


async def test_a_live_feed_leads_to_official_hosts_only() -> None:
    """A link elsewhere is not followed; it is parked at once."""
    network = Written({SHORT: atom([ONE], host="https://evil.example")})
    result = await source().poll(None, network, AT)
    assert network.asked == [SHORT]
    assert [parked.reason for parked in source().parse(polled(result)).parked] == ["unfetchable"]


async def test_a_replayed_feed_never_reaches_out_to_the_official_host() -> None:
    """Recorded links name the official host: the telegrams are fetched where the feed was."""
    row = replace(ROW, url="http://127.0.0.1:1/developer/xml/feed/extra.xml")
    there = "http://127.0.0.1:1/developer/xml/data/"
    network = Written({row.url: atom([ONE]), there + ONE: GOOD})
    assert keys(await source(row, frozenset()).poll(None, network, AT)) == [ONE]
    assert all(url.startswith("http://127.0.0.1:1/") for url in network.asked)


class TestGap:
    """The short feed holds ten minutes; what is older comes from the long feed."""

    ROW = replace(ROW, long_url=LONG)

    async def test_at_the_first_start_and_after_a_gap_the_long_feed_is_read(self) -> None:
        """Not while polls follow each other closely and the long feed has caught up."""
        later = AT + timedelta(hours=3)
        both = {SHORT: atom([TWO]), LONG: atom([ONE], AT), DATA + ONE: GOOD, DATA + TWO: GOOD}
        first = await source(self.ROW).poll(None, Written(both), AT)
        assert keys(first) == [ONE, TWO]
        close = Written(both)
        await source(self.ROW).poll(cursor_of(first), close, AT + MINUTE)
        assert LONG not in close.asked
        after_gap = Written(both | {LONG: atom([ONE], later)})
        await source(self.ROW).poll(cursor_of(first), after_gap, later)
        assert LONG in after_gap.asked

    async def test_it_is_read_until_it_has_caught_up(self) -> None:
        """It is made hourly: one that is older than the gap's end may not hold what came in the gap."""
        old = Written({SHORT: atom([]), LONG: atom([], AT - timedelta(minutes=40))})
        first = await source(self.ROW).poll(None, old, AT)
        soon = Written({SHORT: atom([]), LONG: atom([ONE], AT + MINUTE), DATA + ONE: GOOD})
        second = await source(self.ROW).poll(cursor_of(first), soon, AT + 5 * MINUTE)
        assert LONG not in soon.asked
        third = await source(self.ROW).poll(cursor_of(second), soon, AT + 11 * MINUTE)
        assert keys(third) == [ONE]
        last = Written({SHORT: atom([])})
        await source(self.ROW).poll(cursor_of(third), last, AT + 15 * MINUTE)
        assert LONG not in last.asked

    async def test_without_it_the_short_feed_still_counts(self) -> None:
        """The gap stays open and is told; what is new is not held up."""
        result = await source(self.ROW).poll(None, Written({SHORT: atom([ONE]), DATA + ONE: GOOD}), AT)
        assert isinstance(result, New)
        assert [miss.reason for miss in result.missed] == ["gap"]


@given(st.lists(st.tuples(st.integers(0, 4), st.sets(st.integers(0, 4))), min_size=1, max_size=8))
async def test_whatever_fails_each_telegram_comes_exactly_once(polls: list[tuple[int, set[int]]]) -> None:
    """A poll shows some telegrams, and some of them fail; in the end the network is well, and the feed unchanged."""
    names = [f"2026092106000{number}_0_VXWW50_140000.xml" for number in range(5)]
    shown: set[str] = set()
    cursor, brought = None, []
    for number, (count, failing) in enumerate(polls):
        shown |= set(names[:count])
        answers: dict[str, Answer | bytes] = {DATA + key: GOOD for key in names}
        answers |= {DATA + names[one]: Failed("slow", "slow") for one in failing}
        result = await source().poll(cursor, Written(answers | {SHORT: atom(names[:count])}), AT + number * MINUTE)
        brought += keys(result)
        cursor = cursor_of(result)
    well: dict[str, Answer | bytes] = {DATA + key: GOOD for key in names}
    well[SHORT] = Same()
    brought += keys(await source().poll(cursor, Written(well), AT + 9 * MINUTE))
    assert sorted(brought) == sorted(shown)


@pytest.mark.parametrize("cursor", ["", "junk", "[]", '{"seen": 3}', '{"again": {"x": "y"}}'])
async def test_a_cursor_that_cannot_be_read_only_repeats(cursor: str) -> None:
    """As at the first start."""
    result = await source().poll(cursor, Written({SHORT: atom([ONE]), DATA + ONE: GOOD}), AT)
    assert keys(result) == [ONE]


async def test_what_is_remembered_is_bounded() -> None:
    """A cursor never outgrows its topic's message size."""
    names = [f"20260921{number:06d}_0_VXWW50_140000.xml" for number in range(2500)]
    network = Written({SHORT: atom(names)} | {DATA + name: GOOD for name in names})
    assert len(cursor_of(await source().poll(None, network, AT))) < 131_072


async def test_one_bad_telegram_never_holds_up_the_next() -> None:
    """Garbage between two good ones: both become bulletins, and the garbage a reason."""
    bad = "20260921060030_0_VXWW50_140000.xml"
    answers = {SHORT: atom([ONE, bad, TWO]), DATA + ONE: GOOD, DATA + bad: b"\x00\xff", DATA + TWO: GOOD}
    parsed = source().parse(polled(await source().poll(None, Written(answers), AT)))
    assert (len(parsed.records), [parked.reason for parked in parsed.parked]) == (2, ["not_xml"])
    assert parsed.cursor is not None
