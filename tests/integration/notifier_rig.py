"""What the notifier's integration tests share: topics of their own, roles that run, devices with real keys, waiting."""

import asyncio
import base64
import contextlib
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from types import ModuleType
from typing import Any

from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from notifier.settings import NotifierSettings
from schemas.admin import admin
from schemas.codec import Codec, record_types
from schemas.kafka import Where, read_to_end
from schemas.process.health import Health
from schemas.records.base import World
from schemas.topics import load_profiles, load_topics, worlds_of

KEY = base64.urlsafe_b64encode(bytes(range(1, 33))).rstrip(b"=").decode()
PATIENCE_S = 30.0


def settings_for(kafka: str, redis_url: str, namespace: str, **more: Any) -> NotifierSettings:
    """A local set-up with made-up keys."""
    known: dict[str, Any] = {"kafka_bootstrap": kafka, "redis_url": redis_url, "namespace": namespace, "local": True}
    keys = {"sealing_key": KEY, "vapid_key": KEY, "vapid_subject": "mailto:desk@example.jp"}
    return NotifierSettings(**(known | keys | more))


def create_topics(where: Where, names: Sequence[str]) -> None:
    """These rows of topics.toml, and the heartbeats', under the test's own namespace."""
    create_exactly(where, {*names, "heartbeats"})


def create_exactly(where: Where, names: Iterable[str]) -> None:
    """These rows in all worlds; returns once every partition has a leader."""
    profile = load_profiles()["local"]
    rows = [load_topics()[name] for name in names]
    new = [
        NewTopic(row.physical(where.namespace, world), profile.partitions[row.key], 1, config=row.settings(profile))
        for row in rows
        for world in worlds_of(row)
    ]
    client = admin(where)  # held until all futures are done: it answers them
    for future in client.create_topics(new).values():
        future.result(PATIENCE_S)
    deadline = time.monotonic() + PATIENCE_S
    while not all(_has_leaders(client, topic.topic) for topic in new):
        assert time.monotonic() < deadline, "topics were created, but the broker does not lead them"


@contextlib.asynccontextmanager
async def role(module: ModuleType, settings: NotifierSettings) -> AsyncIterator[Health]:
    """A role for the length of the block; if it ends by itself, its fault comes out here."""
    health = Health()
    running = asyncio.create_task(module.body(settings, health))
    try:
        yield health
    finally:
        if not running.done():
            running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


async def until(condition: Callable[[], Awaitable[Any]], what: str) -> Any:
    """The first truthy answer; AssertionError after the deadline."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE_S):
            while not (found := await condition()):  # noqa: ASYNC110 - another process sets no event of ours
                await asyncio.sleep(0.02)
            return found
    raise AssertionError(f"within {PATIENCE_S:.0f} s: {what}")


async def records(where: Where, topic: str, world: World | None) -> list[Any]:
    """Everything in a topic now; tombstones are left out."""
    codec: Codec[Any] = Codec(record_types()[load_topics()[topic].record], world)
    physical = where.name(topic, world)
    return [codec.decode(message.value) async for message in read_to_end(where, physical) if message.value is not None]


def b64url(raw: bytes) -> str:
    """Unpadded base64url."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def browser(endpoint: str) -> dict[str, Any]:
    """A PushSubscription as a browser's toJSON() gives it, with a fresh key pair."""
    point = (
        ec.generate_private_key(ec.SECP256R1()).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    )
    return {
        "endpoint": endpoint,
        "expirationTime": None,
        "keys": {"p256dh": b64url(point), "auth": b64url(os.urandom(16))},
    }


def _has_leaders(client: AdminClient, topic: str) -> bool:
    found = client.list_topics(topic, timeout=PATIENCE_S).topics[topic].partitions.values()
    return bool(found) and all(part.leader >= 0 for part in found)
