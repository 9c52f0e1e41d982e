"""The residents' site on a port of its own, with a stand-in of the notifier's API that remembers what it was asked."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from uvicorn import Config

from console.resident.site import Wanted, files
from local.ports import free_port
from schemas.process.health import QuietServer
from tests.e2e.chromium import Page

KINDS = {"html": "text/html", "js": "text/javascript", "css": "text/css", "json": "application/json"}
KINDS |= {"svg": "image/svg+xml", "png": "image/png"}
KEYS = (
    "BDd3_hVL9fZi9Ybo2UUzA284WG5FZR30_95YeZJsiApwXKpNcF1rRPF3foIiBHXRdJI2Qhumhf6_LFTeZaNndIo",
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
)
"""Two points on P-256 (RFC 8291, appendix A, has the second): any will do as an application server key."""

SUBSCRIBING = Path(__file__).with_name("subscribing.js").read_text(encoding="utf8")
"""Answers subscribe() in the page: without a push service Chromium would wait for one for ever."""


@dataclass(slots=True)
class Site:
    """What is served and what was asked. `down`: the API answers 503, `ended`: nobody answers."""

    url: str
    files: dict[str, bytes]
    orders: list[dict[str, Any]] = field(default_factory=list)
    as_of: datetime = field(default_factory=lambda: datetime.now(UTC))
    key: str = KEYS[0]
    down: bool = False
    known: bool = True
    replay: bool = False
    asked: list[tuple[str, str, Any]] = field(default_factory=list)
    sent_bytes: int = 0
    _ended: asyncio.Event = field(default_factory=asyncio.Event)

    def said(self, method: str, path: str) -> list[Any]:
        """The bodies that came with one method to paths that begin so."""
        return [body for found, where, body in self.asked if found == method and where.startswith(path)]

    def end(self) -> None:
        """As when the network is gone."""
        self._ended.set()

    async def until_ended(self) -> None:
        """Wait for `end`."""
        await self._ended.wait()


@asynccontextmanager
async def serving(districts: Path | None = None, shelters: Path | None = None) -> AsyncIterator[Site]:
    """The site, until the block or its life ends. Its API is at the same address: `/api`."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    wanted = Wanted(f"{url}/api", districts, shelters)
    site = Site(url, files(replace(wanted, receipt_spread_ms=0), print))
    config = Config(
        _app(site), host="127.0.0.1", port=port, log_config=None, access_log=False, lifespan="off",
        timeout_graceful_shutdown=1,
    )  # fmt: skip
    server = QuietServer(config)
    task = asyncio.create_task(server.serve())
    async with asyncio.timeout(10):
        while not server.started:  # noqa: ASYNC110 -- uvicorn has no event for it
            await asyncio.sleep(0.02)
    ending = asyncio.create_task(_end(site, server, task))
    try:
        yield site
    finally:
        site.end()
        await ending


async def _end(site: Site, server: QuietServer, task: "asyncio.Task[None]") -> None:
    await site.until_ended()
    server.should_exit = True
    await task


def _app(site: Site) -> Starlette:
    async def answer(request: Request) -> Response:
        path = request.url.path
        body = await request.body()
        site.asked.append((request.method, path, json.loads(body) if body else None))
        said = _api(site, request.method, path) if path.startswith("/api/") else _file(site, path)
        site.sent_bytes += len(said.body) + sum(len(name) + len(value) + 4 for name, value in said.raw_headers)
        return said

    return Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "POST", "DELETE"])])


def _file(site: Site, path: str) -> Response:
    if path == "/orders.json":
        now = site.as_of.isoformat()
        return JSONResponse({"as_of": now, "checked_at": now, "replay": site.replay, "orders": site.orders})
    name = (path + "index.html" if path.endswith("/") else path).lstrip("/")
    content = site.files.get(name)
    if content is None:
        return Response("<!doctype html><title>none</title><p>no such page", 404, media_type="text/html")
    return Response(content, media_type=KINDS[name.rsplit(".", 1)[1]], headers={"Cache-Control": "no-cache"})


def _api(site: Site, method: str, path: str) -> Response:
    if site.down:
        return JSONResponse({"code": "not_stored", "text": "later"}, 503)
    if path == "/api/vapid":
        return JSONResponse({"public_key": site.key, "key_id": "k"})
    if path == "/api/subscriptions":
        return JSONResponse({"subscriber": f"s{len(site.said('POST', path))}", "token": "t"}, 201)
    if path.endswith("/test"):
        return JSONResponse({"status": 201, "id": "test-1"}, 201)
    if path.startswith("/api/subscriptions/") and method == "GET":
        return JSONResponse({"known": True} if site.known else {"code": "unknown"}, 200 if site.known else 404)
    return Response(status_code=204)


async def visit(page: Page, site: Site, lang: str | None = None) -> None:
    """Open the page, in a language, and wait until it stands."""
    await page.open(f"{site.url}/resident/")
    await page.until("document.documentElement.dataset.ready")
    if lang:
        await _enter(page, "language", lang, "change")
        await page.until(f"document.documentElement.dataset.lang === '{lang}'")


async def allow(page: Page, *permissions: str) -> None:
    """As if the reader had said yes to the browser's question."""
    await page.call("Browser.grantPermissions", permissions=list(permissions))


async def choose(page: Page, words: str) -> None:
    """Search for a place and take the first that is found."""
    await _enter(page, "search", words, "input")
    await page.until("!!document.querySelector('#found button')")
    await page.eval("document.querySelector('#found button').click()")


async def subscribe(page: Page, site: Site, words: str = "藤沢") -> None:
    """From the first visit to a registered device."""
    await page.call("Page.addScriptToEvaluateOnNewDocument", source=SUBSCRIBING)
    await visit(page, site, "ja")
    await choose(page, words)
    await allow(page, "notifications")
    await page.eval("document.getElementById('turn-on').click()")
    await page.until("document.getElementById('notify-status').dataset.state === 'ok'")


async def _enter(page: Page, field: str, value: str, event: str) -> None:
    await page.eval(f"(f => {{ f.value = '{value}'; f.dispatchEvent(new Event('{event}')); }})({field_of(field)})")


def field_of(name: str) -> str:
    """The script that finds an element by its id."""
    return f"document.getElementById('{name}')"
