"""The state machine against the h2 library's server in memory, whatever the order, the pieces and the peer's whims."""

import itertools
from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from notifier.outcome import Answer, Fault, NetworkFault
from notifier.webpush.http2 import frames
from notifier.webpush.http2.connection import Connection
from notifier.webpush.http2.exchange import Sent
from notifier.webpush.transport import Head, Post
from tests.unit.notifier.webpush.http2.memory import AUTHORITY, Pair, batch_of

HEADS = [Head((("ttl", str(ttl)), ("topic", "t" * 20), ("authorization", "v" * 200 * ttl))) for ttl in range(1, 6)]
MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE, HEADER_TABLE_SIZE, MAX_FRAME_SIZE = 3, 4, 1, 5


class Talk(RuleBasedStateMachine):
    """Any talk: requests, answers in any order and shape, settings, windows, resets, GOAWAY, in pieces of any size."""

    def __init__(self) -> None:
        super().__init__()
        self.pair = Pair(itertools.repeat(1 << 20))
        self.sent: dict[int, tuple[Head, Post]] = {}
        self.pair.exchange()

    @rule(head=st.sampled_from(HEADS), sizes=st.lists(st.sampled_from([0, 1, 300, 4096, 20_000]), max_size=12))
    def requests(self, head: Head, sizes: list[int]) -> None:
        """Some more, of one batch."""
        batch = batch_of(head)
        for size in sizes:
            post = Post(len(self.sent), b"/p/%d" % len(self.sent), bytes([len(self.sent) % 256]) * size)
            self.sent[len(self.sent)] = (head, post)
            self.pair.post(batch, post)
        self.pair.exchange()

    @rule(size=st.integers(1, 40))
    def pieces(self, size: int) -> None:
        """Bytes arrive in pieces of this size from now on."""
        self.pair._pieces = itertools.repeat(size)

    @rule(
        data=st.data(), status=st.sampled_from([201, 201, 200, 404, 410, 429, 500]), body=st.sampled_from([0, 1, 3000])
    )
    @precondition(lambda self: self.pair.whole)
    def answer(self, data: st.DataObject, status: int, body: int) -> None:
        """Of one request, whichever."""
        stream = data.draw(st.sampled_from(self.pair.whole))
        self.pair.whole.remove(stream)
        if stream in self.pair.reset:
            return
        trailer = data.draw(st.booleans())
        self.pair.server.send_headers(stream, [(":status", str(status)), ("x", "y" * body)], not (body or trailer))
        if body and self.pair.server.local_flow_control_window(stream) >= body:
            self.pair.server.send_data(stream, bytes(body), end_stream=not trailer)
        elif body and not trailer:
            self.pair.server.end_stream(stream)
        if trailer:
            self.pair.server.send_headers(stream, [("checksum", "1")], end_stream=True)
        self.pair.exchange()

    @rule(value=st.sampled_from([1, 2, 5, 100]))
    def streams(self, value: int) -> None:
        """The peer allows so many streams."""
        self._allow({MAX_CONCURRENT_STREAMS: value})

    @rule(value=st.sampled_from([0, 1, 100, 5000, 65_535, 1 << 20]))
    def window(self, value: int) -> None:
        """The peer allows so much of a body."""
        self._allow({INITIAL_WINDOW_SIZE: value})

    @rule(table=st.sampled_from([0, 100, 500, 4096]), frame=st.sampled_from([16_384, 20_000]))
    def sizes(self, table: int, frame: int) -> None:
        """The peer keeps so large a table, and takes such frames."""
        self._allow({HEADER_TABLE_SIZE: table, MAX_FRAME_SIZE: frame})

    @rule()
    def room(self) -> None:
        """The peer has worked off what came."""
        for stream, size in self.pair.owed.items():
            if size and stream not in self.pair.reset:
                self.pair.server.acknowledge_received_data(size, stream)
        self.pair.owed.clear()
        self.pair.exchange()

    @rule(data=st.data(), code=st.sampled_from([frames.Code.REFUSED_STREAM, frames.Code.INTERNAL_ERROR]))
    @precondition(lambda self: self.pair.whole)
    def reset(self, data: st.DataObject, code: frames.Code) -> None:
        """The peer gives one up."""
        stream = data.draw(st.sampled_from(self.pair.whole))
        self.pair.whole.remove(stream)
        if stream not in self.pair.reset:
            self.pair.server.reset_stream(stream, code)
            self.pair.exchange()

    @rule(data=st.data())
    @precondition(lambda self: self.pair.fields)
    def leave(self, data: st.DataObject) -> None:
        """The peer says GOAWAY, perhaps after a warning; what is beyond comes back, and nothing new is sent."""
        last = data.draw(st.sampled_from([0, 2**31 - 1, *self.pair.fields]))
        self.pair.client.receive(frames.frame(frames.GOAWAY, 0, 0, frames.number(last) + frames.number(0)))
        self.pair.collect()
        self.pair.reset |= {stream for stream in self.pair.fields if stream > last}
        assert self.pair.client.room == 0

    @rule()
    def ping(self) -> None:
        """The peer asks."""
        self.pair.server.ping(b"12345678")
        self.pair.exchange()

    @invariant()
    def nothing_breaks(self) -> None:
        """Neither side objects; no handle is heard of twice."""
        assert self.pair.client.why_over is None
        again = [sent[1].handle for sent in self.pair.again]
        heard = [handle for handle, _ in self.pair.ended]
        assert len({*heard, *again}) == len(heard) + len(again)

    def teardown(self) -> None:
        """What the server had is what was sent, and losing the connection ends the rest: each handle once."""
        for stream, fields in self.pair.fields.items():
            number = int(dict(fields)[":path"].rsplit("/", 1)[1])
            head, post = self.sent[number]
            assert fields[4:] == [*head.fields, ("content-length", str(len(post.body)))]
            assert post.body.startswith(self.pair.bodies[stream])
            assert stream not in self.pair.whole or post.body == self.pair.bodies[stream]
        self.pair.client.lost("over")
        self.pair.collect()
        handles = [handle for handle, _ in self.pair.ended]
        handles += [sent[1].handle for sent in (*self.pair.again, *self.pair.waiting)]
        assert sorted(map(str, handles)) == sorted(map(str, self.sent))

    def _allow(self, settings: dict[int, int]) -> None:
        self.pair.server.update_settings(settings)
        self.pair.exchange()


TestTalk = Talk.TestCase


@pytest.mark.parametrize("size", [16_000, 16_500, 50_000])
def test_a_head_beyond_one_frame(size: int) -> None:
    """HEADERS and CONTINUATION (RFC 9113 §6.10); too large for the table, it is spelled out each time."""
    pair, head = Pair(itertools.repeat(1000)), Head((("authorization", "v" * size), ("ttl", "1")))
    for number in range(3):
        pair.post(batch_of(head), Post(number, b"/p", b"body"))
    pair.exchange()
    assert [fields[4:6] for fields in pair.fields.values()] == [list(head.fields)] * 3
    assert set(pair.bodies.values()) == {b"body"}


def sent_of(count: int, head: Head = HEADS[0]) -> deque[Sent]:
    """Requests that wait."""
    batch = batch_of(head)
    return deque((batch, Post(at, b"/p/%d" % at, b"body"), 0) for at in range(count))


def greeted(first_stream: int = 1) -> Connection:
    """A connection whose peer has said SETTINGS."""
    connection = Connection(AUTHORITY, first_stream)
    connection.receive(frames.settings({}))
    connection.take()
    return connection


def test_the_first_words() -> None:
    """RFC 9113 §3.4: the preface, then SETTINGS: no table for us, no pushes."""
    expected = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes.fromhex("00000c040000000000000100000000000200000000")
    assert Connection(AUTHORITY).take() == expected


def test_nothing_is_sent_before_the_peer_has_spoken() -> None:
    """It may allow a single stream only."""
    assert Connection(AUTHORITY).room == 0
    assert greeted().room > 0


@given(st.binary(max_size=200), st.lists(st.integers(1, 50), min_size=1, max_size=30))
def test_any_words_end_well(words: bytes, sizes: list[int]) -> None:
    """Whatever a peer says, nothing raises and each request ends once."""
    connection = greeted()
    connection.send(sent_of(4))
    at, pieces = 0, itertools.cycle(sizes)
    while at < len(words):
        size = next(pieces)
        connection.receive(words[at : at + size])
        at += size
    connection.lost("over")
    handles = [sent[1].handle for sent, _ in connection.ends()] + [sent[1].handle for sent in connection.again()]
    assert sorted(map(str, handles)) == ["0", "1", "2", "3"]


frame_words = st.builds(
    lambda kind, flags, stream, payload: frames.frame(kind, flags, stream, payload),
    st.integers(0, 11),
    st.integers(0, 255),
    st.sampled_from([0, 1, 3, 5, 7, 2, 9, 99]),
    st.one_of(
        st.binary(max_size=40), st.just(b"\x88"), st.just(bytes(4)), st.just(bytes(8)), st.just(b"\x00\x00\x00\x07")
    ),
)


@given(st.lists(frame_words, max_size=30), st.integers(1, 30))
def test_any_frames_end_well_and_however_they_are_cut(words: list[bytes], size: int) -> None:
    """The same frames, whole and in pieces, mean the same."""
    whole, cut = greeted(), greeted()
    said = b"".join(words)
    for connection, step in ((whole, len(said) or 1), (cut, size)):
        connection.send(sent_of(4))
        for at in range(0, len(said), step):
            connection.receive(said[at : at + step])
    assert (whole.why_over, whole.leaving, whole.take()) == (cut.why_over, cut.leaving, cut.take())
    ends = [(sent[1].handle, ending) for sent, ending in whole.ends()]
    assert ends == [(sent[1].handle, ending) for sent, ending in cut.ends()]


def test_stream_ids_run_out() -> None:
    """After 2^31-1 nothing more may be sent on a connection: it is leaving, and over with its last answer."""
    connection = greeted(first_stream=2**31 - 3)
    waiting = sent_of(5)
    assert connection.room == 2
    connection.send(waiting)
    assert len(waiting) == 3
    assert (connection.room, connection.leaving, connection.over) == (0, True, False)
    for stream in (2**31 - 3, 2**31 - 1):
        connection.receive(frames.frame(frames.HEADERS, 5, stream, b"\x88"))
    assert connection.over
    assert [answer for _, answer in connection.ends()] == [Answer(200, {})] * 2


@pytest.mark.parametrize(("last", "left"), [(0, 0), (1, 1), (3, 2), (5, 3), (2**31 - 1, 4)])
def test_who_leaves_says_up_to_where(last: int, left: int) -> None:
    """GOAWAY: what is beyond its last stream comes back to be sent elsewhere; the rest is still answered here."""
    connection = greeted()
    connection.send(sent_of(4))
    connection.receive(frames.frame(frames.GOAWAY, 0, 0, frames.number(last) + frames.number(0)))
    assert [sent[1].handle for sent in connection.again()] == [0, 1, 2, 3][left:]
    assert (connection.under_way, connection.room, connection.leaving) == (left, 0, True)
    connection.receive(b"".join(frames.frame(frames.HEADERS, 5, 2 * at + 1, b"\x88") for at in range(left)))
    assert [sent[1].handle for sent, _ in connection.ends()] == [0, 1, 2, 3][:left]
    assert connection.over


def test_a_peer_may_want_http_1() -> None:
    """HTTP_1_1_REQUIRED: the request was not processed, and goes another way (RFC 9113 §7)."""
    connection = greeted()
    connection.send(sent_of(2))
    connection.receive(frames.reset(1, frames.Code.HTTP_1_1_REQUIRED))
    assert connection.wants_http1
    assert [sent[1].handle for sent in connection.again()] == [0]


def test_an_answer_before_the_body_was_through_ends_the_stream() -> None:
    """RST_STREAM(NO_ERROR): the peer would wait for the rest of it (RFC 9113 §8.1), and its stream would stay open."""
    connection = Connection(AUTHORITY)
    connection.receive(frames.settings({INITIAL_WINDOW_SIZE: 2}))
    connection.send(sent_of(1))
    connection.take()
    connection.receive(frames.frame(frames.HEADERS, 5, 1, b"\x8d"))
    assert connection.take() == frames.reset(1, frames.Code.NO_ERROR)
    connection.receive(frames.frame(frames.WINDOW_UPDATE, 0, 1, frames.number(100)))
    assert connection.take() == b""


def test_a_deadline_ends_a_stream_at_the_peer_too() -> None:
    """RST_STREAM(CANCEL); its late answer harms nobody."""
    connection = greeted()
    connection.send(sent_of(2))
    connection.take()
    connection.expire(4.9)
    assert connection.ends() == []
    connection.expire(5.0)
    assert connection.take() == frames.reset(1, frames.Code.CANCEL) + frames.reset(3, frames.Code.CANCEL)
    assert {ending.fault for _, ending in connection.ends() if isinstance(ending, NetworkFault)} == {Fault.TIMEOUT}
    connection.receive(frames.frame(frames.HEADERS, 5, 1, b"\x88"))
    assert connection.why_over is None
    assert connection.ends() == []


def test_a_status_that_was_heard_counts() -> None:
    """Also if the connection breaks before the rest of the answer; an accepted push is told at once."""
    connection = greeted()
    connection.send(sent_of(3))
    connection.receive(frames.frame(frames.HEADERS, 4, 1, b"\x8d") + frames.frame(frames.HEADERS, 4, 3, b"\x88"))
    assert [ending for _, ending in connection.ends()] == [Answer(200, {})]
    connection.lost("cut")
    endings = [ending for _, ending in connection.ends()]
    assert endings == [Answer(404, {}), NetworkFault(Fault.BROKEN, "cut")]


def test_chatter_without_answers_is_an_attack() -> None:
    """PING after PING (CVE-2019-9512)."""
    connection = greeted()
    connection.receive(frames.frame(frames.PING, 0, 0, bytes(8)) * 2000)
    assert connection.why_over is not None
    assert connection.take().endswith(frames.goaway(frames.Code.ENHANCE_YOUR_CALM))


@pytest.mark.parametrize("length", [frames.SMALLEST_MAX_FRAME + 1, 2**24 - 1])
def test_a_frame_beyond_what_we_take_is_refused_at_its_header(length: int) -> None:
    """Not only once all of it has come."""
    connection = greeted()
    connection.receive(frames.HEADER.pack(length >> 8, length & 255, frames.DATA, 0, 1))
    assert connection.why_over is not None


def test_a_header_without_end_is_refused() -> None:
    """CONTINUATION after CONTINUATION (CVE-2024-27316)."""
    connection = greeted()
    connection.send(sent_of(1))
    connection.receive(frames.frame(frames.HEADERS, 0, 1, b"\x88"))
    connection.receive(frames.frame(frames.CONTINUATION, 0, 1, bytes(16_384)) * 5)
    assert connection.why_over is not None
    assert len(connection.ends()) == 1
