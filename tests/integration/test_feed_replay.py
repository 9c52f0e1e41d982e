"""All 11 recorded days of JMA's feeds, with outages cut in; and an hour of them over a real connection."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.fetch import Fetcher
from connectors.formats import sources_of
from connectors.hosts import Hosts
from connectors.places import from_reference
from connectors.source import Failed, New, Source
from tests.integration.notifier_rig import until
from tests.rebuilt_feeds import HOUR, MINUTE, Server, recorded_telegrams
from tests.replaying import Poller, four_rows

BEGIN = datetime(2026, 7, 28, 20, 0, 20, tzinfo=UTC)
OUTAGES = (  # 5 minutes, 2 hours and a day, the last over the busiest stretch of the record
    (datetime(2026, 7, 30, 2, 0, 20, tzinfo=UTC), 5 * MINUTE),
    (datetime(2026, 8, 1, 19, 30, 20, tzinfo=UTC), 2 * HOUR),
    (datetime(2026, 8, 6, 22, 17, 20, tzinfo=UTC), 24 * HOUR),
)
END = datetime(2026, 8, 8, 22, 0, 20, tzinfo=UTC)
"""Two hours after the last telegram of the record: everything must be there."""


@pytest.mark.deadline(400)
async def test_every_telegram_of_eleven_days_is_fetched_exactly_once(recorded: Callable[[str], Path]) -> None:
    """Whatever was published while nobody asked comes from the long feed; the process starts anew after each outage."""
    telegrams = recorded_telegrams(recorded("jma/feeds"))
    poller = Poller(Server(telegrams, BEGIN))
    poller.start()
    for outage, lasts in OUTAGES:
        await poller.until(outage)
        poller.server.now += lasts
        poller.start()
    await poller.until(END)
    assert len(telegrams) == 21_701
    assert poller.server.fetched == {telegram.name: 1 for telegram in telegrams}
    assert poller.published == poller.server.fetched
    assert poller.longest_cursor < 100_000


async def test_an_hour_of_it_over_http(recorded: Callable[[str], Path]) -> None:
    """The real fetcher against a real server with ETags; 20 minutes are not polled."""
    begin = datetime(2026, 8, 7, 2, 40, 20, tzinfo=UTC)
    telegrams = tuple(
        one for one in recorded_telegrams(recorded("jma/feeds")) if begin - HOUR <= one.published < begin + 2 * HOUR
    )
    server = Server(telegrams, begin)
    async with http_server(server) as address, Polling(server, address) as polling:
        await polling.minutes(20)
        server.now += 20 * MINUTE
        await polling.minutes(20)
        server.now += HOUR
        await polling.minutes(3)
    come = {one.name for one in telegrams if one.published < server.now - 70 * MINUTE}
    assert come <= server.fetched.keys()
    assert set(server.fetched.values()) == {1}
    assert server.fetched.keys() == polling.keys


class Polling:
    """All four feeds by the real fetcher, at one host whose slots they share."""

    def __init__(self, server: Server, address: str) -> None:
        self._server = server
        self._feeds = four_rows(address)
        self._hosts = Hosts(self._feeds, "Sonae/test")
        self._cursors: dict[str, str] = {}
        self.keys: set[str] = set()

    async def __aenter__(self) -> "Polling":
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._hosts.close()

    async def minutes(self, count: int) -> None:
        """So many minutes, all four feeds at once in each."""
        sources = sources_of(self._feeds, from_reference())
        for _ in range(count):
            await asyncio.gather(*(self._poll(source) for source in sources))
            self._server.now += timedelta(minutes=1)

    async def _poll(self, source: Source) -> None:
        row = source.row
        async with Fetcher(row, self._feeds, "Sonae/test", self._hosts) as fetcher:
            fetcher.begin(self._server.now)
            result = await source.poll(self._cursors.get(row.id), fetcher, self._server.now)
        assert not isinstance(result, Failed), result
        self._cursors[row.id] = result.cursor
        self.keys |= {one.key for one in result.payloads} if isinstance(result, New) else set()


@contextlib.asynccontextmanager
async def http_server(server: Server) -> AsyncIterator[str]:
    """The rebuilt feeds on a port of this test's own."""

    async def answer(request: Request) -> Response:
        status, etag, body = server.answer(request.url.path, request.headers.get("if-none-match"))
        return Response(body, status, {"etag": etag} if etag else {}, "application/xml")

    app = Starlette(routes=[Route("/{path:path}", answer)])
    running = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, access_log=False))
    task = asyncio.create_task(running.serve())
    try:
        await until(lambda: asyncio.sleep(0, running.started), "the server listens")
        yield f"http://127.0.0.1:{running.servers[0].sockets[0].getsockname()[1]}"
    finally:
        running.should_exit = True
        await task
