"""The connection to Redis, and what comes out of it as bytes."""

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

TIMEOUT_S = 5.0


def connect(url: str) -> Redis:
    """A client that answers within a deadline or raises: a lost Redis ends the process, it is never waited out here."""
    return Redis.from_url(
        url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S, retry=Retry(NoBackoff(), 1), protocol=2
    )


def raw(value: bytes | str) -> bytes:
    """An answer as bytes."""
    return value if isinstance(value, bytes) else value.encode()


def text(value: bytes | str) -> str:
    """An answer as text."""
    return value if isinstance(value, str) else value.decode()
