"""What every route stands on: the desk's parts, who is asking, and the refusals that become pages or JSON."""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from starlette.requests import Request

from console import cards
from console.audience import Audience, audience
from console.changes import Changes
from console.decisions import Decider, Sender
from console.officers import Officer, Officers, Role
from console.projection import Projection, WorldView
from console.sessions import COOKIE, Attempts, Session, Sessions, same
from console.settings import ConsoleSettings
from schemas.process.clock import Clock, now_utc
from schemas.records.base import Origin, World

FRESH = timedelta(seconds=30)
"""Kafka is asked every few seconds where its topics end; without an answer for longer the desk says how old it is."""


@dataclass(frozen=True, slots=True)
class Desk:
    """The running console. `ready`: the projection is whole; `read_at`: when it last was (real time).

    `barrier` waits until all that Kafka holds now is read; `fault` ends the process after the answer."""

    settings: ConsoleSettings
    officers: Officers
    sessions: Sessions
    attempts: Attempts
    projection: Projection
    decider: Decider
    sender: Sender
    clock: Clock
    changes: Changes
    ready: Callable[[], bool]
    read_at: Callable[[], datetime | None]
    barrier: Callable[[], Awaitable[None]]
    fault: Callable[[BaseException], None]

    def linked(self) -> bool:
        """Whether Kafka said lately that nothing is missing here."""
        read_at = self.read_at()
        return read_at is not None and now_utc() - read_at < FRESH


@dataclass(frozen=True, slots=True)
class Visitor:
    """An officer who is signed in, with the session that their forms must name."""

    officer: Officer
    session: Session
    now: datetime

    @property
    def towns(self) -> tuple[str, ...]:
        """The municipalities they serve."""
        return self.officer.municipalities


class NotSignedIn(Exception):
    """Nobody is signed in here."""


class NotReady(Exception):
    """The desk has not read everything yet: an empty page would be a lie."""


class Refused(Exception):
    """The request cannot be done; `text` says to the officer why and what to do."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status, self.text = status, text


def public_of(request: Request) -> bool:
    """Whether an address is a resident's."""
    return request.url.path.startswith(("/public", "/orders/"))


def desk_of(request: Request) -> Desk:
    """The console behind a request."""
    desk: Desk = request.app.state.desk
    return desk


async def visitor(request: Request) -> Visitor:
    """Who is asking; raises NotSignedIn or NotReady."""
    desk = desk_of(request)
    session = _session(request, desk)
    if session is None:
        raise NotSignedIn
    if not desk.ready():
        raise NotReady
    request.state.session = session
    return Visitor(desk.officers.by_id[session.officer], session, await desk.clock.now())


def _session(request: Request, desk: Desk) -> Session | None:
    cookie = request.cookies.get(COOKIE)
    officer = desk.officers.by_id.get(desk.sessions.officer_of(cookie) or "")
    if officer is None:
        return None
    busy = any(cards.busy(view, officer) for view in desk.projection.worlds.values())
    return desk.sessions.open(cookie, desk.officers, now_utc(), busy)


def check_csrf(who: Visitor, token: str) -> None:
    """Every form and every JSON call of a session names the session's token."""
    if not same(who.session.csrf, token):
        raise Refused(403, "この画面は古くなっています。ページを開き直して、もう一度操作してください。")


def view_of(request: Request, world: World) -> WorldView:
    """One world of the projection."""
    return desk_of(request).projection.worlds[world]


def check_town(who: Visitor, municipality: str) -> str:
    """A municipality that the officer serves; anything else does not exist for them."""
    if municipality not in who.towns:
        raise Refused(404, "この市町村はあなたの担当にありません。一覧に戻ってください。")
    return municipality


def check_role(who: Visitor, *roles: Role) -> None:
    """One of the roles is needed."""
    if not any(who.officer.has(role) for role in roles):
        raise Refused(403, "この操作の権限がありません。権限のある職員に依頼してください。")


def origin_of(desk: Desk, view: WorldView, municipality: str) -> Origin:
    """What a decision taken now rests on: a scenario's clock or a replayed recommendation makes it a replay."""
    recommendation = view.recommendations.get(municipality)
    replayed = recommendation is not None and recommendation.origin is Origin.REPLAY
    return Origin.REPLAY if desk.settings.clock or replayed else Origin.LIVE


def reached_by(
    request: Request, world: World, municipality: str, areas: tuple[str, ...], districts: tuple[str, ...]
) -> Audience | None:
    """How many devices an order would reach, as far as anybody counted; by district nobody does, so it is the most."""
    projection = desk_of(request).projection
    last = projection.worlds[world].ledger.last_audience(municipality)
    found = audience(projection.heartbeats, world, municipality, areas, last)
    return replace(found, at_most=True) if found and districts else found


def new_nonce() -> str:
    """Goes into a form once, so that sending the form twice is one decision."""
    return secrets.token_urlsafe(12)
