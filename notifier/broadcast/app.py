"""GET /events for partners: a bearer token, filters, Server-Sent Events. docs/partners.md says how to follow it."""

import asyncio
import sys
from collections import Counter
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from uvicorn import Config

from notifier.broadcast.partners import BadPartners, NotAllowed, Partner, Partners, load_partners, wanted_of
from notifier.broadcast.position import BadPosition, Position, decode_position
from notifier.broadcast.read import Decoder
from notifier.broadcast.response import stream_of
from notifier.broadcast.sse import Feed
from notifier.broadcast.tail import Tail
from notifier.pulse import beat
from notifier.settings import NotifierSettings
from schemas.kafka import Publisher, Where
from schemas.process.health import Health, QuietServer

MAX_READERS = 20
"""Per partner: a centre has a few screens; more is a loop that reconnects without closing."""


class Broadcast:
    """The one route, and how many readers each partner has."""

    def __init__(self, where: Where, partners: Partners, tail: Tail, heartbeat_s: float) -> None:
        self._where, self._partners, self._tail, self._heartbeat_s = where, partners, tail, heartbeat_s
        self._readers: Counter[str] = Counter()

    async def events(self, request: Request) -> Response:
        """GET /events?municipality=…&kind=…&world=… with Last-Event-ID to go on where it broke off."""
        partner = self._partner(request)
        if partner is None:
            return _no(401, "token_unknown", "This token is not known: ask the town hall for one.")
        if self._readers[partner.id] >= MAX_READERS:
            return _no(429, "too_many", f"At most {MAX_READERS} streams at once: close some.")
        if not self._tail.positions:
            return _no(503, "not_ready", "The stream is starting: try again in a second.")
        asked = request.query_params
        try:
            wanted = wanted_of(partner, asked.getlist("municipality"), asked.getlist("kind"), asked.getlist("world"))
            last = _last(request)
        except NotAllowed as error:
            return _no(403, "not_allowed", str(error))
        except BadPosition as error:
            return _no(400, "position_unknown", str(error))
        feed = Feed(self._where, self._tail, wanted, last)
        return stream_of(feed, self._readers, partner.id, self._heartbeat_s)

    def _partner(self, request: Request) -> Partner | None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        return self._partners.find(token) if scheme.lower() == "bearer" else None


async def body(settings: NotifierSettings, health: Health) -> None:
    """Follow the topics and serve until cancelled."""
    assert settings.partners is not None
    where = Where.of(settings)
    tail = Tail(Decoder(where))
    broadcast = Broadcast(where, _partners(settings.partners), tail, settings.heartbeat_s)
    health.checks["tail"] = tail.answers
    app = Starlette(routes=[Route("/events", broadcast.events), *health.routes()])
    config = Config(
        app, host=settings.host, port=settings.broadcast_port, log_config=None, access_log=False, lifespan="off"
    )
    publisher = Publisher(where)
    await publisher.start()
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(tail.follow(where))
            group.create_task(QuietServer(config).serve())
            group.create_task(beat("broadcast", None, settings, health, publisher))
    finally:
        await publisher.stop()


def _partners(file: Path) -> Partners:
    """All partners, or one sentence and exit code 2: a restart would not make the file any better."""
    try:
        return load_partners(file)
    except BadPartners as error:
        print(f"SONAE_PARTNERS: {error}", file=sys.stderr)
        raise SystemExit(2) from error


def _last(request: Request) -> Position | None:
    given = request.headers.get("last-event-id") or request.query_params.get("last_event_id")
    return None if given is None else decode_position(given)


def _no(status: int, code: str, text: str) -> JSONResponse:
    return JSONResponse({"code": code, "text": text}, status)
