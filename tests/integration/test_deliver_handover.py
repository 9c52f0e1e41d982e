"""Partitions move, or Redis is lost, while a job waits for the index or for an answer: nobody is told twice."""

import contextlib
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path

import pytest
from redis.exceptions import RedisError

from local.ports import LOOPBACK
from local.processes import Supervisor
from local.redis import redis_node
from notifier import deliver
from notifier.delivery.known import AWAY_S, Known, StaleError
from notifier.pages import pointer
from notifier.store import connect
from schemas.records.base import World
from schemas.records.decided import Order
from schemas.records.delivered import End
from tests.integration.delivery_rig import Line, fresh_order, line
from tests.integration.index_rig import OPENER
from tests.integration.notifier_rig import role, until

pytestmark = pytest.mark.kafka
ORDERS = 6


@contextlib.asynccontextmanager
async def working(made: Line, instance: str) -> AsyncIterator[None]:
    """One more worker in this process, whose group has told it its partitions."""
    settings = made.settings.model_copy(update={"instance": instance})
    async with role(deliver, settings) as health:

        async def ready() -> bool:
            answers = await health.ready()
            return bool(answers) and all(answers.values())

        await until(ready, "the worker is ready")
        yield


async def test_who_waits_for_the_index_is_told_once_though_the_partition_moves(
    kafka: str, redis_url: str, namespace: str
) -> None:
    """The index is lost; a worker waits with the jobs; another joins; the index is back."""
    async with line(kafka, redis_url, namespace) as made:
        phones = await made.subscribe(20)
        index = await made.redis.getdel(pointer(namespace))
        assert index is not None
        orders = [fresh_order() for _ in range(ORDERS)]
        async with working(made, "0"):
            await _asked_about(made, orders, phones)
            async with working(made, "1"):
                await made.redis.set(pointer(namespace), index)
                await _told_once(made, orders, phones)


async def test_a_lost_redis_repeats_nobody_who_was_told_while_another_keeps_us_waiting(
    kafka: str, namespace: str, tmp_path: Path
) -> None:
    """One device does not answer; the others were told. Redis comes back empty, as if it had never known of them."""
    node = redis_node(tmp_path / "redis")
    assert node.child
    async with Supervisor(tmp_path / "logs") as supervisor:
        await supervisor.start(node.child)
        async with line(kafka, node.url, namespace) as made, working(made, "0"):
            phones = await made.subscribe(20)
            made.service.held |= {phones[-1]}
            order = fresh_order()
            await made.send(order, phones)
            await until(lambda: _reached(made, len(phones)), "all are told or keep us waiting")
            await supervisor.back("redis", supervisor.kill("redis"))
            made.service.gate.set()
            await _told_once(made, [order], phones)


async def test_a_redis_that_stays_away_ends_the_worker(free_port: Callable[[], int]) -> None:
    """Until AWAY_S nobody may leave on what was known; then its supervisor starts the worker again."""
    moment = [100.0]
    redis = connect(f"redis://{LOOPBACK}:{free_port()}/0")
    known = Known(redis, OPENER, "nobody-", World.ACTUAL, lambda: moment[0])
    for after_s in (0.0, AWAY_S / 2, AWAY_S):
        moment[0] = 100.0 + after_s
        await known.refresh(["an order"])
        with pytest.raises(StaleError):
            known.latest("an order")
    moment[0] = 100.1 + AWAY_S
    with pytest.raises(RedisError):
        await known.patiently(partial(known.ask, "an order"))
    await redis.aclose()


async def _asked_about(made: Line, orders: list[Order], phones: list[str]) -> None:
    """Send them; return once a worker has begun to ask Redis about each."""
    async with made.redis.monitor() as monitor:
        jobs = {(await made.send(order, phones)).id for order in orders}
        while jobs:
            asked = (await monitor.next_command())["command"]
            jobs -= {job for job in jobs if job in asked}


async def _told_once(made: Line, orders: list[Order], phones: list[str]) -> None:
    for order in orders:
        ends = await made.ends(order, len(phones))
        assert {end.end for end in ends.values()} == {End.ACCEPTED}
    screens = [made.device(phone).browser for phone in phones]
    assert {(screen.rang, screen.repeats) for screen in screens} == {(len(orders), 0)}


async def _reached(made: Line, count: int) -> bool:
    told = made.service.devices.counts()["answers"].get("201", 0)
    return bool(told + made.service.waiting == count)
