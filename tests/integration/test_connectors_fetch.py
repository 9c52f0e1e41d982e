"""The fetcher against a real server that misbehaves: every fault has its reason, and none looks like "nothing new"."""

import asyncio
import contextlib
import gzip
import ssl
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from connectors.fetch import Fetcher
from connectors.hosts import PARALLEL, Hosts
from connectors.rows import FeedRow, Feeds
from connectors.source import BUDGET, Failed, Got, Missing, Same, Validators
from schemas.records.base import Origin
from tests.integration.odd_server import Answers, OddServer, Writer, dripping, never, odd_server, reply

AT = datetime(2026, 9, 21, 6, 0, tzinfo=UTC)
BODY = b"<Report>" + b"x" * 5000 + b"</Report>"
ROW = FeedRow(id="t", kind="jma-atom", url="-", interval_s=60, licence="-", attribution="-", deadline_s=20)


@contextlib.asynccontextmanager
async def fetching(answers: Answers, **changes: int) -> AsyncIterator[tuple[OddServer, Fetcher]]:
    """A server with these answers, and a fetcher of a row at its address whose poll has begun."""
    async with odd_server(answers) as server:
        row = replace(ROW, url=server.address, **changes)  # type: ignore[arg-type]  # numbers of the row only
        async with Fetcher(row, Feeds((row,), frozenset({"127.0.0.1"})), "Sonae/test (a@b)") as fetcher:
            fetcher.begin(AT)
            yield server, fetcher


async def test_a_whole_body_comes_with_its_trace() -> None:
    """Event time as the poll began, real time as the bytes had arrived, and who asked."""
    async with fetching({"/a": [reply(BODY, etag='"1"', last_modified="Mon, 21 Sep 2026 06:00:00 GMT")]}) as (
        server,
        get,
    ):
        before = datetime.now(UTC)
        answer = await get.get(f"{server.address}/a", key="k")
        assert isinstance(answer, Got)
        assert (answer.payload.body, answer.payload.fetched_at, answer.payload.key) == (BODY, AT, "k")
        assert before <= answer.payload.trace.started_at <= datetime.now(UTC)
        assert answer.validators == Validators('"1"', "Mon, 21 Sep 2026 06:00:00 GMT")
        assert answer.payload.origin is Origin.REPLAY
        assert "user-agent: sonae/test (a@b)" in server.asked["/a"][0].lower()


async def test_a_conditional_get() -> None:
    """The validators go out as they came, and 304 is "the same", not a failure."""
    async with fetching({"/a": [reply(b"", "304 Not Modified")]}) as (server, get):
        answer = await get.get(f"{server.address}/a", Validators('"1"', "Mon, 21 Sep 2026 06:00:00 GMT"))
        assert answer == Same()
        head = server.asked["/a"][0].lower()
        assert 'if-none-match: "1"' in head
        assert "if-modified-since: mon, 21 sep 2026 06:00:00 gmt" in head


async def test_gzip_is_asked_for_and_undone() -> None:
    """JMA's feeds come compressed."""
    async with fetching({"/a": [reply(gzip.compress(BODY), content_encoding="gzip")]}) as (server, get):
        answer = await get.get(f"{server.address}/a")
        assert isinstance(answer, Got)
        assert answer.payload.body == BODY
        assert "accept-encoding: gzip" in server.asked["/a"][0].lower()


FAULTS = {
    "a 500": (reply(b"sorry", "500 Internal Server Error"), "http_500"),
    "a 503 with a feed in it": (reply(BODY, "503 Service Unavailable"), "http_503"),
    "too many requests": (reply(b"", "429 Too Many Requests"), "http_429"),
    "half of what Content-Length promised": (reply(BODY[:100], length=len(BODY)), "truncated"),
    "half of a gzip": (reply(gzip.compress(BODY)[:20], content_encoding="gzip"), "garbage"),
    "no gzip at all": (reply(BODY, content_encoding="gzip"), "garbage"),
    "no HTTP at all": (b"220 smtp.example ESMTP\r\n", "truncated"),
    "a closed line": (b"", "truncated"),
}


@pytest.mark.parametrize("name", FAULTS)
async def test_what_may_pass_is_tried_again_and_then_failed_with_its_reason(name: str) -> None:
    """Three tries, never a body."""
    wire, reason = FAULTS[name]
    async with fetching({"/a": [wire]}) as (server, get):
        answer = await get.get(f"{server.address}/a")
        assert isinstance(answer, Failed)
        assert (answer.reason, len(server.asked["/a"])) == (reason, 3)


@pytest.mark.parametrize("name", FAULTS)
async def test_what_passed_is_forgotten(name: str) -> None:
    """Bad once, good the second time: the caller sees the good one."""
    async with fetching({"/a": [FAULTS[name][0], reply(BODY)]}) as (server, get):
        answer = await get.get(f"{server.address}/a")
        assert isinstance(answer, Got)
        assert answer.payload.body == BODY


LASTING = {
    "forbidden": (reply(b"", "403 Forbidden"), "http_403"),
    "no content": (reply(b"", "204 No Content"), "http_204"),
    "a part": (reply(BODY[:10], "206 Partial Content"), "http_206"),
    "more than the row allows": (reply(b"x" * 20_000), "too_large"),
    "a gzip that swells": (reply(gzip.compress(b"x" * 5_000_000), content_encoding="gzip"), "too_large"),
    "a redirect to another host": (reply(b"", "302 Found", location="http://127.0.0.2/a"), "redirect"),
    "a redirect to another scheme": (reply(b"", "301 Moved", location="https://127.0.0.1/a"), "redirect"),
    "a redirect to itself": (reply(b"", "302 Found", location="/a"), "redirect"),
}


@pytest.mark.parametrize("name", LASTING)
async def test_what_will_not_pass_is_failed_at_once(name: str) -> None:
    """No second try helps."""
    wire, reason = LASTING[name]
    async with fetching({"/a": [wire]}, max_bytes=10_000) as (server, get):
        answer = await get.get(f"{server.address}/a")
        assert isinstance(answer, Failed)
        assert answer.reason == reason


async def test_a_redirect_on_the_same_host_is_followed() -> None:
    """A moved path is no other source."""
    async with fetching({"/a": [reply(b"", "302 Found", location="/b")], "/b": [reply(BODY)]}) as (server, get):
        answer = await get.get(f"{server.address}/a")
        assert isinstance(answer, Got)
        assert answer.payload.url == f"{server.address}/b"


async def test_a_file_that_is_not_there_is_missing() -> None:
    """404 has its own answer: for some files it means "not yet"."""
    async with fetching({}) as (server, get):
        assert await get.get(f"{server.address}/a") == Missing(f"{server.address}/a")


@pytest.mark.parametrize("slow", [never(), dripping(BODY, 0.05)], ids=["says nothing", "drips"])
async def test_a_slow_answer_ends_with_the_polls_deadline(slow: Writer) -> None:
    """However it is slow; and what is asked after the deadline is failed at once."""
    async with fetching({"/a": [slow]}, deadline_s=1) as (server, get):
        started = time.monotonic()
        answer = await get.get(f"{server.address}/a")
        assert isinstance(answer, Failed)
        assert answer.reason == "slow"
        assert time.monotonic() - started < 5
        late = await get.get(f"{server.address}/b")
        assert isinstance(late, Failed)
        assert (late.reason, server.asked["/b"]) == ("deadline", [])


async def test_nobody_listens() -> None:
    """A port without a server is unreachable, said so."""
    async with fetching({}) as (server, get):
        address = server.address.rsplit(":", 1)[0] + ":9"
        answer = await get.get(f"{address}/a")
        assert isinstance(answer, Failed)
        assert answer.reason == "unreachable"


@pytest.mark.parametrize("url", ["http://[::1", "http://127.0.0.1:99999/", "http://\x00/", "http://xn--/"])
async def test_an_address_that_is_none(url: str) -> None:
    """What a feed might name: failed with a reason, and nothing is raised."""
    async with fetching({}, deadline_s=3) as (_server, get):
        assert isinstance(await get.get(url), Failed)


async def test_never_more_than_five_at_once() -> None:
    """JMA asks for that."""
    async with fetching({f"/{n}": [dripping(b"0123456789", 0.01)] for n in range(20)}) as (server, get):
        answers = await asyncio.gather(*(get.get(f"{server.address}/{n}") for n in range(20)))
        assert all(isinstance(answer, Got) for answer in answers)
        assert server.most_at_once == PARALLEL


async def test_rows_of_one_host_share_its_five_slots() -> None:
    """Four feeds of one host are polled in the same second: never more than five requests in all."""
    answers: Answers = {f"/{n}": [dripping(b"0123456789", 0.01)] for n in range(24)}
    async with odd_server(answers) as server, contextlib.AsyncExitStack() as stack:
        feeds = Feeds((replace(ROW, url=server.address),), frozenset())
        hosts = Hosts(feeds, "Sonae/test")
        stack.push_async_callback(hosts.close)
        four = [Fetcher(feeds.rows[0], feeds, "Sonae/test", hosts) for _ in range(4)]
        for fetcher in four:
            fetcher.begin()
        await asyncio.gather(*(four[n % 4].get(f"{server.address}/{n}") for n in range(24)))
        assert server.most_at_once == PARALLEL


async def test_the_days_volume_holds_back_what_can_wait_and_nothing_else() -> None:
    """It counts what came over the wire, heads and failures too; the next day it is asked for again."""
    body = b"x" * 600_000
    async with odd_server({"/a": [reply(body)]}) as server:
        row = replace(ROW, url=server.address)
        feeds = Feeds((row,), frozenset(), {"127.0.0.1": 1_000_000})
        async with Fetcher(row, feeds, "Sonae/test") as get:
            get.begin(AT)
            for _ in range(2):
                assert isinstance(await get.get(f"{server.address}/a", spare=True), Got)
            assert 1_200_000 < get.host.used < 1_201_000
            held = await get.get(f"{server.address}/a", spare=True)
            assert isinstance(held, Failed)
            assert held.reason == BUDGET
            assert isinstance(await get.get(f"{server.address}/a"), Got)
            get.begin(AT + timedelta(days=1))
            assert isinstance(await get.get(f"{server.address}/a", spare=True), Got)


async def test_a_certificate_that_nobody_vouches_for() -> None:
    """No byte of it is used: what would come could not be called official."""
    with tempfile.TemporaryDirectory() as folder:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(_self_signed(Path(folder)))
        server = await asyncio.start_server(_answers_with(reply(BODY)), "127.0.0.1", 0, ssl=context)
        async with server, fetching({}, deadline_s=10) as (_odd, get):
            answer = await get.get(f"https://localhost:{server.sockets[0].getsockname()[1]}/a")
    assert isinstance(answer, Failed)
    assert answer.reason == "unreachable"
    assert "certificate" in answer.text.lower()


async def test_a_name_that_has_no_address() -> None:
    """Failed with its reason after three tries; the source is told to be failing, not quiet."""
    async with fetching({}, deadline_s=10) as (_server, get):
        answer = await get.get("http://127.nowhere.invalid/feed.xml")
    assert isinstance(answer, Failed)
    assert answer.reason == "unreachable"


def _answers_with(wire: bytes) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(wire)
        writer.close()

    return serve


def _self_signed(folder: Path) -> Path:
    """A certificate and its key that no authority knows."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, AT, AT + timedelta(days=3650))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    made = builder.sign(key, hashes.SHA256())
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file = folder / "server.pem"
    file.write_bytes(secret + made.public_bytes(Encoding.PEM))
    return file
