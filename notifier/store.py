"""The connection to Redis, and what comes out of it as bytes."""

import asyncio
from collections.abc import Iterable

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

TIMEOUT_S = 5.0
CONNECTIONS, WAIT_S = 50, 4 * TIMEOUT_S
"""Of one process. More commands than that at a time wait for each other: a pool that refuses them instead ends a
planner that looks at a hundred orders in force."""


class Heeding(AbstractConnection):
    """A connection that no cancellation is lost in: the client sends inside of `asyncio.wait_for`, and in Python 3.11
    that returns, instead of raising, when what it waits for ends in the moment of the cancellation (cpython 86296)."""

    async def send_packed_command(self, command: bytes | str | Iterable[bytes], check_health: bool = True) -> None:
        """Sent; or the task was cancelled meanwhile, and as nobody will read the answer the connection ends, too."""
        task = asyncio.current_task()
        before = task.cancelling() if task else 0
        await super().send_packed_command(command, check_health)
        if task and task.cancelling() > before:
            await self.disconnect(nowait=True)
            raise asyncio.CancelledError


def connect(url: str, repeats: int = 1) -> Redis:
    """A client that answers within a deadline or raises: a lost Redis ends the process, it is never waited out here.

    A command is repeated so often when its connection was lost.
    """
    pool = BlockingConnectionPool.from_url(
        url, max_connections=CONNECTIONS, timeout=WAIT_S,
        socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S, retry=Retry(NoBackoff(), repeats), protocol=2,
    )  # fmt: skip
    pool.connection_class = type("HeedingConnection", (Heeding, pool.connection_class), {})
    return Redis.from_pool(pool)


def raw(value: bytes | str) -> bytes:
    """An answer as bytes."""
    return value if isinstance(value, bytes) else value.encode()


def text(value: bytes | str) -> str:
    """An answer as text."""
    return value if isinstance(value, str) else value.decode()
