"""The one planner of a world: `orders` and `calls` into plans and jobs, `outcomes` into complete plans.

A lost Redis is rebuilt from the topics before anything is planned.
"""

import asyncio

from aiokafka.structs import ConsumerRecord

from notifier.latecomers import follow_latecomers
from notifier.ledger import Ledger
from notifier.parked import park
from notifier.planning import Planning
from notifier.polling import batches
from notifier.pulse import beat
from notifier.rebuild import rebuild
from notifier.settings import NotifierSettings
from notifier.store import connect
from notifier.tally import tally
from schemas.codec import Codec, Unreadable, WrongWorld
from schemas.kafka import Publisher, Where, group_consumer
from schemas.process.clock import now_utc
from schemas.process.health import Health
from schemas.records.base import World
from schemas.records.decided import Call, Order

AT_ONCE = 10
"""Few: an order that comes meanwhile waits for no more than these."""

MEMBER = "planner"
"""One name for every planner of a world: a restarted one takes the place at once, and of two the group serves one."""


async def body(settings: NotifierSettings, health: Health) -> None:
    """Plan one world until cancelled."""
    where, world = Where.of(settings), settings.world
    redis, publisher = connect(settings.redis_url), Publisher(where)
    await publisher.start()
    health.checks |= {"redis": redis.ping, "kafka": publisher.answers}
    ledger = Ledger(redis, where.namespace, world)
    planning = Planning(redis, where.namespace, ledger, publisher)
    try:
        if not await ledger.is_complete():
            await rebuild(where, world, group_of(world), ledger)
            await ledger.mark_complete(now_utc())
        await planning.load()
        await planning.resume()
        async with asyncio.TaskGroup() as group:
            group.create_task(follow_orders(where, world, ledger, planning, publisher))
            group.create_task(beat("plan", world, settings, health, publisher))
            group.create_task(tally(where, world, ledger, planning, publisher))
            group.create_task(follow_latecomers(redis, where.namespace, planning))
    finally:
        await publisher.stop()
        await redis.aclose()


def group_of(world: World) -> str:
    """The consumer group whose offsets say what was planned."""
    return f"plan-{world}"


async def follow_orders(where: Where, world: World, ledger: Ledger, planning: Planning, publisher: Publisher) -> None:
    """Plan each record, and commit only then."""
    readers = Readers(where, world, planning, publisher)
    consumer = group_consumer(where, group_of(world), MEMBER, readers.orders, readers.calls, max_records=AT_ONCE)
    await consumer.start()
    try:
        async for fetched in batches(consumer):
            if not fetched:
                continue
            await ledger.check()
            messages = (message for messages in fetched.values() for message in messages)
            for message in sorted(messages, key=readers.is_call):
                await readers.handle(message)
            await ledger.check()  # emptied meanwhile: nothing is committed, all of it comes again
            await consumer.commit()
    finally:
        await consumer.stop()


class Readers:
    """Messages of both topics to what they are for."""

    def __init__(self, where: Where, world: World, planning: Planning, publisher: Publisher) -> None:
        self.orders, self.calls = where.name("orders", world), where.name("calls", world)
        self._world, self._planning, self._publisher = world, planning, publisher
        self._order_codec, self._call_codec = Codec(Order, world), Codec(Call, world)

    def is_call(self, message: ConsumerRecord) -> bool:
        """Residents' orders go before officers' calls; within each topic the order stays."""
        return bool(message.topic == self.calls)

    async def handle(self, message: ConsumerRecord) -> None:
        """Plan it, or park what can never be read."""
        try:
            record = self._read(message)
        except (Unreadable, WrongWorld) as error:
            await park(self._publisher, message, self._world, error)
            return
        if isinstance(record, Order):
            await self._planning.order(record)
        else:
            await self._planning.call(record)

    def _read(self, message: ConsumerRecord) -> Order | Call:
        if message.topic == self.orders:
            return self._order_codec.decode(message.value)
        return self._call_codec.decode(message.value)
