"""GET /events for partners: a bearer token, filters, Server-Sent Events. docs/partners.md says how to follow it."""

import asyncio
import sys
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from uvicorn import Config

from notifier.broadcast.feed import Feed
from notifier.broadcast.kafka_groups import beat_groups
from notifier.broadcast.line import Line, OpenProtocol, Sockets
from notifier.broadcast.partners import NotAllowed, Partners, wanted_of
from notifier.broadcast.position import BadPosition, Position, decode_position
from notifier.broadcast.read import Decoder
from notifier.broadcast.registry import schema_routes
from notifier.broadcast.status import beat_streams
from notifier.broadcast.tail import Tail
from notifier.link_test import beats
from notifier.pulse import beat
from notifier.settings import NotifierSettings
from schemas.kafka import Publisher, Where
from schemas.partners import BadPartners, Partner, read_partners
from schemas.process.health import Health, QuietServer

MAX_READERS = 20
"""Per partner: a centre has a few screens; more is a loop that reconnects without closing."""


class Broadcast:
    """The one route, and who reads."""

    def __init__(self, where: Where, partners: Partners, tail: Tail) -> None:
        self._where, self._partners, self._tail = where, partners, tail
        self.sockets = Sockets()

    async def events(self, request: Request) -> Response:
        """GET /events?municipality=…&kind=…&world=… with Last-Event-ID to go on where it broke off."""
        partner = self._partner(request)
        if partner is None:
            return _no(401, "token_unknown", "This token is not known: ask the town hall for one.")
        if request.method != "GET":
            return _no(405, "method_not_allowed", "The event stream is a GET.")
        if self.sockets.count(partner.id) >= MAX_READERS:
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
        return Line(Feed(self._where, self._tail, wanted, last), self.sockets, partner.id)

    def _partner(self, request: Request) -> Partner | None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        return self._partners.find(token) if scheme.lower() == "bearer" else None


async def body(settings: NotifierSettings, health: Health) -> None:
    """Follow the topics and serve until cancelled."""
    assert settings.partners is not None
    where = Where.of(settings)
    tail = Tail(Decoder(where))
    partners = partners_of(settings.partners)
    broadcast = Broadcast(where, Partners(partners), tail)
    health.checks["tail"] = tail.answers
    publisher = Publisher(where)
    await publisher.start()
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(tail.follow(where))
            group.create_task(QuietServer(_config(broadcast, settings, health)).serve())
            group.create_task(broadcast.sockets.beat(settings.heartbeat_s))
            if settings.beat_municipality:
                group.create_task(broadcast.sockets.tell_beats(beats(where, settings.beat_municipality)))
            group.create_task(beat("broadcast", None, settings, health, publisher))
            group.create_task(beat_groups(partners, publisher, settings.heartbeat_s))
            group.create_task(beat_streams(broadcast.sockets, publisher, settings.heartbeat_s))
    finally:
        await publisher.stop()


def partners_of(file: Path) -> tuple[Partner, ...]:
    """All partners, or one sentence and exit code 2: a restart would not make the file any better."""
    try:
        return read_partners(file)
    except BadPartners as error:
        print(f"SONAE_PARTNERS: {error}", file=sys.stderr)
        raise SystemExit(2) from error


def _config(broadcast: Broadcast, settings: NotifierSettings, health: Health) -> Config:
    return Config(
        Starlette(routes=[Route("/events", broadcast.events), *schema_routes(), *health.routes()]),
        http=OpenProtocol,
        host=settings.host,
        port=settings.broadcast_port,
        backlog=4096,
        log_config=None,
        access_log=False,
        lifespan="off",
    )


def _last(request: Request) -> Position | None:
    given = request.headers.get("last-event-id") or request.query_params.get("last_event_id")
    return None if given is None else decode_position(given)


def _no(status: int, code: str, text: str) -> JSONResponse:
    return JSONResponse({"code": code, "text": text}, status)
