"""The local Redis is a real one, keeps nothing on disk, and gives way to one that runs elsewhere."""

from pathlib import Path

import pytest
import redis.asyncio

from local.ports import accepts
from local.redis import redis_node, running_redis

pytestmark = pytest.mark.kafka


async def test_it_answers_and_keeps_nothing_on_disk(tmp_path: Path) -> None:
    """What it holds can be rebuilt from topics: no file may bring back an old index."""
    async with running_redis(tmp_path / "data") as url, redis.asyncio.from_url(url) as client:
        await client.set("page", b"1")
        assert await client.get("page") == b"1"
        port = int(client.connection_pool.connection_kwargs["port"])
    assert not await accepts(port)
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["redis.log"]


async def test_a_running_redis_elsewhere_is_used_and_nothing_is_started(tmp_path: Path) -> None:
    """With SONAE_REDIS_URL set, no folder is touched and no process begins."""
    node = redis_node(tmp_path, external="redis://redis.example:6379/3")
    assert (node.url, node.child) == ("redis://redis.example:6379/3", None)
    assert list(tmp_path.iterdir()) == []
