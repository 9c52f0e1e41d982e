"""What every push service has: subscriptions' boxes, the judgement of a POST (RFC 8030, 8292), one letter per Topic."""

import asyncio
import re
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from uvicorn import Config

from local.ports import LOOPBACK
from local.vapidcheck import RefusedError, VapidCheck
from schemas.process.health import QuietServer

MOST_BYTES = 4096
_TOPIC = re.compile(r"[A-Za-z0-9_-]{1,32}")


@dataclass(frozen=True, slots=True)
class Letter:
    """A push as it came."""

    body: bytes
    ttl: int
    topic: str | None
    urgency: str | None


@dataclass(slots=True)
class Box:
    """One subscription: whose it is, the VAPID key that it is bound to, and what waits. `closed`: 410."""

    token: str
    owner: str
    key: str | None
    closed: bool = False
    waiting: dict[str, Letter] = field(default_factory=dict)
    _sent: set[str] = field(default_factory=set)

    def put(self, letter: Letter) -> None:
        """RFC 8030 §5.4: an undelivered letter of the same Topic is replaced."""
        replaced = [version for version, one in self.waiting.items() if letter.topic and one.topic == letter.topic]
        for version in replaced:
            del self.waiting[version]
        self.waiting[secrets.token_hex(8)] = letter

    def unsent(self) -> Iterator[tuple[str, Letter]]:
        """What was not handed over on this connection, once each."""
        for version, letter in tuple(self.waiting.items()):
            if version not in self._sent:
                self._sent.add(version)
                yield version, letter

    def leave_only_what_may_wait(self) -> None:
        """Nobody is here: TTL 0 means now or never (RFC 8030 §5.2). A new connection is handed everything again."""
        self._sent.clear()
        self.waiting = {version: letter for version, letter in self.waiting.items() if letter.ttl > 0}


class Mailbox:
    """All boxes of one service; `posts` are the answers it gave, `letters` what it took."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.boxes: dict[str, Box] = {}
        self.posts: list[int] = []
        self.letters: list[Letter] = []
        self._vapid = VapidCheck()

    def open(self, owner: str, key: str | None) -> Box:
        """A new subscription."""
        box = Box(secrets.token_urlsafe(24), owner, key)
        self.boxes[box.token] = box
        return box

    def close(self, token: str) -> None:
        """They unsubscribed: whatever comes from now on is told so."""
        if token in self.boxes:
            self.boxes[token].closed = True

    async def post(self, request: Request, token: str) -> tuple[Response, Box | None]:
        """Judge a POST; the box is the one that something was put into."""
        body = await request.body()
        refusal = self._refusal(request, self.boxes.get(token), body)
        self.posts.append(refusal.status_code if refusal else 201)
        if refusal is not None:
            return refusal, None
        box = self.boxes[token]
        headers = request.headers
        letter = Letter(body, int(headers["ttl"]), headers.get("topic"), headers.get("urgency"))
        self.letters.append(letter)
        box.put(letter)
        return Response("", 201, {"Location": f"{self.origin}/m/{token}", "TTL": headers["ttl"]}), box

    def _refusal(self, request: Request, box: Box | None, body: bytes) -> Response | None:
        headers = request.headers
        if box is None:
            return Response("no such subscription", 404)
        if not headers.get("ttl", "").isdecimal():
            return Response("TTL is missing (RFC 8030 §5.2)", 400)
        if headers.get("content-encoding") != "aes128gcm":
            return Response("Content-Encoding is not aes128gcm (RFC 8291)", 400)
        if "topic" in headers and not _TOPIC.fullmatch(headers["topic"]):
            return Response("Topic is not 1 to 32 characters of base64url (RFC 8030 §5.4)", 400)
        try:
            self._vapid.check(headers.get("authorization"), self.origin, box.key)
        except RefusedError as error:
            return Response(str(error), error.status)
        if box.closed:
            return Response("unsubscribed", 410)
        return Response("too large", 413) if len(body) > MOST_BYTES else None


@asynccontextmanager
async def served(app: Starlette, port: int) -> AsyncIterator[None]:
    """An application on a port of this machine for the length of a block."""
    config = Config(
        app, host=LOOPBACK, port=port, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=1
    )
    server = QuietServer(config)
    serving = asyncio.create_task(server.serve())
    try:
        async with asyncio.timeout(10):
            while not server.started:  # noqa: ASYNC110 -- uvicorn sets no event of ours
                await asyncio.sleep(0.01)
        yield
    finally:
        server.should_exit = True
        await serving
