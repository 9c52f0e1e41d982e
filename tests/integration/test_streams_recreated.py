"""A topic that somebody deletes and makes again under a running worker: it stops and says so, and says what to do."""

import asyncio
from pathlib import Path

import pytest
from confluent_kafka import KafkaException
from confluent_kafka.cimpl import NewTopic

from schemas.admin import admin
from tests.integration.streams_rig import ACTUAL, Line, batch, line

pytestmark = pytest.mark.kafka
FAULT, NEEDS_PERSON = "exit code 70", "exit code 78"
STOPPED_WITHIN_S, FORGOTTEN_WITHIN_S = 60.0, 20.0
BEFORE, AFTER = range(3), range(100, 140)


async def test_a_topic_made_again_under_a_running_worker_stops_it(kafka: str, namespace: str, tmp_path: Path) -> None:
    """Its new inputs have offsets that the state includes: not one of them may pass for a repeat.

    While the topic is missing the worker ends by a fault and comes again, as under any supervisor.
    """
    async with line(kafka, namespace, tmp_path) as streams:
        worker = await streams.worker()
        await _send(streams, BEFORE)
        await streams.until("detections", lambda found: len(found) == len(BEFORE))
        await asyncio.to_thread(_make_again, streams, "readings")
        await _send(streams, AFTER)
        async with asyncio.timeout(STOPPED_WITHIN_S):
            while (end := await worker.wait()) == FAULT:
                worker = await streams.worker()
        assert end == NEEDS_PERSON
        assert "was made again" in streams.log()
        assert "Delete the app's state topic and its consumer group" in streams.log()
        await _as_told(streams)
        await streams.worker()
        every = {batch("14205", number).id for number in (*BEFORE, *AFTER)}
        await streams.until("detections", lambda found: {d.subject for d in found} == every)


async def _send(streams: Line, numbers: range) -> None:
    for number in numbers:
        await streams.publisher.send("readings", "14205", batch("14205", number))


def _make_again(streams: Line, row: str) -> None:
    client, name = admin(streams.where), streams.where.name(row, ACTUAL)
    client.delete_topics([name], operation_timeout=20)[name].result(20)
    client.create_topics([NewTopic(name, 4, 1)], operation_timeout=20)[name].result(20)


async def _as_told(streams: Line) -> None:
    """The state topic anew, and no group: Kafka deletes it as soon as its members are forgotten."""
    await asyncio.to_thread(_make_again, streams, "watch-state")
    group, client = streams.where.group(f"watch-{ACTUAL}"), admin(streams.where)
    async with asyncio.timeout(FORGOTTEN_WITHIN_S):
        while True:
            try:
                await asyncio.to_thread(client.delete_consumer_groups([group])[group].result, 20)
            except KafkaException:  # a member that was killed is one for as long as its session lasts
                await asyncio.sleep(0.5)
            else:
                return
