"""The way out, against servers that would lead us astray: redirects, private addresses, wrong certificates, silence."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from local.ports import LOOPBACK
from notifier.outcome import Answer, Fault, NetworkFault
from notifier.webpush.former import AiohttpTransport
from schemas.process.clock import now_utc

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Told(AbstractResolver):
    """A resolver that says what it is told to, as an attacker's name server would."""

    def __init__(self, address: str) -> None:
        self.address = address

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [ResolveResult(hostname=host, host=self.address, port=port, family=family, proto=0, flags=0)]

    async def close(self) -> None:
        pass


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
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(text.replace("\n", "\r\n").encode())
        await writer.drain()

    return serve


async def post(endpoint: str, local: bool = True, resolver: AbstractResolver | None = None) -> Answer | NetworkFault:
    transport = AiohttpTransport(local, timeout_s=1.0, resolver=resolver)
    try:
        return await transport.post(endpoint, {"TTL": "1"}, b"body")
    finally:
        await transport.close()


async def test_an_answer_is_its_status_and_its_headers() -> None:
    """Names in lower case, and the beginning of what a refusal says."""
    async with serving(saying("HTTP/1.1 429 Slow\nRetry-After: 7\nContent-Length: 4\n\nwait")) as (port, _):
        answer = await post(f"http://{LOOPBACK}:{port}/push")
    assert isinstance(answer, Answer)
    assert (answer.status, answer.headers["retry-after"], answer.text) == (429, "7", "wait")


async def test_a_redirect_is_not_followed() -> None:
    """A push service that sends us elsewhere could send us into our own network."""
    async with serving(saying("HTTP/1.1 201 Created\nContent-Length: 0\n\n")) as (inside, reached):
        moved = f"HTTP/1.1 307 Moved\nLocation: http://{LOOPBACK}:{inside}/\nContent-Length: 0\n\n"
        async with serving(saying(moved)) as (port, _):
            answer = await post(f"http://{LOOPBACK}:{port}/push")
    assert isinstance(answer, Answer)
    assert answer.status == 307
    assert reached == []


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "169.254.169.254",
        "192.168.0.1",
        "172.16.0.1",
        "100.64.0.1",
        "::1",
        "fc00::1",
        "0.0.0.0",
    ],
)
@pytest.mark.parametrize("local", [True, False])
async def test_a_name_that_leads_into_our_own_network_is_refused_when_connecting(address: str, local: bool) -> None:
    """Looked at after the look-up, where no name server can change its mind; also in a local set-up."""
    answer = await post("https://push.attacker.example/x", local, Told(address))
    assert isinstance(answer, NetworkFault)
    assert answer.fault is Fault.FORBIDDEN


async def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    """Self-signed, even for the right name: nothing is sent."""
    async with serving(saying("HTTP/1.1 201 Created\nContent-Length: 0\n\n"), _self_signed(tmp_path)) as (port, _):
        answer = await post(f"https://localhost:{port}/push")
    assert isinstance(answer, NetworkFault)
    assert answer.fault is Fault.TLS


async def test_silence_is_a_timeout_and_a_closed_door_is_unreachable() -> None:
    """Within the deadline, and told apart."""

    async def silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with serving(silent) as (port, _), asyncio.timeout(3):
        hung = await post(f"http://{LOOPBACK}:{port}/push")
    refused = await post(f"http://{LOOPBACK}:{port}/push")
    assert isinstance(hung, NetworkFault)
    assert isinstance(refused, NetworkFault)
    assert (hung.fault, refused.fault) == (Fault.TIMEOUT, Fault.UNREACHABLE)


@pytest.mark.parametrize("text", ["", "HTTP/1.1 two hundred\n\n", "HTTP/1.1 201 Created\nContent-Le"])
async def test_a_broken_answer_is_no_answer(text: str) -> None:
    """It may be tried again."""
    async with serving(saying(text)) as (port, _):
        answer = await post(f"http://{LOOPBACK}:{port}/push")
    assert isinstance(answer, NetworkFault)
    assert answer.fault is Fault.BROKEN


async def test_connections_are_kept() -> None:
    """Ten pushes, one connection: a TLS handshake for each would cost more than the push."""

    async def patient(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.readuntil(b"body"):
            writer.write(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")

    async with serving(patient) as (port, came):
        transport = AiohttpTransport(local=True)
        for _ in range(10):
            await transport.post(f"http://{LOOPBACK}:{port}/push", {"TTL": "1"}, b"body")
        await transport.close()
    assert len(came) == 1


async def test_the_endpoint_is_asked_for_exactly_as_the_browser_gave_it() -> None:
    """WNS puts its token into the query, with escapes that must stay as they are."""
    lines: list[bytes] = []

    async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines.append(await reader.readline())
        writer.write(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")

    async with serving(note) as (port, _):
        await post(f"http://{LOOPBACK}:{port}/w/?token=BQ%3d%2B%7e~a%20b")
    assert lines == [b"POST /w/?token=BQ%3d%2B%7e~a%20b HTTP/1.1\r\n"]


def _self_signed(folder: Path) -> ssl.SSLContext:
    key, now = ec.generate_private_key(ec.SECP256R1()), now_utc()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context
