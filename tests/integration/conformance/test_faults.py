"""Peers that leave, refuse, fall silent or break: nothing is lost, nothing is sent twice beyond what was under way."""

import asyncio
from collections import Counter
from collections.abc import Set
from pathlib import Path

import pytest

from notifier.outcome import Fault
from notifier.webpush.curl import CurlTransport
from notifier.webpush.http2.sending import Http2Transport
from tests.integration.conformance.ledger import Ledger
from tests.integration.conformance.strict_peer import Link, Peer, Request, strict_peer
from tests.integration.conformance.ways import WAYS, Way, ledger

MAX_CONCURRENT_STREAMS = 3
NO_ERROR, INTERNAL_ERROR, REFUSED_STREAM = 0, 2, 7


def processed_once(peer: Peer, sent: Ledger, at_risk: Set[bytes] = frozenset()) -> None:
    """Every request was processed, and none twice except those that were under way when a connection broke."""
    assert peer.complaints == []
    assert set(peer.paths()) == set(sent.sent)
    assert {path for path, times in Counter(peer.paths()).items() if times > 1} <= at_risk


class Leaving:
    """A script: of the first connection's requests, those up to `last` are processed, then it says GOAWAY."""

    def __init__(self, last: int, at: int, *, warns: bool = False, code: int = NO_ERROR) -> None:
        self.last, self.at, self.warns, self.code = last, at, warns, code
        self.gone = False

    def __call__(self, link: Link, request: Request) -> None:
        if link.number:
            link.say(request.stream)
            return
        if request.stream > self.last:
            link.peer.seen.remove(request)
        if not self.gone and request.stream >= self.at:
            self.gone = True
            if self.warns:
                link.goaway(2**31 - 1)
            link.peer.later(0.05 if self.warns else 0, lambda: self._leave(link))

    def _leave(self, link: Link) -> None:
        link.goaway(self.last, self.code)
        link.peer.later(0.1, lambda: self._answer(link))

    def _answer(self, link: Link) -> None:
        for stream in sorted(link.open):
            if stream <= self.last:
                link.say(stream)
        link.transport.close()


@WAYS
@pytest.mark.parametrize(("last", "warns", "code"), [(21, False, 0), (0, False, 0), (41, True, 0), (21, False, 11)])
async def test_a_peer_that_leaves_with_requests_under_way(
    way: Way, last: int, warns: bool, code: int, tmp_path: Path
) -> None:
    """GOAWAY (RFC 9113 §6.8): up to its last stream they are answered there, the rest is sent to another connection."""
    script = Leaving(last, 79, warns=warns, code=code)
    async with strict_peer(tmp_path, script) as peer, ledger(way, peer.origin, peer.ca, connections=1) as sent:
        sent.send(60)
        ends = await sent.all()
        assert set(ends) == {201} or (way is CurlTransport and code)  # libcurl takes a GOAWAY with an error for a fault
        sent.send(20)
        assert (await sent.all())[201] == ends[201] + 20
    assert peer.complaints == []
    assert len(peer.seen) == len(set(peer.paths())) == ends[201] + 20


@WAYS
async def test_a_peer_that_leaves_again_and_again(way: Way, tmp_path: Path) -> None:
    """A connection for every 25 requests, as servers with a bound per connection have it."""

    def answer(link: Link, request: Request) -> None:
        if request.stream > 49:
            link.peer.seen.remove(request)
            return
        link.say(request.stream)
        if request.stream == 49:
            link.goaway(49)
            link.peer.later(0.05, link.transport.close)

    async with strict_peer(tmp_path, answer) as peer, ledger(way, peer.origin, peer.ca) as sent:
        for _ in range(8):
            sent.send(25)
            await asyncio.sleep(0.02)
        assert await sent.all() == {201: 200}
    processed_once(peer, sent)


@WAYS
async def test_a_refused_stream_is_sent_again(way: Way, tmp_path: Path) -> None:
    """REFUSED_STREAM says that nothing was processed (RFC 9113 §8.7)."""
    refused: set[bytes] = set()

    def answer(link: Link, request: Request) -> None:
        if request.path in refused:
            link.say(request.stream)
            return
        refused.add(request.path)
        link.peer.seen.remove(request)
        link.open.discard(request.stream)
        link.h2.reset_stream(request.stream, REFUSED_STREAM)

    async with strict_peer(tmp_path, answer) as peer, ledger(way, peer.origin, peer.ca) as sent:
        sent.send(40)
        assert await sent.all() == {201: 40}
    processed_once(peer, sent)


@WAYS
async def test_who_refuses_for_ever_is_given_up(way: Way, tmp_path: Path) -> None:
    """After a number of times, or at the deadline; not as fast as a loop can."""

    def answer(link: Link, request: Request) -> None:
        link.h2.reset_stream(request.stream, REFUSED_STREAM)

    async with strict_peer(tmp_path, answer) as peer, ledger(way, peer.origin, peer.ca, timeout_s=1.5) as sent:
        sent.send(3)
        assert set(await sent.all()) <= {Fault.BROKEN, Fault.TIMEOUT}
    assert len(peer.seen) < 500


@WAYS
async def test_a_reset_stream_harms_no_other(way: Way, tmp_path: Path) -> None:
    """INTERNAL_ERROR for every third: those are faults, the rest is answered."""

    def answer(link: Link, request: Request) -> None:
        if request.stream % 3 == 0:
            link.open.discard(request.stream)
            link.h2.reset_stream(request.stream, INTERNAL_ERROR)
        else:
            link.say(request.stream)

    async with strict_peer(tmp_path, answer) as peer, ledger(way, peer.origin, peer.ca) as sent:
        sent.send(30)
        assert await sent.all() == {201: 20, Fault.BROKEN: 10}
    processed_once(peer, sent)


@WAYS
async def test_the_line_is_cut(way: Way, tmp_path: Path) -> None:
    """After 30 requests, 10 of them unanswered: only those are in doubt, and everything after goes on."""
    doubted: set[bytes] = set()

    def answer(link: Link, request: Request) -> None:
        if link.number or len(link.peer.seen) <= 20:
            link.say(request.stream)
            return
        doubted.add(request.path)
        if len(link.peer.seen) == 30:
            link.peer.later(0.05, link.drop)

    async with strict_peer(tmp_path, answer) as peer, ledger(way, peer.origin, peer.ca, connections=1) as sent:
        sent.send(30)
        ends = await sent.all()
        assert ends[201] + ends[Fault.BROKEN] == 30
        assert ends[Fault.BROKEN] <= 10
        sent.send(20)
        assert (await sent.all())[201] == 20 + ends[201]
    processed_once(peer, sent, doubted)


@WAYS
async def test_a_slow_peer_is_waited_for(way: Way, tmp_path: Path) -> None:
    """Answers after 2.2 s, all at once; no deadline is near."""

    def answer(link: Link, request: Request) -> None:
        link.peer.later(2.2, lambda: link.say(request.stream))

    async with strict_peer(tmp_path, answer) as peer, ledger(way, peer.origin, peer.ca) as sent:
        sent.send(50)
        assert await sent.all() == {201: 50}
    processed_once(peer, sent)


@WAYS
async def test_who_never_answers_is_given_up_in_time(way: Way, tmp_path: Path) -> None:
    """At the deadline, for what was sent and for what waited; later requests are not harmed."""

    def answer(link: Link, request: Request) -> None:
        if len(link.peer.seen) > 5:
            link.say(request.stream)

    def greet(link: Link) -> None:
        link.greet({MAX_CONCURRENT_STREAMS: 5})

    made = strict_peer(tmp_path, answer, greet)
    async with made as peer, ledger(way, peer.origin, peer.ca, connections=1, timeout_s=1.0) as sent:
        began = asyncio.get_running_loop().time()
        sent.send(12)
        ends = await sent.all(within_s=10)
        assert ends[Fault.TIMEOUT] >= 5  # the rest may have got a place at the last moment
        assert 0.7 <= asyncio.get_running_loop().time() - began < 2.0  # who waited was given no deadline of its own
        sent.send(12)
        assert (await sent.all())[201] == ends[201] + 12


@WAYS
async def test_a_peer_that_accepts_and_says_nothing(way: Way, tmp_path: Path) -> None:
    """Not even SETTINGS: the requests end at their deadline."""

    def greet(link: Link) -> None:
        link.deaf = True

    async with strict_peer(tmp_path, greet=greet) as peer, ledger(way, peer.origin, peer.ca, timeout_s=1.0) as sent:
        sent.send(5)
        assert await sent.all(within_s=10) == {Fault.TIMEOUT: 5}


async def test_only_who_owes_an_answer_is_pinged(tmp_path: Path) -> None:
    """The own writer asks a silent peer once, sends nothing more to it, and gives it up when it stays dead."""

    def answer(link: Link, request: Request) -> None:
        if link.number:
            link.say(request.stream)
        else:
            link.deaf = True

    async with strict_peer(tmp_path, answer) as peer, ledger(Http2Transport, peer.origin, peer.ca) as sent:
        sent.send(3)
        await asyncio.sleep(2.6)
        sent.send(3)
        await sent.heard(3, within_s=10)
        assert sent.counted() == {201: 3}
        assert await sent.all() == {201: 3, Fault.TIMEOUT: 3}
    assert [link.unheard.count(b"overdue?") for link in peer.links] == [1, 0]


BROKEN_WORDS = {
    "garbage": b"\x00\xff" * 50,
    "a frame too long": b"\xff\xff\xff\x00\x00\x00\x00\x00\x01" + bytes(100),
    "an answer to nothing": b"\x00\x00\x01\x01\x05\x00\x00\x03\xe9\x88",
    "a field that cannot be": b"\x00\x00\x03\x01\x05\x00\x00\x00\x01\xff\xff\xff",
    "a pushed page": b"\x00\x00\x05\x05\x04\x00\x00\x00\x01\x00\x00\x00\x02\x88",
    "http/1": b"HTTP/1.1 400 Bad Request\r\n\r\n",
}


@WAYS
@pytest.mark.parametrize("words", BROKEN_WORDS.values(), ids=BROKEN_WORDS)
async def test_a_peer_that_speaks_nonsense(way: Way, words: bytes, tmp_path: Path) -> None:
    """What was under way ends as a fault; nobody waits for the deadline."""

    def answer(link: Link, _request: Request) -> None:
        if len(link.open) == 10:
            link.raw(words)
            link.peer.later(0.2, link.transport.close)

    async with strict_peer(tmp_path, answer) as peer, ledger(way, peer.origin, peer.ca, connections=1) as sent:
        sent.send(10)
        ends = await sent.all(within_s=4)
        assert set(ends) <= {Fault.BROKEN}


@WAYS
async def test_a_peer_that_closes_at_once(way: Way, tmp_path: Path) -> None:
    """After the handshake, before a word: unreached or broken, in no time."""
    made = strict_peer(tmp_path, greet=lambda link: link.transport.close())
    async with made as peer, ledger(way, peer.origin, peer.ca) as sent:
        sent.send(5)
        ends = await sent.all(within_s=4)
    assert set(ends) <= {Fault.BROKEN, Fault.UNREACHABLE}


@WAYS
async def test_closing_ends_what_is_under_way(way: Way, tmp_path: Path) -> None:
    """Each handle is heard of, also then."""
    all_there = asyncio.Event()

    def answer(link: Link, _request: Request) -> None:
        if len(link.peer.seen) == 7:
            all_there.set()

    async with strict_peer(tmp_path, answer) as peer:
        async with ledger(way, peer.origin, peer.ca) as sent, asyncio.timeout(3):
            sent.send(7)
            await all_there.wait()
            assert len(sent.answers) == 0
        assert await sent.all() == {Fault.BROKEN: 7}
        sent.send(2)
        assert await sent.all() == {Fault.BROKEN: 9}
