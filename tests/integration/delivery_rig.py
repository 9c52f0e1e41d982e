"""What tests of delivery share: a worker on real Kafka and Redis, and a virtual push service in this very process."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import uvicorn
from redis.asyncio import Redis
from starlette.requests import Request
from starlette.responses import Response

from local.devices import Behaviour, Device
from local.ports import LOOPBACK, accepts, free_port
from local.pushservice import PushService
from notifier import deliver
from notifier.entries import Entry
from notifier.newest import Newest, fields_of, newest_key
from notifier.plan import key_of
from notifier.settings import NotifierSettings
from notifier.store import connect
from notifier.webpush.keys import VapidKey, from_b64url
from schemas.kafka import Publisher, Where
from schemas.process.clock import now_utc
from schemas.process.health import QuietServer
from schemas.records.base import Origin, Trace, World
from schemas.records.decided import Order
from schemas.records.delivered import DeliveryJob, End, RecipientEnd
from tests.deliveries import a_job, an_entry, an_order
from tests.integration.index_rig import index_entries
from tests.integration.notifier_rig import create_topics, records, role, settings_for, until

TOPICS = ("jobs", "jobs-urgent", "jobs-retry", "outcomes", "dead-letters")
PLACE, BUCKET = "14205", 3


class Service(PushService):
    """A push service that takes messages for the devices in `held` as for all, and answers them once its gate opens."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.gate, self.held, self.waiting = asyncio.Event(), set[str](), 0

    async def push(self, request: Request) -> Response:
        """As every push service, in the end."""
        if request.path_params["device"] in self.held:
            self.waiting += 1
            await self.gate.wait()
        return await super().push(request)


@contextlib.asynccontextmanager
async def push_service() -> AsyncIterator[Service]:
    """A virtual push service for the length of the block."""
    port = free_port()
    service = Service(f"http://{LOOPBACK}:{port}")
    config = uvicorn.Config(
        service.application(), host=LOOPBACK, port=port, log_level="error", timeout_graceful_shutdown=1
    )
    server = QuietServer(config)
    serving = asyncio.create_task(server.serve())
    await until(lambda: accepts(port), "the push service listens")
    try:
        yield service
    finally:
        server.should_exit = True
        await serving


@dataclass(frozen=True, slots=True)
class Line:
    """Kafka, Redis and a push service, with names of this test's own."""

    where: Where
    settings: NotifierSettings
    redis: Redis
    publisher: Publisher
    service: Service

    @property
    def key(self) -> VapidKey:
        """Ours."""
        return VapidKey.of(self.settings.vapid_key)

    async def subscribe(
        self, count: int, lang: str = "ja", drills: bool = False, service: Service | None = None, **behaviour: Any
    ) -> list[str]:
        """Devices in the index; the ids of their subscribers, which are the devices' ids."""
        at = service or self.service
        made = at.devices.make(
            count, self.key.public_text, lang, Behaviour(**behaviour), f"{at.address}/push/{{}}".format
        )
        entries = [_entry(one["id"], one["subscription"], self.key.key_id, lang, drills) for one in made]
        await self.index(entries)
        return [entry.subscriber for entry in entries]

    async def index(self, entries: Sequence[Entry]) -> None:
        """Put entries into the page of PLACE and BUCKET of a complete index."""
        await index_entries(self.redis, self.settings.namespace, entries)

    async def newest(self, order: Order, revision: int | None = None, halted: bool = False) -> None:
        """What the planner says is newest."""
        newest = Newest(revision or order.revision, halted, order.deliver_until)
        key = newest_key(self.settings.namespace, order.world, order.id)
        for name, value in fields_of(newest).items():
            await self.redis.hset(key, name, str(value))

    async def send(
        self, order: Order, recipients: Sequence[str], topic: str = "jobs-urgent", **changed: Any
    ) -> DeliveryJob:
        """Hand a job to the workers."""
        usual = {"id": uuid.uuid4().hex, "bucket": BUCKET, "municipality": PLACE}
        job = a_job(order, tuple(recipients), **(usual | changed))
        await self.publisher.send(topic, key_of(job), job)
        return job

    async def ends(self, order: Order, count: int) -> dict[str, RecipientEnd]:
        """The first end of each recipient, once there are so many."""

        async def all_there() -> dict[str, RecipientEnd] | None:
            found: dict[str, RecipientEnd] = {}
            for outcome in await records(self.where, "outcomes", order.world):
                if (outcome.order_id, outcome.revision) == (order.id, order.revision):
                    found = {end.subscriber: end for end in outcome.ends} | found
            return found if len(found) >= count else None

        found: dict[str, RecipientEnd] = await until(all_there, f"{count} recipients have an end")
        return found

    def device(self, subscriber: str) -> Device:
        """The device of a subscriber."""
        return self.service.devices.by_id[subscriber]


@contextlib.asynccontextmanager
async def line(kafka: str, redis_url: str, namespace: str, **more: Any) -> AsyncIterator[Line]:
    """Everything but a worker."""
    more = {"push_connections": 128} | more  # the virtual push service speaks HTTP/1.1: one request a connection
    settings = settings_for(kafka, redis_url, namespace, **more)
    where = Where.of(settings)
    await asyncio.to_thread(create_topics, where, TOPICS)
    redis, publisher = connect(redis_url), Publisher(where)
    await publisher.start()
    try:
        async with push_service() as service:
            yield Line(where, settings, redis, publisher, service)
    finally:
        await publisher.stop()
        await redis.aclose()


@contextlib.asynccontextmanager
async def working_line(kafka: str, redis_url: str, namespace: str, **more: Any) -> AsyncIterator[Line]:
    """The same with a worker in this process, whose group has its partitions."""
    async with line(kafka, redis_url, namespace, **more) as made, role(deliver, made.settings) as health:

        async def ready() -> bool:
            answers = await health.ready()
            return bool(answers) and all(answers.values())

        await until(ready, "the worker is ready")
        yield made


def fresh_order(world: World = World.ACTUAL, minutes: float = 10, **changed: Any) -> Order:
    """An order made now, of a replay (so that only this machine may hear of it), sent for some minutes."""
    now = now_utc()
    made = {"id": uuid.uuid4().hex, "world": world, "origin": Origin.REPLAY, "made_at": now, "issued_at": now}
    until_then = now + timedelta(minutes=minutes)
    return an_order(**(made | {"deliver_until": until_then, "trace": Trace(uuid.uuid4().hex, now)} | changed))


def revised(order: Order, **changed: Any) -> Order:
    """The next revision."""
    return replace(order, revision=order.revision + 1, **changed)


def counted(ends: dict[str, RecipientEnd], subscribers: Sequence[str]) -> set[End]:
    """The ends of these subscribers."""
    return {ends[subscriber].end for subscriber in subscribers}


def _entry(subscriber: str, subscription: dict[str, Any], key_id: str, lang: str, drills: bool) -> Entry:
    keys = subscription["keys"]
    p256dh, auth = from_b64url(keys["p256dh"]), from_b64url(keys["auth"])
    return an_entry(subscriber, subscription["endpoint"], p256dh, auth, key_id, lang, drills)


async def endpoint_elsewhere(made: Line) -> str:
    """A subscriber at a push service that is not this machine; its name can never resolve (RFC 6761)."""
    (one,) = made.service.devices.make(1, None, "", Behaviour(), "https://push.invalid/send/{}".format)
    await made.index([_entry(one["id"], one["subscription"], made.key.key_id, "ja", drills=True)])
    return str(one["id"])
