"""What tests of *watch* and *decide* on a real Kafka share: topics, workers as processes, inputs, and what came out."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from local.child import Child, Running
from schemas import signing
from schemas.admin import admin, sync_topics
from schemas.codec import Codec, record_types
from schemas.kafka import Publisher, Where, read_to_end
from schemas.process.clock import now_utc
from schemas.records.base import Origin, Trace, World, content_id
from schemas.records.observed import Bulletin, InfoType, PollOutcome, ReadingBatch
from schemas.topics import load_profiles, load_topics, topic

ACTUAL = World.ACTUAL
AT = datetime(2026, 9, 21, 3, 0, tzinfo=UTC)
COUNTING = ("-m", "tests.integration.counting_worker")
WATCH, DECIDE = ("-m", "streams", "watch"), ("-m", "streams", "decide")
ROWS = tuple(row.name for row in load_topics().values() if {"watch", "decide"} & {*row.readers, *row.writers})
TOWNS = ("14205", "14100", "14201", "14203", "14204", "14206", "14207", "14208", "14210", "14211", "14212", "14213")


@dataclass
class Line:
    """One namespace on the test's Kafka."""

    where: Where
    publisher: Publisher
    logs: Path
    signing_key: str
    verify_key: str
    workers: list[Running] = field(default_factory=list)

    async def worker(self, argv: tuple[str, ...] = COUNTING, instance: str = "0", **env: str) -> Running:
        """A worker as a process; it dies with the test."""
        settings = {
            "SONAE_KAFKA_BOOTSTRAP": self.where.bootstrap,
            "SONAE_NAMESPACE": self.where.namespace,
            "SONAE_INSTANCE": instance,
            "SONAE_VERIFY_KEY": self.verify_key,
        }
        child = Child(f"worker-{instance}", (sys.executable, *argv), env=settings | env)
        started = await Running.start(child, self.logs)
        self.workers.append(started)
        return started

    def log(self, instance: str = "0") -> str:
        """What a worker said so far."""
        return (self.logs / f"worker-{instance}.log").read_text(encoding="utf8")

    async def records(self, name: str) -> list[Any]:
        """Everything in a topic."""
        row = topic(name)
        world = None if row.once else ACTUAL
        codec: Codec[Any] = Codec(record_types()[row.record], world)
        return [codec.decode(m.value) async for m in read_to_end(self.where, self.where.name(name, world))]

    async def states(self, name: str, decode: Callable[[bytes], Any]) -> dict[str, Any]:
        """The newest state of each municipality."""
        return {record.municipality: decode(record.body) for record in await self.records(name)}

    async def until(self, name: str, enough: Callable[[list[Any]], bool], within_s: float = 30) -> list[Any]:
        """The topic's records, as soon as there are enough."""
        async with asyncio.timeout(within_s):
            while not enough(found := await self.records(name)):  # noqa: ASYNC110 - another process sets no event
                await asyncio.sleep(0.1)
        return found


@asynccontextmanager
async def line(bootstrap: str, namespace: str, logs: Path) -> AsyncIterator[Line]:
    """A namespace with all its topics."""
    where = Where(bootstrap, namespace)
    await asyncio.to_thread(sync_topics, where, load_profiles()["local"], ROWS)
    publisher = Publisher(where)
    await publisher.start()
    made = Line(where, publisher, logs, *signing.new_key_pair())
    try:
        yield made
    finally:
        await asyncio.gather(*(worker.stop() for worker in made.workers if not worker.ended), publisher.stop())
        await asyncio.to_thread(_erase, where)


def _erase(where: Where) -> None:
    """A Kafka that keeps every test's partitions becomes slow for the tests that follow."""
    client = admin(where)
    mine = [name for name in client.list_topics(timeout=10).topics if name.startswith(where.namespace)]
    for future in client.delete_topics(mine, operation_timeout=10).values():
        future.result(20)


def batch(town: str, number: int, reason: str | None = None) -> ReadingBatch:
    """The poll number so-and-so of one town: nothing new."""
    made_at = now_utc()
    batch_id = content_id("batch", town, number)
    return ReadingBatch(
        batch_id,
        ACTUAL,
        Origin.REPLAY,
        "test",
        town,
        AT,
        PollOutcome.UNCHANGED,
        reason,
        (),
        (),
        Trace(batch_id, made_at),
        made_at,
    )


def statement(town: str, number: int) -> Bulletin:
    """The bulletin number so-and-so of one town: it says nothing."""
    made_at = now_utc()
    bulletin_id = content_id("bulletin", town, number)
    return Bulletin(
        id=bulletin_id,
        world=ACTUAL,
        origin=Origin.REPLAY,
        source="test",
        municipality=town,
        area=f"{town}00",
        area_name=town,
        carrier="VXWW50",
        scope="test",
        event_id="",
        serial=number,
        info_type=InfoType.ISSUED,
        reported_at=AT,
        received_at=AT,
        title="",
        text="",
        office="",
        url="",
        raw_sha256="",
        items=(),
        trace=Trace(bulletin_id, made_at),
        made_at=made_at,
    )
