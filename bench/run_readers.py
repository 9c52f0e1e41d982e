"""Many readers in one process: `python -m bench.run_readers PORT READERS EVENTS STOPPED`, tokens `token-0`, `token-1` …

Says `ready` once all are connected, then waits for the events whose ids carry when they were sent, and prints the
delays in ms as JSON. The last STOPPED readers never read.
"""

import asyncio
import functools
import json
import re
import sys
import time
from dataclasses import dataclass, field

from local.ports import LOOPBACK

AT_ONCE, LIMIT_S = 50, 120.0
SENT = re.compile(rb'"id":"b(\d+)-(\d+)"')
LONGEST_ID = 64


@dataclass(slots=True)
class Delays:
    """What all readers saw: ms from sending to reading, and how many are still to come."""

    left: int
    ms: list[float] = field(default_factory=list)
    done: asyncio.Event = field(default_factory=asyncio.Event)

    def came(self, sent_ns: int, now_ns: int) -> None:
        """One event at one reader."""
        self.ms.append((now_ns - sent_ns) / 1e6)
        self.left -= 1
        if not self.left:
            self.done.set()


class Reader(asyncio.Protocol):
    """One connection, as cheap as it can be: only the ids of events are looked for."""

    def __init__(self, token: str, delays: Delays | None) -> None:
        self._token, self._delays = token, delays
        self._rest, self._last = b"", -1
        self.following = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the stream."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(f"GET /events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self._token}\r\n\r\n".encode())

    def data_received(self, data: bytes) -> None:
        """Look for events; an id may lie across two reads."""
        now = time.monotonic_ns()
        if not self.following.done():
            self.following.set_result(None)
            if self._delays is None:
                self._transport.pause_reading()
        text = self._rest + data
        for found in SENT.finditer(text):
            if self._delays is not None and int(found[1]) > self._last:
                self._last = int(found[1])
                self._delays.came(int(found[2]), now)
        self._rest = text[-LONGEST_ID:]

    def connection_lost(self, exc: Exception | None) -> None:
        """A line that ends shows as events that never came."""


def _same(reader: Reader) -> Reader:
    return reader


async def read(port: int, readers: int, events: int, stopped: int) -> None:
    """Connect all, say so, and wait."""
    loop, delays = asyncio.get_running_loop(), Delays((readers - stopped) * events)
    for first in range(0, readers, AT_ONCE):
        numbers = range(first, min(first + AT_ONCE, readers))
        kept = [Reader(f"token-{n}", delays if n < readers - stopped else None) for n in numbers]
        await asyncio.gather(*[loop.create_connection(functools.partial(_same, one), LOOPBACK, port) for one in kept])
        await asyncio.gather(*[one.following for one in kept])
    print("ready", flush=True)
    try:
        async with asyncio.timeout(LIMIT_S):
            await delays.done.wait()
    except TimeoutError:
        print(f"{delays.left} events never came", file=sys.stderr)
    print(json.dumps({"ms": sorted(delays.ms), "missing": delays.left}), flush=True)


if __name__ == "__main__":
    asyncio.run(read(*(int(word) for word in sys.argv[1:5])))
