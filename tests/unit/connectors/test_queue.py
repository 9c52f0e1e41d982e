"""Which telegrams a poll fetches now, which wait, and which are tried again."""

from hypothesis import given
from hypothesis import strategies as st

from connectors.jma.queue import FAILED_TRIES, MISSING_TRIES, MOST_WAITING, PER_POLL, Queue, queue_of, still_to_fetch
from connectors.source import BUDGET, Answer, Failed, Missing
from tests.unit.connectors.answers import DATA


def url(number: int, kind: str = "VPWW55", office: str = "140000") -> str:
    """A telegram's address; numbers are seconds."""
    return f"{DATA}20260921{number:06d}_0_{kind}_{office}.xml"


def test_a_backlog_is_spread_and_what_the_short_feed_names_comes_first() -> None:
    """Then the youngest, so that a lift is known before what it lifts; in each part by time."""
    old, news = [url(n) for n in range(PER_POLL + 50)], [url(900), url(901)]
    queue = queue_of({}, [*old, *news], set(news), ())
    assert queue.now == (*old[52:], *news)
    assert queue.later == tuple(old[:52])
    rest = queue_of(dict.fromkeys(queue.later, 0), [url(950)], {url(950)}, ())
    assert (rest.now, rest.later) == ((*old[:52], url(950)), ())
    assert queue.whole


def test_of_what_is_replaced_wholly_only_an_offices_newest_is_fetched() -> None:
    """VPWS50 is a snapshot: yesterday's tells nothing any more. Other data types are statements of their own."""
    snapshots = [url(n, "VPWS50", "010000") for n in (1, 3, 2)]
    others = [url(1, "VPWP50", "140000"), url(2, "VPWP50", "130000"), url(1), url(2)]
    queue = queue_of({}, [*snapshots, *others], (), ("VPWS50", "VPWP50"))
    assert set(queue.left_out) == {snapshots[0], snapshots[2]}
    assert queue.now == (snapshots[1], *others)


def test_more_than_a_cursor_holds_is_left_for_another_reading_of_the_long_feed() -> None:
    """It says so, and keeps what it has already."""
    again = {url(n): 1 for n in range(5)}
    queue = queue_of(again, [url(n) for n in range(5, MOST_WAITING + 10)], (), ())
    assert not queue.whole
    assert len(queue.waiting) == MOST_WAITING
    assert set(again) <= set(queue.waiting)


def tries(answer: Answer, before: int) -> int | None:
    """How often an address that was tried so often counts as tried in vain after this answer."""
    return still_to_fetch(Queue((url(1),), (), (), (), {url(1): before}, True), url(1), answer)


def test_how_long_an_address_is_tried() -> None:
    """A telegram that is not there is given up soon, a host that is away not for a day."""
    assert tries(Missing(url(1)), MISSING_TRIES - 2) == MISSING_TRIES - 1
    assert tries(Missing(url(1)), MISSING_TRIES - 1) is None
    assert tries(Failed("unreachable", "-"), MISSING_TRIES) == MISSING_TRIES + 1
    assert tries(Failed("unreachable", "-"), FAILED_TRIES - 1) is None
    assert tries(Failed("too_large", "-"), 0) is None
    assert tries(Failed(BUDGET, "-"), 7) == 7
    assert tries(Failed("deadline", "-"), 7) == 7


@given(
    again=st.dictionaries(st.integers(0, 400), st.integers(0, 40), max_size=300),
    new=st.lists(st.integers(400, 900), unique=True, max_size=300),
    urgent=st.sets(st.integers(400, 900)),
)
def test_nothing_is_dropped_and_nothing_twice(again: dict[int, int], new: list[int], urgent: set[int]) -> None:
    """Every address is fetched now or waits, once; tries are kept."""
    before = {url(n): tries for n, tries in again.items()}
    queue = queue_of(before, [url(n) for n in new], {url(n) for n in urgent}, ())
    assert sorted((*queue.now, *queue.later)) == sorted({*before, *(url(n) for n in new)})
    assert len(queue.now) <= PER_POLL
    assert all(queue.waiting[address] == tries for address, tries in before.items())
    if queue.later:
        assert {url(n) for n in urgent & set(new)} <= set(queue.now) or len(urgent) > PER_POLL
