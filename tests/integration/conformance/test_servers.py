"""Real servers as peers: nghttpd, nginx and Node each read HTTP/2 in their own way."""

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from bench.sinks import nginx
from notifier.outcome import Answer
from notifier.webpush.transport import Post
from tests.integration.conformance.ledger import HEAD, Ledger, head_of
from tests.integration.conformance.servers import Seen, needs, nghttpd, node, seen_by_nghttpd, seen_by_node
from tests.integration.conformance.ways import WAYS, Way, ledger

LARGE = bytes(range(256)) * 16
STATUSES = (404, 410, 413, 429, 500, 503)


async def written(read: Callable[[Path], Sequence[object]], log: Path, count: int) -> None:
    """Wait until a server has written so much down."""
    async with asyncio.timeout(5):
        while not log.exists() or len(read(log)) < count:  # noqa: ASYNC110 (another program's file)
            await asyncio.sleep(0.02)


def matches(seen: Sequence[Seen], sent: Ledger) -> None:
    """Everything arrived once, its fields in order and nothing else; bodies where the server tells."""
    assert sorted(one.path for one in seen) == sorted(sent.sent)
    for one in seen:
        head, body = sent.sent[one.path]
        assert [name for name, _ in one.fields[:4] if not name.startswith(":")] == []
        assert one.fields[4:] == [*head.fields, ("content-length", str(len(body)))]
        assert one.sha256 in (None, hashlib.sha256(body).hexdigest())


async def push_all(sent: Ledger, status: int) -> None:
    """Orders that alternate, small and large bodies."""
    for ttl in range(4):
        sent.send(30, head_of(ttl, f"order-{ttl % 3}"))
        sent.send(5, HEAD, LARGE)
    assert await sent.all() == {status: 140}


@WAYS
@pytest.mark.parametrize(("most_streams", "bound"), [(0, 0), (1, 0), (0, 40)])
async def test_node(way: Way, most_streams: int, bound: int) -> None:
    """Strict about the order of fields and connection headers; also one stream at a time, and GOAWAY under way."""
    async with node(most_streams, bound) as server:
        async with ledger(way, server.origin, server.ca) as sent:
            await push_all(sent, 201)
            await written(lambda log: log.read_text().splitlines(), server.log, 140)
        matches(seen_by_node(server.log), sent)


@WAYS
async def test_a_peer_that_wants_http_1_after_all(way: Way) -> None:
    """HTTP_1_1_REQUIRED, though it had agreed on HTTP/2: everything goes out that way."""
    async with node(http1=True) as server, ledger(way, server.origin, server.ca) as sent:
        sent.send(20)
        assert await sent.all() == {201: 20}
        sent.send(20)
        assert await sent.all() == {201: 40}


@WAYS
@pytest.mark.parametrize(
    "options", [(), ("-m1",), ("--padding=200",), ("--header-table-size=0",), ("--header-table-size=300", "-w8", "-W8")]
)
async def test_nghttpd(way: Way, options: tuple[str, ...]) -> None:
    """One stream at a time, padded frames, no table for fields, windows of 255 bytes."""
    async with nghttpd(*options) as server, ledger(way, server.origin, server.ca) as sent:
        await push_all(sent, 200)
        await written(seen_by_nghttpd, server.log, 140)
        matches(seen_by_nghttpd(server.log), sent)


@WAYS
@pytest.mark.parametrize(("streams", "requests"), [(128, 1000), (1, 1000), (128, 50)])
async def test_nginx(way: Way, streams: int, requests: int) -> None:
    """One stream at a time; a connection that ends after 50 requests."""
    needs("nginx")
    async with nginx(streams=streams, requests=requests, logging=True) as sink:
        async with ledger(way, sink.origin, sink.ca) as sent:
            await push_all(sent, 201)
            await written(lines, sink.folder / "access.log", 140)
        seen = [tuple(line.split("|")[:5]) for line in lines(sink.folder / "access.log")]
    values = [(target.decode(), dict(head.fields), len(body)) for target, (head, body) in sent.sent.items()]
    expected = [(path, head["ttl"], head["topic"], head["authorization"], str(size)) for path, head, size in values]
    assert sorted(seen) == sorted(expected)


def lines(log: Path) -> list[str]:
    """What nginx wrote down."""
    return log.read_text().splitlines()


@WAYS
async def test_refusals_of_nginx_and_node(way: Way) -> None:
    """Their statuses, Retry-After and words, each in its own shape."""
    needs("nginx")
    more = "".join(
        f"location = /{code} {{ add_header Retry-After 7 always; return {code} no; }}\n" for code in STATUSES
    )
    async with nginx(more=more) as sink, ledger(way, sink.origin, sink.ca) as sent:
        await refused(sent, [f"/{code}" for code in STATUSES])
    async with node() as server, ledger(way, server.origin, server.ca) as sent:
        await refused(sent, [f"/?status={code}" for code in STATUSES])


async def refused(sent: Ledger, targets: list[str]) -> None:
    """Each target says its own status."""
    posts = [Post(target, target.encode(), b"body") for target in targets]
    sent.transport.post(sent.origin, HEAD, posts, sent.hear)
    await sent.heard(len(posts))
    for target, code in zip(targets, STATUSES, strict=True):
        (answer,) = sent.answers[target]
        assert isinstance(answer, Answer), target
        assert answer.status == code
        assert answer.headers.get("retry-after") == "7" or code != 429
        assert answer.text in ("no", "not now")
