"""What integration tests share beyond the servers."""

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from notifier.store import connect


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    """A client of the session's Redis: put `namespace` before your keys."""
    client = connect(redis_url)
    yield client
    await client.aclose()
