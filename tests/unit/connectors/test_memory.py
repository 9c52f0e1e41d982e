"""What an Atom source remembers: the floor, a clock that was put back, a cursor of any size."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from connectors.jma.atom import Entry, Feed
from connectors.jma.memory import (
    KEPT,
    NAMELESS,
    PLAIN_BYTES,
    AtomCursor,
    believed,
    read_cursor,
    with_done,
    with_floor,
    written,
)
from tests.unit.connectors.answers import DATA
from tests.unit.connectors.writing import AT

HOUR = timedelta(hours=1)


def name(hours: float) -> str:
    """The name of a telegram that was published so many hours after AT."""
    return f"{AT + hours * HOUR:%Y%m%d%H%M%S}_0_VPWW55_140000.xml"


def feed(*hours: float, updated: float = 0) -> Feed:
    """A feed with telegrams published so many hours after AT."""
    entries = tuple(Entry(DATA + name(at), "-", AT + at * HOUR) for at in hours)
    return Feed(AT + updated * HOUR, entries, 0)


def test_what_left_the_short_feed_hours_ago_is_forgotten() -> None:
    """Not what may still be named, and not while a gap is open."""
    state = AtomCursor(seen=(name(-9), name(-2), name(0)))
    calm = with_done(with_floor(state, feed(0, -0.1), None, AT), (), {})
    assert calm.seen == (name(-2), name(0))
    gap = with_done(with_floor(replace(state, behind=AT), feed(0), None, AT), (), {})
    assert gap.seen == state.seen


def test_while_a_gap_is_open_a_long_feed_says_up_to_when_all_is_known() -> None:
    """It was made an hour ago: what it does not name yet may still come."""
    state = AtomCursor(behind=AT, seen=(name(-9), name(-3.5), name(-2)))
    read = with_floor(state, feed(0), feed(-5, -1, updated=-1), AT)
    assert read.floor == AT - HOUR - KEPT
    assert with_done(read, (), {}).seen == (name(-3.5), name(-2))


def test_the_floor_never_goes_down_and_never_ahead_of_now() -> None:
    """An older version of a feed, and one from the future."""
    state = with_floor(AtomCursor(), feed(0), None, AT)
    assert with_floor(state, feed(-30), None, AT).floor == AT - KEPT
    assert with_floor(state, feed(99), None, AT).floor == AT - KEPT


def test_names_without_a_time_are_bounded() -> None:
    """They cannot be compared with the floor."""
    names = [f"telegram-{n}.xml" for n in range(NAMELESS + 50)]
    assert with_done(AtomCursor(), names, {}).seen == tuple(names[-NAMELESS:])


def test_after_a_clock_was_put_back_its_times_are_not_believed() -> None:
    """Or the source would be fresh, and the long feed read, for as long as the clock was ahead."""
    ahead = AT + 30 * HOUR
    state = AtomCursor(content_at=ahead, read_at=ahead, long_read_at=ahead, behind=ahead, newest=name(30), floor=ahead)
    assert believed(state, AT) == AtomCursor(behind=AT)
    assert believed(state, ahead) == state


@given(count=st.integers(0, 3000), tries=st.integers(0, 9))
def test_a_cursor_of_any_size_is_read_as_it_was_written(count: int, tries: int) -> None:
    """A long one is packed: a topic of cursors takes 256 kB, and it is written at each poll."""
    state = AtomCursor(
        seen=tuple(name(n / 60) for n in range(count)), again={DATA + name(n): tries for n in range(count)}
    )
    text = written(state)
    assert read_cursor(text) == state
    assert len(text) < max(PLAIN_BYTES, 60 * count)


def test_the_longest_cursor_fits_into_its_topic() -> None:
    """As many addresses as may wait, and a day of names beside them."""
    names = [
        f"{AT + timedelta(seconds=37 * n):%Y%m%d%H%M%S}_0_VPFD{n % 50 + 10}_{n * 7919 % 900000:06d}.xml"
        for n in range(8000)
    ]
    state = AtomCursor(seen=tuple(names[6000:]), again=dict.fromkeys((DATA + one for one in names[:6000]), 0))
    assert len(written(state)) < 262_144 * 0.6
