"""A peer that keeps to the letter: what it is sent, and what it may answer."""

import asyncio
import hashlib
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path

import http_ece
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from notifier.outcome import Answer, retry_after
from notifier.webpush.encrypt import Receiver, encrypt
from schemas.process.clock import now_utc
from tests.integration.conformance.ledger import Ledger, head_of
from tests.integration.conformance.strict_peer import Link, Peer, Request, strict_peer
from tests.integration.conformance.ways import WAYS, Way, ledger

HEADER_TABLE_SIZE, MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE = 1, 3, 4


def matches(peer: Peer, sent: Ledger) -> None:
    """Everything arrived, once, as it was handed over, and nothing broke a rule."""
    assert peer.complaints == []
    assert sorted(peer.paths()) == sorted(sent.sent)
    for request in peer.seen:
        head, body = sent.sent[request.path]
        assert bytes(request.body) == body
        assert request.fields[4:] == [*head.fields, ("content-length", str(len(body)))]
        assert set(request.fields[:4]) == pseudo(peer, request.path)


def pseudo(peer: Peer, path: bytes) -> set[tuple[str, str]]:
    """They come first (RFC 9113 §8.3), in any order."""
    authority = peer.origin.removeprefix("https://")
    return {(":method", "POST"), (":scheme", "https"), (":authority", authority), (":path", path.decode())}


@WAYS
async def test_what_is_handed_over_arrives(way: Way, tmp_path: Path) -> None:
    """Fields, paths and bodies to the byte; empty and long ones, too."""
    async with strict_peer(tmp_path) as peer, ledger(way, peer.origin, peer.ca) as sent:
        sent.send(300)
        sent.send(3, body=[b"x", bytes(4096), b"\r\n\r\n0\r\n"])
        assert await sent.all() == {201: 303}
    matches(peer, sent)


@WAYS
async def test_orders_tokens_and_lives_alternate(way: Way, tmp_path: Path) -> None:
    """Many heads on one connection: more than the table for them holds, so that fields enter, leave and enter again."""
    heads = [head_of(ttl, f"order-{ttl % 7}", f"vapid t={str(ttl % 5) * 700}, k=d") for ttl in range(40)]
    async with strict_peer(tmp_path) as peer, ledger(way, peer.origin, peer.ca, connections=1) as sent:
        for head in heads + heads[::-3] + heads:
            sent.send(3, head)
        assert await sent.all() == {201: len(sent.sent)}
    matches(peer, sent)


@WAYS
@pytest.mark.parametrize("table", [0, 64, 300, 65_536])
async def test_a_peer_keeps_a_smaller_table(way: Way, table: int, tmp_path: Path) -> None:
    """Also one that is too small for any field."""

    def greet(link: Link) -> None:
        link.greet({HEADER_TABLE_SIZE: table})

    async with strict_peer(tmp_path, greet=greet) as peer, ledger(way, peer.origin, peer.ca) as sent:
        for ttl in range(20):
            sent.send(5, head_of(ttl))
        assert await sent.all() == {201: 100}
    matches(peer, sent)


@WAYS
async def test_a_table_that_shrinks_and_grows_under_way(way: Way, tmp_path: Path) -> None:
    """Each change is told back in the next header block (RFC 7541 §4.2), the smallest in between, too."""

    def answer(link: Link, request: Request) -> None:
        link.say(request.stream)
        if len(link.peer.seen) % 10 == 0:
            size = (len(link.peer.seen) * 97) % 700
            link.h2.update_settings({HEADER_TABLE_SIZE: size})

    async with strict_peer(tmp_path, answer) as peer, ledger(way, peer.origin, peer.ca, connections=1) as sent:
        for ttl in range(40):
            sent.send(5, head_of(ttl % 3))
            await sent.heard()
        assert await sent.all() == {201: 200}
    matches(peer, sent)


@WAYS
@pytest.mark.parametrize("window", [0, 1, 1000])
async def test_small_windows(way: Way, window: int, tmp_path: Path) -> None:
    """A body goes out in parts as the peer makes room; one that begins with no room waits for it."""

    def greet(link: Link) -> None:
        link.greet({INITIAL_WINDOW_SIZE: window})
        if not window:
            link.peer.later(0.1, lambda: link.change({INITIAL_WINDOW_SIZE: 200}))

    async with strict_peer(tmp_path, greet=greet) as peer, ledger(way, peer.origin, peer.ca, connections=1) as sent:
        sent.send(20, body=bytes(range(200)))
        if window:
            sent.send(3, body=bytes(range(256)) * 16)
        assert await sent.all() == {201: len(sent.sent)}
    matches(peer, sent)


@WAYS
async def test_the_connection_has_a_window_too(way: Way, tmp_path: Path) -> None:
    """300 bodies of 4 kB are many times what a connection may hold; the peer gives room late."""
    async with strict_peer(tmp_path) as peer, ledger(way, peer.origin, peer.ca, connections=1) as sent:
        sent.send(300, body=bytes(range(256)) * 16)
        sent.send(1, body=bytes(200_000))
        assert await sent.all() == {201: 301}
    matches(peer, sent)


@WAYS
async def test_one_stream_at_a_time(way: Way, tmp_path: Path) -> None:
    """MAX_CONCURRENT_STREAMS of 1 is kept on every connection."""

    def greet(link: Link) -> None:
        link.greet({MAX_CONCURRENT_STREAMS: 1})

    async with strict_peer(tmp_path, greet=greet) as peer, ledger(way, peer.origin, peer.ca) as sent:
        sent.send(60)
        assert await sent.all() == {201: 60}
        assert len(peer.links) <= 4
    matches(peer, sent)
    assert peer.most_open == 1


@WAYS
async def test_one_stream_until_the_first_answer_then_many(way: Way, tmp_path: Path) -> None:
    """As Apple's service does until a request was authenticated."""

    def greet(link: Link) -> None:
        link.greet({MAX_CONCURRENT_STREAMS: 1})

    def answer(link: Link, request: Request) -> None:
        if request.stream == 1:
            link.h2.update_settings({MAX_CONCURRENT_STREAMS: 100})
        link.peer.later(0.02, lambda: link.say(request.stream))

    async with strict_peer(tmp_path, answer, greet) as peer, ledger(way, peer.origin, peer.ca) as sent:
        sent.send(500)
        assert await sent.all() == {201: 500}
    matches(peer, sent)
    assert peer.most_open > 1


@WAYS
async def test_fewer_streams_under_way(way: Way, tmp_path: Path) -> None:
    """Lowered to 2 while more are open: those end, and then there are no more than 2."""

    def answer(link: Link, request: Request) -> None:
        if len(link.peer.seen) == 30:
            link.h2.update_settings({MAX_CONCURRENT_STREAMS: 2})
            link.peer.later(0.3, link.peer.forget_most)
        link.peer.later(0.02, lambda: link.say(request.stream))

    async with strict_peer(tmp_path, answer) as peer, ledger(way, peer.origin, peer.ca, connections=1) as sent:
        sent.send(30)
        await sent.heard()
        sent.send(40)
        assert await sent.all() == {201: 70}
    matches(peer, sent)
    assert peer.most_open <= 2


REFUSALS = {
    404: b"",
    410: b"gone",
    413: b"x" * 5000,
    400: b"bad",
    403: b"",
    500: b"oops",
    503: b"",
    406: b"",
    429: b"slow",
}


@WAYS
@pytest.mark.parametrize("trailer", [False, True])
async def test_refusals_are_told_with_their_words(way: Way, trailer: bool, tmp_path: Path) -> None:
    """Status and the beginning of the body, with and without trailers."""

    def answer(link: Link, request: Request) -> None:
        status = list(REFUSALS)[int(request.path.split(b"?")[0].rsplit(b"/")[-1])]
        link.say(request.stream, status, [("x-a", "b")], REFUSALS[status], trailer)

    async with strict_peer(tmp_path, answer) as peer, ledger(way, peer.origin, peer.ca) as sent:
        sent.send(len(REFUSALS))
        assert await sent.all() == dict.fromkeys(REFUSALS, 1)
    for times in sent.answers.values():
        assert isinstance(times[0], Answer)
        assert times[0].text.encode() == REFUSALS[times[0].status][:2048]


@WAYS
async def test_how_long_to_wait_is_heard(way: Way, tmp_path: Path) -> None:
    """Retry-After as a number and as a date (RFC 9110 §10.2.3)."""
    date = format_datetime(now_utc() + timedelta(seconds=90), usegmt=True)

    def answer(link: Link, request: Request) -> None:
        said = "7" if request.path.startswith(b"/push/v1/0") else date
        link.say(request.stream, 429, [("retry-after", said)])

    async with strict_peer(tmp_path, answer) as peer, ledger(way, peer.origin, peer.ca) as sent:
        sent.send(2)
        await sent.all()
    waits = [
        retry_after(times[0], now_utc())
        for _, times in sorted(sent.answers.items(), key=str)
        if isinstance(times[0], Answer)
    ]
    assert waits[0] == 7
    assert waits[1] is not None
    assert 80 <= waits[1] <= 91


@WAYS
@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_redirects_are_not_followed(way: Way, status: int, tmp_path: Path) -> None:
    """They could lead into our own network."""

    def answer(link: Link, request: Request) -> None:
        link.say(request.stream, status, [("location", f"{link.peer.origin}/elsewhere")])

    async with strict_peer(tmp_path, answer) as peer, ledger(way, peer.origin, peer.ca) as sent:
        sent.send(1)
        assert await sent.all() == {status: 1}
    matches(peer, sent)


@WAYS
async def test_answers_in_odd_shapes(way: Way, tmp_path: Path) -> None:
    """Interim answers, 201 with a body, with trailers, with an empty last frame, with fields beyond one frame."""

    def answer(link: Link, request: Request) -> None:
        shape = int(request.path.split(b"?")[0].rsplit(b"/")[-1]) % 5
        if shape == 0:
            link.h2.send_headers(request.stream, [(":status", "103"), ("link", "</a>")])
            link.say(request.stream)
        elif shape == 1:
            link.say(request.stream, 201, body=b"created")
        elif shape == 2:
            link.say(request.stream, 201, trailer=True)
        elif shape == 3:
            link.h2.send_headers(request.stream, [(":status", "201"), ("location", "/m/1")])
            link.h2.send_data(request.stream, b"", end_stream=True)
            link.open.discard(request.stream)
        else:
            link.say(request.stream, 201, [(f"x-{at}", "v" * 1000) for at in range(30)])

    async with strict_peer(tmp_path, answer) as peer, ledger(way, peer.origin, peer.ca) as sent:
        sent.send(50)
        assert await sent.all() == {201: 50}
    matches(peer, sent)


@WAYS
async def test_a_peer_that_asks_is_answered(way: Way, tmp_path: Path) -> None:
    """PING and new SETTINGS in the midst of answers."""

    def answer(link: Link, request: Request) -> None:
        link.h2.ping(b"hello?!!")
        link.say(request.stream)

    async with strict_peer(tmp_path, answer) as peer, ledger(way, peer.origin, peer.ca) as sent:
        sent.send(20)
        assert await sent.all() == {201: 20}
        sent.send(1)
        await sent.all()
    matches(peer, sent)
    assert peer.pongs >= 20


@WAYS
async def test_as_many_connections_as_are_needed(way: Way, tmp_path: Path) -> None:
    """One for a few, more for many that take their time, never more than allowed."""

    def greet(link: Link) -> None:
        link.greet({MAX_CONCURRENT_STREAMS: 20})

    def answer(link: Link, request: Request) -> None:
        link.peer.later(0.05, lambda: link.say(request.stream))

    async with strict_peer(tmp_path, answer, greet) as peer, ledger(way, peer.origin, peer.ca, connections=3) as sent:
        for _ in range(4):
            sent.send(5)
            await sent.heard()
        assert len(peer.links) == 1
        sent.send(400)
        assert await sent.all() == {201: 420}
        assert 1 < len(peer.links) <= 3
    matches(peer, sent)


@WAYS
async def test_a_peer_that_does_not_read_for_a_while(way: Way, tmp_path: Path) -> None:
    """What it cannot take waits here, and goes out when it reads again."""

    def greet(link: Link) -> None:
        link.greet({INITIAL_WINDOW_SIZE: 1 << 20})
        link.h2.increment_flow_control_window(1 << 26)
        link.flush()

    def answer(link: Link, request: Request) -> None:
        link.say(request.stream)
        if len(link.peer.seen) == 10:
            link.transport.pause_reading()
            link.peer.later(0.5, link.transport.resume_reading)

    async with strict_peer(tmp_path, answer, greet) as peer, ledger(way, peer.origin, peer.ca, connections=1) as sent:
        for _ in range(5):
            sent.send(40, body=bytes(50_000))
            await asyncio.sleep(0.02)
        assert await sent.all() == {201: 200}
    matches(peer, sent)


@WAYS
async def test_what_arrives_can_be_read_by_its_receiver_alone(way: Way, tmp_path: Path) -> None:
    """Bodies of RFC 8291 for 100 devices, opened at the peer by an independent implementation (http_ece)."""
    devices = [ec.generate_private_key(ec.SECP256R1()) for _ in range(100)]
    secrets = [hashlib.sha256(b"%d" % at).digest()[:16] for at in range(100)]
    words = [f"避難指示 {at}: 逃げて".encode() for at in range(100)]
    points = [one.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint) for one in devices]
    receivers = [Receiver.of_raw(point, secret) for point, secret in zip(points, secrets, strict=True)]
    bodies = [encrypt(receiver, word) for receiver, word in zip(receivers, words, strict=True)]
    async with strict_peer(tmp_path) as peer, ledger(way, peer.origin, peer.ca) as sent:
        sent.send(100, body=bodies)
        assert await sent.all() == {201: 100}
    matches(peer, sent)
    for request in peer.seen:
        at = int(request.path.split(b"?")[0].rsplit(b"/")[-1])
        assert http_ece.decrypt(bytes(request.body), private_key=devices[at], auth_secret=secrets[at]) == words[at]
