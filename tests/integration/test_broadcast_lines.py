"""The event stream's lines: on any of several servers, after a restart of them all, by old clients, and how many."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.ports import LOOPBACK
from notifier.broadcast import app
from notifier.broadcast.app import MAX_READERS
from notifier.settings import NotifierSettings
from schemas.kafka import Publisher, Where
from schemas.partners import KINDS
from tests.integration.notifier_rig import create_topics, records, role, settings_for, until
from tests.integration.test_broadcast import PARTNERS, Line, events, take

pytestmark = pytest.mark.kafka


@pytest.fixture
async def servers(
    kafka: str, redis_url: str, namespace: str, free_port: Callable[[], int], tmp_path: Path
) -> AsyncIterator[tuple[NotifierSettings, NotifierSettings, Publisher]]:
    """Settings of two broadcast servers over the same topics, and a hand that writes."""
    file = tmp_path / "partners.toml"
    file.write_text(PARTNERS, encoding="utf8")
    create_topics(Where(kafka, namespace), list(KINDS))
    more = [{"broadcast_port": free_port(), "partners": file, "heartbeat_s": 0.3} for _ in range(2)]
    first, second = (settings_for(kafka, redis_url, namespace, **one) for one in more)
    publisher = Publisher(Where.of(first))
    await publisher.start()
    yield first, second, publisher
    await publisher.stop()


@contextlib.asynccontextmanager
async def serving(settings: NotifierSettings, publisher: Publisher) -> AsyncIterator[Line]:
    """A server, once it is ready."""
    limits = httpx.Limits(max_connections=None)
    base = f"http://{LOOPBACK}:{settings.broadcast_port}"
    async with (
        role(app, settings) as health,
        httpx.AsyncClient(base_url=base, trust_env=False, timeout=30, limits=limits) as client,
    ):
        line = Line(publisher, client)
        await until(health.ready, "it follows")
        await until(lambda: _listens(client), "it listens")
        yield line


async def _listens(client: httpx.AsyncClient) -> bool:
    with contextlib.suppress(httpx.TransportError):
        return (await client.get("/readyz")).status_code == 200
    return False


Servers = tuple[NotifierSettings, NotifierSettings, Publisher]


async def test_a_reader_may_go_on_at_any_server(servers: Servers) -> None:
    """From one to the other and back, in the middle of what flows: each order once, in order."""
    one, other, publisher = servers
    names = [f"o{number}" for number in range(60)]
    got: list[str] = []
    async with serving(one, publisher) as here, serving(other, publisher) as there, asyncio.TaskGroup() as group:
        group.create_task(_write(here, names))
        since = "0"
        while len(got) < len(names):
            async with (here, there)[len(got) % 2].follow(since=since) as answer:
                told = await take(events(answer), min(7, len(names) - len(got)))
            got += [one.json["record"]["id"] for one in told]
            since = told[-1].id
    assert got == names


async def _write(line: Line, names: list[str]) -> None:
    for name in names:
        await line.order(name)


async def test_all_come_back_after_a_restart(servers: Servers) -> None:
    """Everybody at once, half of them having missed something: nobody misses or repeats anything."""
    one, other, publisher = servers
    async with serving(one, publisher) as line:
        await line.order("o0")
        async with line.follow(since="0") as answer:
            (told,) = await take(events(answer), 1)
        away = line
    await away.order("o1")
    async with serving(other, publisher) as line:
        async with line.follow(since=told.id) as answer:
            (newest,) = await take(events(answer), 1)
        back = asyncio.Barrier(MAX_READERS + 1)
        opened = [asyncio.create_task(_next_ids(line, told.id, 2, back)) for _ in range(MAX_READERS // 2)]
        opened += [asyncio.create_task(_next_ids(line, newest.id, 1, back)) for _ in range(MAX_READERS // 2)]
        async with asyncio.timeout(30):
            await back.wait()
        await line.order("o2")
        found = await asyncio.gather(*opened)
    assert found == [["o1", "o2"]] * (MAX_READERS // 2) + [["o2"]] * (MAX_READERS // 2)


async def _next_ids(line: Line, since: str, count: int, back: asyncio.Barrier) -> list[str]:
    async with line.follow(since=since) as answer:
        stream = events(answer)
        await anext(stream)
        await back.wait()
        return [told.json["record"]["id"] for told in await take(stream, count)]


async def test_a_partner_has_so_many_lines_and_a_heartbeat(servers: Servers) -> None:
    """One too many is told so; who hangs up makes room; and while a line is open the status page knows."""
    settings, _, publisher = servers
    async with serving(settings, publisher) as line, contextlib.AsyncExitStack() as stack:
        open_ones = [events(await stack.enter_async_context(line.follow())) for _ in range(MAX_READERS)]
        await asyncio.gather(*[anext(one) for one in open_ones])
        async with line.follow() as answer:
            assert answer.status_code == 429
        beat = await until(lambda: _beat(publisher), "it has a heartbeat")
        assert (beat.state, beat.text) == ("ok", f"{MAX_READERS} lines open")
        await stack.aclose()
        await until(lambda: _again(line), "there is room again")


async def _again(line: Line) -> bool:
    async with line.follow() as answer:
        return answer.status_code == 200


async def _beat(publisher: Publisher) -> Any:
    beats = await records(publisher.where, "heartbeats", None)
    mine = [beat for beat in beats if beat.source == "partner:fujisawa-fire:sse"]
    return next((beat for beat in mine if beat.text.startswith(str(MAX_READERS))), None)


@pytest.mark.parametrize("version", ["1.0", "1.1"])
async def test_an_old_client_gets_it_unframed(servers: Servers, version: str) -> None:
    """HTTP/1.0, as some proxies speak it, has no chunks: the stream is the same bytes without them."""
    settings, _, publisher = servers
    async with serving(settings, publisher) as line:
        reader, writer = await asyncio.open_connection(LOOPBACK, settings.broadcast_port)
        writer.write(f"GET /events HTTP/{version}\r\nHost: x\r\nAuthorization: Bearer fire\r\n\r\n".encode())
        await reader.readuntil(b"from here")
        await line.order("o1")
        before = await reader.readuntil(b"event: orders")
        writer.close()
    framed = any(row.strip() and all(c in b"0123456789abcdef" for c in row.strip()) for row in before.split(b"\n"))
    assert framed == (version == "1.1")
