"""What integration tests share."""

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from notifier.store import connect
from tests import servers


def pytest_configure(config: pytest.Config) -> None:
    """They run on real servers."""
    servers.register(config)


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    """A client of the session's Redis: put `namespace` before your keys."""
    client = connect(redis_url)
    yield client
    await client.aclose()
