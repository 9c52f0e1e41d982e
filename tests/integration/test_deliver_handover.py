"""Partitions move, or Redis is lost, while a job waits for the index or for an answer: nobody is told twice."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest
from redis.exceptions import RedisError

from local.ports import LOOPBACK
from local.processes import Supervisor
from local.redis import redis_node
from notifier import deliver
from notifier.delivery.intake import Handle, Intake
from notifier.delivery.known import AWAY_S, Known, StaleError
from notifier.guard import Latest
from notifier.newest import Newest, fields_of, newest_key
from notifier.pages import pointer
from notifier.plan import key_of
from notifier.store import connect
from schemas.codec import Codec
from schemas.kafka import Publisher, Where, group_consumer
from schemas.process.clock import now_utc
from schemas.records.base import World
from schemas.records.decided import Order
from schemas.records.delivered import DeliveryJob, End
from tests.deliveries import a_job
from tests.integration.delivery_rig import Line, fresh_order, line
from tests.integration.index_rig import OPENER
from tests.integration.notifier_rig import create_topics, role, until

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


async def test_who_waits_for_a_place_is_handed_on_before_the_partition_moves(kafka: str, namespace: str) -> None:
    """All of the first worker's jobs are over when the second one begins: it gets none of them."""
    where, begun, others = Where(kafka, namespace), list[_Slow](), list[DeliveryJob]()

    async def slowly(_job: DeliveryJob, _again: bool) -> _Slow:
        begun.append(_Slow())
        return begun[-1]

    async def elsewhere(job: DeliveryJob, _again: bool) -> _Slow:
        others.append(job)
        return _Slow()

    await asyncio.to_thread(create_topics, where, ("jobs",))
    await _send_jobs(where)
    async with _intake(where, "0", slowly):
        await until(lambda: _as_many(begun, ORDERS), "all jobs wait for places")
        async with _intake(where, "1", elsewhere) as second:
            await until(second.joined, "the second worker has its partitions")
            assert [slow.handed_on for slow in begun] == [1] * ORDERS
    assert others == []


async def test_what_an_emptied_redis_forgot_stands(redis_url: str, namespace: str) -> None:
    """A newer revision that was known stays newer until the planner has written again."""
    order, redis = fresh_order(), connect(redis_url)
    known = Known(redis, OPENER, namespace, order.world, time.monotonic)
    key = newest_key(namespace, order.world, order.id)
    assert await known.ask(order.id) is None
    await redis.hset(key, mapping=fields_of(Newest(2, False, order.deliver_until)))
    before = await known.ask(order.id)
    assert before == Latest(2, False, order.deliver_until)
    await redis.delete(key)
    await known.refresh([order.id])
    assert known.latest(order.id) == before
    await redis.hset(key, mapping=fields_of(Newest(3, True, order.deliver_until)))
    assert await known.ask(order.id) == Latest(3, True, order.deliver_until)
    await redis.aclose()


async def _send_jobs(where: Where) -> None:
    publisher = Publisher(where)
    await publisher.start()
    for number in range(ORDERS):
        job = a_job(fresh_order(), ("somebody",), id=f"{number:032}", bucket=number)
        await publisher.send("jobs", key_of(job), job)
    await publisher.stop()


@dataclass(slots=True)
class _Slow:
    """A job whose recipients get no place until they are handed on."""

    handed_on: int = 0
    done: asyncio.Event = field(default_factory=asyncio.Event)

    async def placed(self) -> None:
        await self.done.wait()

    async def over(self) -> None:
        """Nobody was sent to."""

    def hand_on(self) -> None:
        self.handed_on += 1
        self.done.set()


@contextlib.asynccontextmanager
async def _intake(where: Where, instance: str, handle: Handle) -> AsyncIterator[Intake]:
    async def never(message: object, error: Exception) -> None:
        raise AssertionError(f"{message}: {error}")

    consumer = group_consumer(where, "handover", instance)
    intake = Intake(
        consumer, where.name("jobs", World.ACTUAL), Codec(DeliveryJob, World.ACTUAL), handle, never, now_utc
    )
    running = asyncio.create_task(intake.run())
    try:
        yield intake
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


async def _as_many(begun: list[_Slow], count: int) -> bool:
    return len(begun) == count


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
