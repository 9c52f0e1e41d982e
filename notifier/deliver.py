"""Role `deliver`: jobs to devices. One process a core; urgent jobs, ordinary jobs and retries have a consumer each."""

import asyncio
import gc
import random
import time

from aiokafka.structs import ConsumerRecord
from redis.asyncio import Redis

from notifier.delivery.hearing import Clock
from notifier.delivery.intake import Handle, Intake
from notifier.delivery.known import Known
from notifier.delivery.letters import Links
from notifier.delivery.office import Office
from notifier.delivery.remembered import Remembered
from notifier.delivery.work import Worker
from notifier.delivery.wrapping import Heads
from notifier.parked import park
from notifier.pulse import beat
from notifier.recipients import opener_of
from notifier.settings import NotifierSettings
from notifier.store import connect
from notifier.subscriptions.seal import Sealer, sealing_key
from notifier.webpush.choose import transport_of
from notifier.webpush.keys import tokens_of
from notifier.webpush.transport import Transport
from schemas.codec import Codec
from schemas.kafka import Publisher, Where, group_consumer
from schemas.process.clock import now_utc
from schemas.process.health import Health
from schemas.process.log import get_logger
from schemas.records.delivered import DeliveryJob

RARELY = (50_000, 20, 50)
"""Recipients and requests form no cycles, and there are tens of thousands of them: looking through all is in vain."""


async def body(settings: NotifierSettings, health: Health) -> None:
    """Deliver until cancelled. A fault of Kafka or Redis ends the process; jobs that were under way are repeated."""
    gc.set_threshold(*RARELY)
    where, redis = Where.of(settings), connect(settings.redis_url)
    publisher, transport = Publisher(where), transport_of(settings)
    await publisher.start()
    try:
        worker = _worker(settings, redis, publisher, transport)
        intakes = {
            name: _intake(settings, publisher, name, worker.urgent if name == "jobs-urgent" else worker.ordinary)
            for name in settings.listed("deliver_topics")
        }
        health.checks["kafka"] = publisher.answers
        _check(health, redis, intakes)
        get_logger().info("delivering", world=settings.world, instance=settings.instance)
        async with asyncio.TaskGroup() as group:
            group.create_task(beat("deliver", settings.world, settings, health, publisher))
            group.create_task(worker.office.run())
            for intake in intakes.values():
                group.create_task(intake.run())
    finally:
        await transport.close()
        await publisher.stop()
        await redis.aclose()


def _worker(settings: NotifierSettings, redis: Redis, publisher: Publisher, transport: Transport) -> Worker:
    ring = tokens_of(settings.vapid_key, settings.listed("vapid_keys_old"), settings.vapid_subject)
    opener = opener_of(settings.sealing_key, settings.listed("sealing_keys_old"))
    clock = Clock(now_utc, time.monotonic, random.SystemRandom().random)
    known = Known(redis, opener, settings.namespace, settings.world, clock.steady)
    remembered = Remembered(redis, settings.namespace, settings.world)
    office = Office(settings.world, known, remembered, transport, Heads(ring), clock)
    links = Links(settings.public_url or settings.console_url, settings.console_url)
    receipt_key = Sealer((sealing_key(settings.sealing_key),)).receipt_key
    return Worker(office, known, remembered, publisher, frozenset(ring), links, receipt_key, now_utc)


def _intake(settings: NotifierSettings, publisher: Publisher, topic: str, handle: Handle) -> Intake:
    where = Where.of(settings)
    consumer = group_consumer(where, f"deliver-{settings.world}-{topic}", settings.instance)

    async def set_aside(message: ConsumerRecord, error: Exception) -> None:
        await park(publisher, message, settings.world, error)

    codec = Codec(DeliveryJob, settings.world)
    return Intake(consumer, where.name(topic, settings.world), codec, handle, set_aside, now_utc)


def _check(health: Health, redis: Redis, intakes: dict[str, Intake]) -> None:
    async def redis_answers() -> bool:
        return bool(await redis.ping())

    health.checks["redis"] = redis_answers
    for topic, intake in intakes.items():
        health.checks[topic] = intake.joined
