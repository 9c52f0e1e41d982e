"""A clock of the test's own over HTTP, as the replay server's: it passes as real time does, and jumps when told to."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

from tests.integration.odd_server import reply


@dataclass(slots=True)
class ShownClock:
    """Event time for whoever follows `address`."""

    start: datetime
    began: float = field(default_factory=time.monotonic)
    jumped: asyncio.Event = field(default_factory=asyncio.Event)
    port: int = 0

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def now(self) -> datetime:
        """What it shows."""
        return self.start + timedelta(seconds=time.monotonic() - self.began)

    def jump(self, by: timedelta) -> None:
        """On or back, and tell everybody who waits."""
        self.start += by
        self.jumped.set()
        self.jumped = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request: the time now, or (`after`, `wait`) as soon as it is later, or jumped, or the wait is over."""
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            asked = parse_qs(urlsplit(head.split(" ")[1]).query)
            if "after" in asked:
                left = (datetime.fromisoformat(asked["after"][0]) - self.now).total_seconds()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.jumped.wait(), max(0.0, min(left, float(asked["wait"][0]))))
            writer.write(reply(json.dumps({"now": self.now.isoformat()}).encode(), content_type="application/json"))
            await writer.drain()
        writer.close()


@contextlib.asynccontextmanager
async def shown_clock(start: datetime) -> AsyncIterator[ShownClock]:
    """A clock that shows `start` now."""
    clock = ShownClock(start)
    server = await asyncio.start_server(clock.serve, "127.0.0.1", 0)
    clock.port = server.sockets[0].getsockname()[1]
    try:
        yield clock
    finally:
        server.close()
