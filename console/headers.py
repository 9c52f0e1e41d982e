"""What every answer of the desk carries: a strict content policy, and a session cookie that slides. Pure ASGI."""

from starlette.datastructures import MutableHeaders, State
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from console.sessions import COOKIE, IDLE_WHILE_BUSY, RENEW, Session, Sessions
from schemas.process.clock import now_utc

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
FIXED = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
}


class Headers:
    """Adds the fixed headers, keeps officers' pages out of caches, and renews the session cookie now and then."""

    def __init__(self, app: ASGIApp, sessions: Sessions, secure: bool) -> None:
        self._app, self._sessions, self._secure = app, sessions, secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope.setdefault("state", {})

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._add(MutableHeaders(scope=message), _state(scope))
            await send(message)

        await self._app(scope, receive, sending)

    def _add(self, headers: MutableHeaders, state: State) -> None:
        for name, value in FIXED.items():
            headers[name] = value
        headers.setdefault("cache-control", "no-store")
        session: Session | None = getattr(state, "session", None)
        if session is None:
            return
        now = now_utc()
        if getattr(state, "fresh", False) or now - session.seen_at > RENEW:
            headers.append("set-cookie", self._cookie(Session(session.officer, session.fingerprint, session.csrf, now)))

    def _cookie(self, session: Session) -> str:
        made = Response()
        made.set_cookie(
            COOKIE,
            self._sessions.seal(session),
            max_age=int(IDLE_WHILE_BUSY.total_seconds()),
            httponly=True,
            samesite="strict",
            secure=self._secure,
        )
        return made.headers["set-cookie"]


def _state(scope: Scope) -> State:
    state = scope["state"]
    return state if isinstance(state, State) else State(state)
