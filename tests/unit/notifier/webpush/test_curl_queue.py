"""What waits for libcurl: in order, never more at a time than there are places, each told of once."""

from hypothesis import given
from hypothesis import strategies as st

from notifier.outcome import Answer, Fault, NetworkFault
from notifier.webpush.curl_queue import Batch, Queue
from notifier.webpush.transport import Post, site_of

LATE = NetworkFault(Fault.TIMEOUT, "late")


Ended = list[tuple[object, Answer | NetworkFault]]


def batch_of(queue: Queue, first: int, count: int, deadline: float = 1.0) -> tuple[Batch, Ended]:
    """A batch that waits, and what is heard of it."""
    heard: Ended = []
    batch = Batch(queue, [], lambda ended: heard.extend(ended), deadline)
    queue.add(batch, [Post(first + at, b"/", b"") for at in range(count)])
    return batch, heard


@given(st.lists(st.integers(0, 40), max_size=8), st.integers(1, 30), st.lists(st.integers(1, 30), min_size=1))
def test_all_go_in_order_and_never_too_many_at_a_time(counts: list[int], most: int, freed: list[int]) -> None:
    """Whatever comes together, and however places become free."""
    queue, gone, turn = Queue(site_of("https://a.example"), most), [], 0
    for at, count in enumerate(counts):
        batch_of(queue, sum(counts[:at]), count)
    while queue.may_go:
        gone += [post.handle for _, posts in queue.take() for post in posts]
        assert queue.under_way <= most
        queue.under_way -= min(queue.under_way, freed[turn % len(freed)])
        turn += 1
    assert gone == list(range(sum(counts)))


def test_who_waits_too_long_is_told_so_and_the_others_stay() -> None:
    """By deadline; those who have left are not the queue's any more."""
    queue = Queue(site_of("https://a.example"), 2)
    (early, of_early), (_, of_late) = batch_of(queue, 0, 5, deadline=1.0), batch_of(queue, 5, 3, deadline=2.0)
    assert [len(posts) for _, posts in queue.take()] == [2]
    for batch in queue.give_up(LATE, 1.0):
        batch.tell()
    assert of_early == [(2, LATE), (3, LATE), (4, LATE)]
    assert of_late == []
    assert not queue.is_over
    for batch in queue.give_up(LATE):
        batch.tell()
    early.tell()
    assert [handle for handle, _ in of_late] == [5, 6, 7]
    assert len(of_early) == 3
    queue.under_way = 0
    assert queue.is_over


def test_nobody_is_told_of_nothing() -> None:
    """And what was told once is not told again."""
    batch, heard = batch_of(Queue(site_of("https://a.example"), 1), 0, 0)
    batch.tell()
    batch.ended.append(("one", Answer(201, {})))
    batch.tell()
    batch.tell()
    assert heard == [("one", Answer(201, {}))]
