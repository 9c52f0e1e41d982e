"""Batches of a Kafka consumer, one after the other, until cancelled, even if a library swallowed that."""

import asyncio
from collections.abc import AsyncIterator

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import ConsumerRecord

Batch = dict[TopicPartition, list[ConsumerRecord]]
POLL_MS = 500


async def batches(consumer: AIOKafkaConsumer, timeout_ms: int = POLL_MS) -> AsyncIterator[Batch]:
    """What was fetched, at the latest every `timeout_ms`, and then maybe nothing."""
    while True:
        fetched: Batch = await consumer.getmany(timeout_ms=timeout_ms)
        stop_if_cancelled()
        yield fetched


def stop_if_cancelled() -> None:
    """Raises CancelledError if this task was cancelled and does not know it.

    Seen with aiokafka 0.14 and redis 8.1 on Python 3.11: a cancellation that meets a finished wait can get lost, and
    the loop would go on for ever.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
