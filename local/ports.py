"""Ports of this machine that a child may listen on, and whether it does yet."""

import asyncio
import contextlib
import socket
from random import SystemRandom
from urllib.parse import urlsplit

LOOPBACK = "127.0.0.1"

# Below the range from which Linux picks the source ports of outgoing connections: a port that a
# killed child leaves for a second must not be taken by somebody's client meanwhile.
_LOWEST, _HIGHEST = 12_000, 32_000


def free_port() -> int:
    """A port of the loopback address that nobody listens on."""
    for port in SystemRandom().sample(range(_LOWEST, _HIGHEST), 200):
        with contextlib.closing(socket.socket()) as probe, contextlib.suppress(OSError):
            probe.bind((LOOPBACK, port))
            return port
    raise OSError(f"200 ports between {_LOWEST} and {_HIGHEST} are taken; end what holds them")


async def accepts(port: int, host: str = LOOPBACK) -> bool:
    """True when something accepts connections there now."""
    try:
        _, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    await _close(writer)
    return True


async def answers(url: str) -> bool:
    """True when an HTTP GET of this address (plain http) is answered with 200 now."""
    parts = urlsplit(url)
    try:
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port or 80)
    except OSError:
        return False
    try:
        writer.write(f"GET {parts.path or '/'} HTTP/1.0\r\nHost: {parts.netloc}\r\n\r\n".encode())
        status = await reader.readline()
    except OSError:
        return False
    finally:
        await _close(writer)
    return b" 200 " in status


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
