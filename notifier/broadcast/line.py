"""A feed as an HTTP response that ends with its reader: bytes made once go straight into each reader's socket.

uvicorn's response would cost each event a task's turn and a new framing per reader; here it is one write. A reader that
takes nothing is cut off: at MAX_BEHIND bytes, or after PATIENCE_S.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import datetime

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from notifier.broadcast.event import Told
from notifier.broadcast.feed import Feed
from notifier.link_test import KIND, Beat
from schemas.process.clock import now_utc

MAX_BEHIND = 1_048_576
PATIENCE_S = 30.0
_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    # The stream's end is the connection's end: a reader that was let go must notice at once.
    (b"connection", b"close"),
]


class OpenProtocol(H11Protocol):
    """uvicorn's own protocol, which shows its connection to the application as `request.state.connection`."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Hand the connection on with each request's state."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, "connection": transport}


class Socket:
    """One reader's connection, with how far it is behind; how many events it took, and the last one when."""

    def __init__(self, partner: str, connection: asyncio.Transport, chunked: bool) -> None:
        self.partner, self.connection, self.chunked = partner, connection, chunked
        self.told = 0
        self.told_at: datetime | None = None
        self._written = self._taken = 0
        self.stuck_since: float | None = None
        self.cut = asyncio.Event()

    def take(self, told: Told) -> bool:
        """Write it, unless too much is waiting already."""
        if self.connection.get_write_buffer_size() > MAX_BEHIND:
            return False
        self._write(told)
        self.told, self.told_at = self.told + 1, now_utc()
        return True

    def beat(self, alive: Told, now: float) -> None:
        """A comment; or the end, for who has taken nothing for PATIENCE_S although something waits."""
        waiting = self.connection.get_write_buffer_size()
        taken = self._written - waiting
        self.stuck_since = (self.stuck_since or now) if waiting and taken == self._taken else None
        self._taken = taken
        if self.stuck_since is not None and now - self.stuck_since > PATIENCE_S:
            self.cut.set()
        elif not self.connection.is_closing():
            self._write(alive)

    def _write(self, told: Told) -> None:
        body = told.bytes(self.chunked)
        self._written += len(body)
        self.connection.write(body)


class Sockets:
    """All open lines of this process: one timer beats for all."""

    def __init__(self) -> None:
        self._open: set[Socket] = set()

    def add(self, socket: Socket) -> None:
        """It gets heartbeats from now on."""
        self._open.add(socket)

    def discard(self, socket: Socket) -> None:
        """No more."""
        self._open.discard(socket)

    def by_partner(self) -> dict[str, list[Socket]]:
        """The open lines of each partner that has any."""
        found: dict[str, list[Socket]] = {}
        for socket in self._open:
            found.setdefault(socket.partner, []).append(socket)
        return found

    def count(self, partner: str) -> int:
        """How many lines a partner has open."""
        return sum(socket.partner == partner for socket in self._open)

    async def beat(self, every_s: float) -> None:
        """A comment with the real time: the line is alive, whatever the rivers do. Until cancelled."""
        while True:
            await asyncio.sleep(every_s)
            alive = Told("", f": alive {now_utc().isoformat(timespec='seconds')}\n\n")
            now = asyncio.get_running_loop().time()
            for socket in tuple(self._open):
                socket.beat(alive, now)

    async def tell_beats(self, beats: AsyncIterator[Beat]) -> None:
        """Every line hears of every beat, without an id: what a reader missed is another matter. Until cancelled."""
        async for beat in beats:
            told, now = Told("", f"event: {KIND}\ndata: {beat.data}\n\n"), asyncio.get_running_loop().time()
            for socket in tuple(self._open):
                socket.beat(told, now)


class Line(Response):
    """The response. It returns when the reader has gone, or was let go."""

    def __init__(self, feed: Feed, sockets: Sockets, partner: str) -> None:
        super().__init__()
        self._feed, self._sockets, self._partner = feed, sockets, partner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Until the first of: it is lost, it is cut off, it hangs up."""
        socket = Socket(self._partner, scope["state"]["connection"], scope["http_version"] != "1.0")
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        self._sockets.add(socket)
        ends = [asyncio.create_task(work) for work in (self._tell(socket, send), socket.cut.wait(), _gone(receive))]
        try:
            done, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            self._sockets.discard(socket)
            self._feed.leave()
            for task in ends:
                task.cancel()
            await asyncio.gather(*ends, return_exceptions=True)
            socket.connection.abort()  # close() would keep what it never takes
            await _gone(receive)

    async def _tell(self, socket: Socket, send: Send) -> None:
        with contextlib.suppress(TimeoutError):
            async for told in self._feed.missed():
                async with asyncio.timeout(PATIENCE_S):
                    await send({"type": "http.response.body", "body": told.bytes(chunked=False), "more_body": True})
            self._feed.reader.hand_to(socket.take)
            await self._feed.reader.lost.wait()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass  # a GET's body says nothing
