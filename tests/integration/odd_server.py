"""An HTTP server that misbehaves byte by byte: what a test wrote down is what goes over the wire."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

Writer = Callable[[asyncio.StreamWriter], Awaitable[None]]
Answers = dict[str, list[bytes | Writer]]


@dataclass(slots=True)
class OddServer:
    """Answers by path, in turn (the last one stays); `asked` are the requests' heads by path."""

    answers: Answers
    asked: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    at_once: int = 0
    most_at_once: int = 0
    port: int = 0

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one request."""
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            path = head.split(" ")[1]
            self.asked[path].append(head)
            await self._answer(path, writer)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            return  # the client has gone, or the test is over
        finally:
            self.at_once -= 1
            writer.close()

    async def _answer(self, path: str, writer: asyncio.StreamWriter) -> None:
        ways = self.answers.get(path) or [reply(b"", "404 Not Found")]
        way = ways[min(len(self.asked[path]), len(ways)) - 1]
        if isinstance(way, bytes):
            writer.write(way)
            await writer.drain()
        else:
            await way(writer)


def reply(body: bytes, status: str = "200 OK", length: int | None = None, **headers: str) -> bytes:
    """A response; `length` may lie about the body."""
    lines = {"content-length": str(len(body) if length is None else length), "connection": "close"}
    lines |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body


def never() -> Writer:
    """Accepts, and says nothing."""

    async def write(_writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    return write


def dripping(body: bytes, pause_s: float) -> Writer:
    """One byte after the other: each within any read timeout, the whole never within a deadline."""

    async def write(writer: asyncio.StreamWriter) -> None:
        writer.write(reply(b"", length=len(body)))
        for byte in body:
            await asyncio.sleep(pause_s)
            writer.write(bytes([byte]))
            await writer.drain()

    return write


@contextlib.asynccontextmanager
async def odd_server(answers: Answers) -> AsyncIterator[OddServer]:
    """Listening on a port of its own for the length of the block."""
    odd = OddServer(answers)
    server = await asyncio.start_server(odd.serve, "127.0.0.1", 0)
    odd.port = server.sockets[0].getsockname()[1]
    try:
        yield odd
    finally:
        server.close()
