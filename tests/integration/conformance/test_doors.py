"""Where a push may not go, and where it goes another way: private addresses, wrong certificates, HTTP/1.1."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bench.sinks import certificate
from local.ports import LOOPBACK, free_port
from notifier.outcome import Answer, Fault, NetworkFault
from notifier.webpush.transport import Post, Reach
from tests.integration.conformance.ledger import BODY, HEAD, Ledger
from tests.integration.conformance.strict_peer import server_context, strict_peer
from tests.integration.conformance.ways import WAYS, Way, ledger

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
PRIVATE = ["127.0.0.1", "10.1.2.3", "169.254.169.254", "192.168.0.1", "172.16.0.1", "100.64.0.1", "0.0.0.0"]
PRIVATE_6 = ["::1", "fc00::1", "fe80::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::"]


@asynccontextmanager
async def serving(serve: Serve, tls: ssl.SSLContext | None = None) -> AsyncIterator[tuple[int, list[int]]]:
    """A server for the block: its port, and the connections that came (their number is the list's length)."""
    came: list[int] = []

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.append(1)
        await serve(reader, writer)
        writer.close()

    server = await asyncio.start_server(one, LOOPBACK, 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1], came
    finally:
        server.close()


def saying(text: str) -> Serve:
    """Reads one request's head and says this."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(text.replace("\n", "\r\n").encode())
        await writer.drain()

    return serve


async def patient(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """HTTP/1.1, one request after the other, until the client goes."""
    try:
        while await reader.readuntil(BODY):
            writer.write(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return


async def how(way: Way, origin: str, reach: Reach, target: bytes = b"/x") -> Answer | NetworkFault:
    """What comes of one request."""
    transport = way(reach, timeout_s=0.8)
    try:
        sent = Ledger(transport, origin, sent={target: (HEAD, BODY)})
        transport.post(origin, HEAD, [Post(0, target, BODY)], sent.hear)
        await sent.all(within_s=4)
        return sent.answers[0][0]
    finally:
        await transport.close()


@WAYS
@pytest.mark.parametrize("address", [*PRIVATE, *PRIVATE_6])
async def test_a_name_that_leads_into_our_own_network_is_refused_when_connecting(way: Way, address: str) -> None:
    """Looked at after the look-up, where no name server can change its mind; also in a local set-up."""
    host = "push.attacker.example"
    for local in (True, False):
        answer = await how(way, f"https://{host}", Reach(local, hosts={host: (address,)}))
        assert isinstance(answer, NetworkFault)
        assert answer.fault is Fault.FORBIDDEN, answer


@WAYS
@pytest.mark.parametrize(
    "origin",
    ["https://127.0.0.1:8443", "https://localhost", "http://a.example", "https://10.0.0.1", "https://a@b.example", "x"],
)
async def test_what_is_no_push_service_is_not_even_looked_up(way: Way, origin: str) -> None:
    """In production, this machine neither."""
    answer = await how(way, origin, Reach())
    assert isinstance(answer, NetworkFault)
    assert answer.fault is Fault.FORBIDDEN


@WAYS
@pytest.mark.parametrize("target", [b"", b"x", b"/a b", b"/a\r\nHost: b", b"/\x00", b"/" + b"x" * 3000, "/あ".encode()])
async def test_a_target_that_is_none_is_refused(way: Way, target: bytes, tmp_path: Path) -> None:
    """It could be read as more than one request; the others of its batch go out."""
    async with strict_peer(tmp_path) as peer, ledger(way, peer.origin, peer.ca) as sent:
        sent.transport.post(peer.origin, HEAD, [Post("bad", target, b""), Post("good", b"/good", b"")], sent.hear)
        await sent.heard(2)
    bad, good = sent.answers["bad"][0], sent.answers["good"][0]
    assert isinstance(bad, NetworkFault)
    assert bad.fault is Fault.FORBIDDEN
    assert isinstance(good, Answer)
    assert peer.paths() == [b"/good"]


@WAYS
async def test_the_target_is_asked_for_exactly_as_the_browser_gave_it(way: Way, tmp_path: Path) -> None:
    """WNS puts its token into the query, with escapes that must stay as they are; dots are not tidied."""
    odd = [b"/w/?token=BQ%3d%2B%7e~a%20b", b"/a/../b/./c//d", b"/?", b"/x?y=/..#z", b"/'\"<>[]{}|\\^`"]
    async with strict_peer(tmp_path) as peer, ledger(way, peer.origin, peer.ca) as sent:
        sent.transport.post(peer.origin, HEAD, [Post(at, target, b"") for at, target in enumerate(odd)], sent.hear)
        await sent.heard(len(odd))
    assert sorted(peer.paths()) == sorted(odd)


@WAYS
@pytest.mark.parametrize("name", ["localhost", "push.example"])
async def test_a_certificate_that_does_not_fit_is_refused(way: Way, name: str, tmp_path: Path) -> None:
    """Nobody vouches for it, or it is another's: nothing is sent."""
    made = certificate(tmp_path, name)
    async with serving(saying("HTTP/1.1 201 Created\nContent-Length: 0\n\n"), server_context(made)) as (port, _):
        ca = made.cert if name != "localhost" else None
        answer = await how(way, f"https://localhost:{port}", Reach(local=True, ca=ca))
    assert isinstance(answer, NetworkFault)
    assert answer.fault is Fault.TLS


def test_an_authority_of_ones_own_is_for_local_set_ups(tmp_path: Path) -> None:
    """In production push services are vouched for by public authorities."""
    with pytest.raises(ValueError, match="SONAE_LOCAL=1"):
        Reach(local=False, ca=tmp_path / "ca.pem")


@WAYS
@pytest.mark.parametrize("alpn", ["http/1.1", "spdy/3"])
async def test_a_peer_without_http2_is_spoken_to_as_it_can(way: Way, alpn: str, tmp_path: Path) -> None:
    """ALPN says so; the own writer leaves it to libcurl."""
    made = certificate(tmp_path)
    served = serving(patient, server_context(made, alpn))
    async with served as (port, _), ledger(way, f"https://localhost:{port}", made.cert) as sent:
        sent.send(20)
        assert await sent.all() == {201: 20}
        sent.send(5)
        assert await sent.all() == {201: 25}


@WAYS
async def test_plain_http_keeps_its_connections(way: Way) -> None:
    """A local set-up's stand-in: ten pushes one after the other, one connection."""
    async with serving(patient) as (port, came), ledger(way, f"http://{LOOPBACK}:{port}", None) as sent:
        for _ in range(10):
            sent.send(1)
            await sent.heard()
        assert await sent.all() == {201: 10}
        assert len(came) == 1


@WAYS
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_silence_is_a_timeout_and_a_closed_door_is_unreachable(way: Way, scheme: str) -> None:
    """Within the deadline, and told apart."""

    async def silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with serving(silent) as (port, _):
        hung = await how(way, f"{scheme}://localhost:{port}", Reach(local=True))
    refused = await how(way, f"{scheme}://localhost:{free_port()}", Reach(local=True))
    assert isinstance(hung, NetworkFault)
    assert isinstance(refused, NetworkFault)
    assert (hung.fault, refused.fault) == (Fault.TIMEOUT, Fault.UNREACHABLE)


@WAYS
@pytest.mark.parametrize("text", ["", "HTTP/1.1 two hundred\n\n"])
async def test_a_broken_answer_is_no_answer(way: Way, text: str) -> None:
    """It may be tried again."""
    async with serving(saying(text)) as (port, _):
        answer = await how(way, f"http://{LOOPBACK}:{port}", Reach(local=True))
    assert isinstance(answer, NetworkFault)
    assert answer.fault is Fault.BROKEN
