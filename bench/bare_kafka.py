"""The baseline: the same number of Kafka hops (aiokafka) and one HTTP request, with nothing in between."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from schemas.kafka import COMPRESSION

TOPICS = tuple(f"bare-{name}" for name in ("bulletins", "recommendations", "orders", "jobs"))
"""What lies between feed bytes and a device: one topic for each hop from program to program."""
PAYLOAD = bytes(range(256)) * 8
"""2 kB, about an order."""


@dataclass(slots=True)
class Bare:
    """A chain of topics, each read by a task that writes to the next one."""

    producer: AIOKafkaProducer
    consumers: tuple[AIOKafkaConsumer, ...]
    client: httpx.AsyncClient
    address: str

    async def passage_ms(self) -> float:
        """One payload through all topics, acknowledged at each, then one request."""
        began = time.perf_counter()
        for name, consumer in zip(TOPICS, self.consumers, strict=True):
            await self.producer.send_and_wait(name, PAYLOAD)
            message = await consumer.getone()
            assert message.value == PAYLOAD
        await self.client.post(self.address, content=PAYLOAD)
        return (time.perf_counter() - began) * 1000


@contextlib.asynccontextmanager
async def bare_path(bootstrap: str, address: str) -> AsyncIterator[Bare]:
    """The chain, its connections made; `address` takes the request."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, 1, 1) for name in TOPICS])
    finally:
        await admin.close()
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, enable_idempotence=True, acks="all", compression_type=COMPRESSION, linger_ms=0
    )
    consumers = tuple(_consumer(bootstrap) for _ in TOPICS)
    await asyncio.gather(producer.start(), *(consumer.start() for consumer in consumers))
    try:
        for name, consumer in zip(TOPICS, consumers, strict=True):
            consumer.assign([TopicPartition(name, 0)])
        async with httpx.AsyncClient(timeout=10, trust_env=False) as client:
            bare = Bare(producer, consumers, client, address)
            await bare.passage_ms()
            yield bare
    finally:
        await asyncio.gather(producer.stop(), *(consumer.stop() for consumer in consumers))


def _consumer(bootstrap: str) -> AIOKafkaConsumer:
    return AIOKafkaConsumer(
        bootstrap_servers=bootstrap, enable_auto_commit=False, auto_offset_reset="earliest", fetch_max_wait_ms=100
    )
