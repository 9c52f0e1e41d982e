"""The connection to a real Redis: whoever is told to stop while speaking with it stops, and whoever comes waits."""

import asyncio

import pytest
from redis.asyncio import Redis

from notifier.store import CONNECTIONS, connect


@pytest.mark.kafka
@pytest.mark.parametrize("turns", range(20))
async def test_a_cancellation_is_heeded_at_any_moment(redis_url: str, turns: int) -> None:
    """Also between two steps of the event loop in which a command is sent; a role that goes on would never end."""
    redis = connect(redis_url)
    try:
        asking = asyncio.create_task(_ask_for_ever(redis))
        for _ in range(turns):
            await asyncio.sleep(0)
        asking.cancel()
        await asyncio.wait([asking], timeout=10)
        assert asking.cancelled()
        assert await redis.ping()
    finally:
        await redis.aclose()


@pytest.mark.kafka
async def test_more_commands_at_once_than_connections_wait(redis_url: str) -> None:
    """None is refused: a planner asks about every order in force at its start, however many there are."""
    redis = connect(redis_url)
    try:
        answers = await asyncio.gather(*(redis.ping() for _ in range(20 * CONNECTIONS)))
        assert all(answers)
    finally:
        await redis.aclose()


async def _ask_for_ever(redis: Redis) -> None:
    while True:
        await redis.get("anything")
