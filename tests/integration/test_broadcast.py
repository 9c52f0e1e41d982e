"""What partners follow: the event stream on a real Kafka, over real HTTP."""

import asyncio
import hashlib
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from notifier.broadcast import app
from notifier.broadcast.position import KINDS
from schemas.kafka import Publisher, Where
from schemas.records.base import World
from schemas.records.decided import Text
from tests.integration.notifier_orders import order
from tests.integration.notifier_rig import create_topics, role, settings_for, until

pytestmark = pytest.mark.kafka

FIRE = "fire"
PARTNERS = f"""
[[partner]]
id = "fujisawa-fire"
name = "藤沢市消防局"
token_sha256 = "{hashlib.sha256(b"fire").hexdigest()}"
municipalities = ["14205", "14204"]

[[partner]]
id = "prefecture"
name = "神奈川県"
token_sha256 = "{hashlib.sha256(b"ken").hexdigest()}"
municipalities = ["*"]
worlds = ["actual", "exercise"]
"""


@dataclass(slots=True)
class Told:
    """One event as it came over the wire."""

    id: str = ""
    event: str = "message"
    data: str = ""
    comments: list[str] = field(default_factory=list)

    @property
    def json(self) -> Any:
        """The data."""
        return json.loads(self.data)


@dataclass(slots=True)
class Line:
    """The broadcast server of a test, and the hands that feed it."""

    publisher: Publisher
    client: httpx.AsyncClient

    def follow(
        self, token: str = FIRE, since: str | None = None, query: str = ""
    ) -> AbstractAsyncContextManager[httpx.Response]:
        """A stream; use it as a context."""
        headers = {"Authorization": f"Bearer {token}"} | ({} if since is None else {"Last-Event-ID": since})
        return self.client.stream("GET", f"/events{query}", headers=headers)

    async def order(self, name: str, municipality: str = "14205", world: World = World.ACTUAL) -> None:
        """One order into the topic."""
        await self.publisher.send("orders", municipality, order(id=name, municipality=municipality, world=world))


@pytest.fixture
async def line(
    kafka: str, redis_url: str, namespace: str, free_port: Callable[[], int], tmp_path: Path
) -> AsyncIterator[Line]:
    """A broadcast server with two partners."""
    file = tmp_path / "partners.toml"
    file.write_text(PARTNERS, encoding="utf8")
    settings = settings_for(kafka, redis_url, namespace, broadcast_port=free_port(), partners=file, heartbeat_s=0.3)
    create_topics(Where.of(settings), list(KINDS))
    publisher = Publisher(Where.of(settings))
    await publisher.start()
    client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{settings.broadcast_port}", trust_env=False, timeout=30)
    try:
        async with role(app, settings), client:
            await until(lambda: _ready(client), "the stream is ready")
            yield Line(publisher, client)
    finally:
        await publisher.stop()


async def _ready(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/readyz")).status_code == 200
    except httpx.TransportError:
        return False


async def events(answer: httpx.Response) -> AsyncIterator[Told]:
    """Events as the specification of Server-Sent Events reads them."""
    told = Told()
    async for row in answer.aiter_lines():
        name, _, value = row.partition(": ")
        if not row:
            yield told
            told = Told()
        elif row.startswith(":"):
            told.comments.append(row)
        elif name == "data":
            told.data += value
        else:
            setattr(told, name, value)


async def take(stream: AsyncIterator[Told], count: int) -> list[Told]:
    """The next events that carry data."""
    found: list[Told] = []
    async with asyncio.timeout(20):
        while len(found) < count:
            told = await anext(stream)
            found += [told] if told.data else []
    return found


async def test_a_partner_follows_its_own_municipalities(line: Line) -> None:
    """Each event says its world and origin; another town's records, drills and officers' names stay out."""
    async with line.follow() as answer:
        stream = events(answer)
        assert (await anext(stream)).id
        await line.order("yokohama", "14100")
        await line.order("drill", world=World.EXERCISE)
        await line.order("fujisawa")
        (told,) = await take(stream, 1)
    assert told.event == "orders"
    assert told.json["record"]["id"] == "fujisawa"
    assert (told.json["world"], told.json["origin"], told.json["mark"]) == ("actual", "replay", "")
    assert "decided_by" not in told.json["record"]
    async with line.follow("ken", since="0", query="?world=exercise") as answer:
        (told,) = await take(events(answer), 1)
    assert (told.json["record"]["id"], told.json["world"], told.json["mark"]) == ("drill", "exercise", "【訓練】")


async def test_who_comes_back_gets_what_was_missed(line: Line) -> None:
    """From Last-Event-ID on: everything, once, in order; also from the very first answer, before any event."""
    async with line.follow() as answer:
        start = (await anext(events(answer))).id
    for number in range(5):
        await line.order(f"o{number}")
    async with line.follow(since=start) as answer:
        stream = events(answer)
        missed = await take(stream, 5)
        await line.order("o5")
        missed += await take(stream, 1)
    assert [told.json["record"]["id"] for told in missed] == [f"o{number}" for number in range(6)]
    async with line.follow(since=missed[2].id) as answer:
        again = await take(events(answer), 3)
    assert [told.json["record"]["id"] for told in again] == ["o3", "o4", "o5"]


async def test_no_gap_and_no_repeat_while_records_flow(line: Line) -> None:
    """A partner whose line breaks every few events still gets each of them once."""
    wanted = [f"o{number}" for number in range(400)]

    async def write() -> None:
        for name in wanted:
            await line.order(name)

    got: list[str] = []
    since = "0"
    async with asyncio.TaskGroup() as group:
        group.create_task(write())
        while len(got) < len(wanted):
            async with line.follow(since=since) as answer:
                told = await take(events(answer), min(23, len(wanted) - len(got)))
            got += [one.json["record"]["id"] for one in told]
            since = told[-1].id
    assert got == wanted


@pytest.mark.deadline(180)
async def test_a_slow_reader_harms_nobody(line: Line) -> None:
    """Who does not read is let go; the others get everything, and so does it, when it comes back."""
    slow = await _silent_reader(line)
    texts = (Text("ja", "避難指示", "危" * 500),)
    names = [f"o{number}" for number in range(5000)]
    got: list[str] = []
    async with line.follow() as answer:
        stream = events(answer)
        await anext(stream)
        while len(got) < len(names):  # at the pace of the reader that does read
            some = names[len(got) : len(got) + 250]
            await asyncio.gather(
                *[await line.publisher.begin("orders", "14205", order(id=n, texts=texts)) for n in some]
            )
            got += [told.json["record"]["id"] for told in await take(stream, len(some))]
    assert got == names
    reader, writer = slow
    async with asyncio.timeout(60):
        rest = (await reader.read()).decode(errors="replace")
    writer.close()
    seen = [row for row in rest.splitlines() if row.startswith("id: ")]
    whole = len(seen) - 2  # the first id is no event, the last one may have been cut
    assert 0 < whole < len(names)
    async with line.follow(since=seen[whole].removeprefix("id: ")) as answer:
        last = await take(events(answer), len(names) - whole)
    assert [told.json["record"]["id"] for told in last] == names[whole:]


async def _silent_reader(line: Line) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    address = line.client.base_url
    small = socket.create_connection((address.host, address.port))
    small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
    reader, writer = await asyncio.open_connection(sock=small, limit=4096)
    writer.write(b"GET /events HTTP/1.1\r\nHost: sonae\r\nAuthorization: Bearer fire\r\n\r\n")
    await reader.readuntil(b"from here")
    return reader, writer


async def test_a_silent_line_is_alive(line: Line) -> None:
    """A comment comes again and again, so that a broken line shows within seconds."""
    async with line.follow() as answer, asyncio.timeout(10):
        seen = 0
        async for told in events(answer):
            seen += any("alive" in comment for comment in told.comments)
            if seen == 3:
                return
    pytest.fail("no heartbeat")


@pytest.mark.parametrize(
    ("token", "since", "query", "status"),
    [
        ("wrong", None, "", 401),
        ("fire", None, "?municipality=14100", 403),
        ("fire", None, "?world=exercise", 403),
        ("fire", None, "?kind=subscriptions", 403),
        ("fire", "x9.1", "", 400),
    ],
)
async def test_what_is_not_allowed_is_said(line: Line, token: str, since: str | None, query: str, status: int) -> None:
    """A wrong token, a town that is not theirs, a kind that does not exist, an id that is none of ours."""
    async with line.follow(token, since, query) as answer:
        told = json.loads(await answer.aread())
    assert answer.status_code == status
    assert set(told) == {"code", "text"}
