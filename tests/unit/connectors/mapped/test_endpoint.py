"""The door for pushes without a network: not ready, too often, and a Kafka that fails."""

import asyncio
import hashlib
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from connectors.formats import source_of
from connectors.mapped.cursor import MappedCursor
from connectors.mapped.endpoint import PUSHES, Door, Line, Rate, lines_of, serve_pushes
from connectors.mapped.tokens import Tokens
from connectors.rows import Feeds
from schemas.kafka import Publisher, Where
from schemas.process.clock import RealClock
from tests.unit.connectors.mapped.test_source import row_with
from tests.unit.connectors.writing import KANAGAWA

TOKEN = "9f2c7d1e5b8a4c3d9f2c7d1e5b8a4c3d"
TOKENS = Tokens({"city": (hashlib.sha256(TOKEN.encode()).hexdigest(),)})


def lines(folder: Path) -> dict[str, Line]:
    """One source that is pushed to."""
    row = row_with(folder, url="push://city")
    return lines_of([source_of(row, Feeds((row,), frozenset()), KANAGAWA)])


def door(found: dict[str, Line]) -> Door:
    """Its door; call it inside of a running loop."""
    fault = asyncio.get_running_loop().create_future()
    publisher = Publisher(Where("127.0.0.1:9", ""))  # never started: it fails as one whose broker has gone
    return Door(found, TOKENS, Feeds((), frozenset()), publisher, RealClock(), fault)


async def send(made: Door, body: bytes = b"gauge,time,level\n") -> httpx.Response:
    """One push, straight into the application."""
    app = Starlette(routes=[Route("/push/{source}", made.receive, methods=["POST"])])
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://door") as client:
        return await client.post("/push/city", content=body, headers={"Authorization": f"Bearer {TOKEN}"})


async def test_before_the_cursor_is_known_nothing_is_taken_in(tmp_path: Path) -> None:
    """Come again in a few seconds."""
    answer = await send(door(lines(tmp_path)))
    assert (answer.status_code, answer.json()["reason"], answer.headers["retry-after"]) == (503, "starting", "5")


async def test_a_kafka_that_fails_is_answered_and_ends_the_process(tmp_path: Path) -> None:
    """The sender tries again; whoever serves the door gets the fault."""
    found = lines(tmp_path)
    found["city"].push.state = MappedCursor()
    made = door(found)
    answer = await send(made)
    assert (answer.status_code, answer.json()["reason"]) == (503, "fault")
    assert found["city"].push.state == MappedCursor()
    with pytest.raises(RuntimeError, match="not started"):
        await serve_pushes(made, "127.0.0.1", 0)


async def test_too_many_pushes_are_refused_for_a_while(tmp_path: Path) -> None:
    """A loop gone wild does not fill the topic."""
    found = lines(tmp_path)
    found["city"].push.state = MappedCursor()
    found["city"].rate.times.extend([asyncio.get_running_loop().time()] * PUSHES)
    answer = await send(door(found))
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "60")


def test_a_rate_forgets_what_is_a_minute_old() -> None:
    """Two in any minute."""
    rate = Rate(2)
    assert [rate.allows(at) for at in (0.0, 1.0, 2.0, 60.5, 61.5, 62.0)] == [True, True, False, True, True, False]
