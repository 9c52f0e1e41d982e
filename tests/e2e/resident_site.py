"""The residents' site on a port of its own, with a stand-in of the notifier's API that remembers what it was asked."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from uvicorn import Config

from console.resident.site import Wanted, files
from local.ports import free_port
from schemas.process.health import QuietServer

KINDS = {"html": "text/html", "js": "text/javascript", "css": "text/css", "json": "application/json"}
KINDS |= {"svg": "image/svg+xml", "png": "image/png"}
KEY = "BDd3_hVL9fZi9Ybo2UUzA284WG5FZR30_95YeZJsiApwXKpNcF1rRPF3foIiBHXRdJI2Qhumhf6_LFTeZaNndIo"
"""A point on P-256: any will do as an application server key."""


@dataclass(slots=True)
class Site:
    """What is served and what was asked. `down` makes every answer fail, as a dead server's does."""

    url: str
    files: dict[str, bytes]
    orders: list[dict[str, Any]] = field(default_factory=list)
    as_of: datetime = field(default_factory=lambda: datetime.now(UTC))
    key: str = KEY
    down: bool = False
    known: bool = True
    asked: list[tuple[str, str, Any]] = field(default_factory=list)

    def said(self, method: str, path: str) -> list[Any]:
        """The bodies that came with one method to paths that begin so."""
        return [body for found, where, body in self.asked if found == method and where.startswith(path)]


@asynccontextmanager
async def serving(wanted: Wanted | None = None) -> AsyncIterator[Site]:
    """The site, until the block ends. Its API is at the same address: `/api`."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    made = wanted or Wanted(f"{url}/api", receipt_spread_ms=0)
    site = Site(url, files(Wanted(f"{url}/api", made.districts, made.shelters, made.receipt_spread_ms), print))
    config = Config(_app(site), host="127.0.0.1", port=port, log_config=None, access_log=False, lifespan="off")
    server = QuietServer(config)
    task = asyncio.create_task(server.serve())
    async with asyncio.timeout(10):
        while not server.started:  # noqa: ASYNC110 -- uvicorn has no event for it
            await asyncio.sleep(0.02)
    try:
        yield site
    finally:
        server.should_exit = True
        await task


def _app(site: Site) -> Starlette:
    async def answer(request: Request) -> Response:
        path = request.url.path
        body = await request.body()
        site.asked.append((request.method, path, json.loads(body) if body else None))
        if site.down:
            return Response(status_code=503)
        if path.startswith("/api/"):
            return _api(site, request.method, path)
        return _file(site, path)

    return Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "POST", "DELETE"])])


def _file(site: Site, path: str) -> Response:
    if path == "/orders.json":
        return JSONResponse({"as_of": site.as_of.isoformat(), "linked": True, "replay": False, "orders": site.orders})
    name = (path + "index.html" if path.endswith("/") else path).lstrip("/")
    content = site.files.get(name)
    if content is None:
        return Response("<!doctype html><title>none</title><p>no such page", 404, media_type="text/html")
    return Response(content, media_type=KINDS[name.rsplit(".", 1)[1]], headers={"Cache-Control": "no-cache"})


def _api(site: Site, method: str, path: str) -> Response:
    if path == "/api/vapid":
        return JSONResponse({"public_key": site.key, "key_id": "k"})
    if path == "/api/subscriptions":
        return JSONResponse({"subscriber": "s1", "token": "t1"}, 201)
    if path.endswith("/test"):
        return JSONResponse({"status": 201, "id": "test-1"}, 201)
    if path.startswith("/api/subscriptions/") and method == "GET":
        return JSONResponse({"known": True} if site.known else {"code": "unknown"}, 200 if site.known else 404)
    return Response(status_code=204)
