"""Topics on a real Kafka are as their rows say, and our clients write and read them as all programs do."""

import asyncio
import dataclasses
import os
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import pytest
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType  # type: ignore[attr-defined]  # exported, but not in __all__

from local.child import ROOT
from schemas.admin import SyncReport, sync_topics, topic_ids
from schemas.codec import Codec
from schemas.examples import examples_of
from schemas.kafka import Publisher, Where, group_consumer, read_one, read_to_end, tail_consumer
from schemas.records.base import World
from schemas.records.decided import Order
from schemas.records.delivered import Subscription
from schemas.records.observed import RawPayload
from schemas.topics import load_profiles, physical_topics, topic

pytestmark = pytest.mark.kafka

LOCAL, CLUSTER = load_profiles()["local"], load_profiles()["cluster"]
ORDER = examples_of(Order)["v1/evacuation_order_level_4"]
DRILL = examples_of(Order)["v1/exercise"]


@pytest.fixture(scope="module")
def where(kafka: str) -> Where:
    """A prefix with all its topics, for all tests here: each writes to a topic of its own."""
    found = Where(kafka, f"t{uuid.uuid4().hex[:8]}-")
    sync_topics(found, LOCAL)
    return found


def test_what_is_missing_is_created_once(kafka: str, namespace: str) -> None:
    """Every topic of every world; a second run finds them and does nothing."""
    where, names = Where(kafka, namespace), set(physical_topics(namespace))
    first, second = sync_topics(where, LOCAL), sync_topics(where, LOCAL)
    assert (set(first.created), first.present, first.differs) == (names, (), ())
    assert (second.created, set(second.present), second.differs) == ((), names, ())


def test_four_that_sync_at_once_make_each_topic_once(kafka: str, namespace: str) -> None:
    """Several programs may be deployed at the same moment: none of them fails."""
    with ThreadPoolExecutor(4) as threads:
        reports = list(threads.map(lambda _: sync_topics(Where(kafka, namespace), LOCAL), range(4)))
    created = [name for report in reports for name in report.created]
    assert sorted(created) == sorted(physical_topics(namespace))


def test_other_partition_counts_are_reported_and_left(where: Where) -> None:
    """Adding partitions would move keys to other partitions: a person must decide."""
    report = sync_topics(where, CLUSTER)
    assert report == SyncReport((), tuple(physical_topics(where.namespace)), report.differs)
    assert f"{where.namespace}actual.orders: 4 partitions, the row says 12" in report.differs


def test_the_broker_has_every_setting_of_the_row(where: Where) -> None:
    """Retention, compaction, LogAppendTime, the largest message."""
    wanted = {name: row.settings(LOCAL) for name, (row, _) in physical_topics(where.namespace).items()}
    client = AdminClient({"bootstrap.servers": where.bootstrap})
    answers = client.describe_configs([ConfigResource(ResourceType.TOPIC, name) for name in wanted])
    for resource, future in answers.items():
        settings = wanted[resource.name]
        assert {key: entry.value for key, entry in future.result(20).items() if key in settings} == settings


def test_a_topics_id_is_its_own(where: Where) -> None:
    """Two topics have two ids; one that does not exist says what to do."""
    names = [where.name("orders", World.ACTUAL), where.name("orders", World.EXERCISE)]
    assert len(set(topic_ids(where, names).values())) == 2
    with pytest.raises(LookupError, match=r"python -m schemas sync"):
        topic_ids(where, [f"{where.namespace}nothing"])


async def test_an_order_is_read_as_it_was_written(where: Where) -> None:
    """Each in the topic of its own world, by a group that commits by hand."""
    await _publish(where, ORDER, DRILL)
    consumer = group_consumer(where, "round-trip", "0", where.name("orders", World.ACTUAL))
    await consumer.start()
    try:
        message = await asyncio.wait_for(consumer.getone(), 20)
        await consumer.commit()
    finally:
        await consumer.stop()
    assert Codec(Order, World.ACTUAL).decode(message.value) == ORDER
    assert message.key == ORDER.municipality.encode()
    drills = [message.value async for message in read_to_end(where, where.name("orders", World.EXERCISE))]
    assert [Codec(Order, World.EXERCISE).decode(value) for value in drills] == [DRILL]


async def test_a_key_lands_where_every_client_would_put_it(where: Where) -> None:
    """murmur2 of "foobar" is -790332482 (Kafka's own test vector): without its sign, modulo 4 partitions, 2."""
    async with _publisher(where) as publisher:
        sent = await publisher.resend(where.name("decisions", World.ACTUAL), b"foobar", b"x", None)
    assert sent.partition == (-790332482 & 0x7FFFFFFF) % 4 == 2


async def test_reading_to_the_end_ends_on_an_empty_topic(where: Where) -> None:
    """All partitions, or some: nothing comes, and it returns."""
    verdicts = where.name("verdicts", World.ACTUAL)
    assert [message async for message in read_to_end(where, verdicts)] == []
    assert [message async for message in read_to_end(where, verdicts, [0, 3])] == []


async def test_reading_to_the_end_of_some_partitions(where: Where) -> None:
    """Only what lies in them, in order."""
    calls = where.name("calls", World.ACTUAL)
    async with _publisher(where) as publisher:
        for number in range(20):
            await publisher.resend(calls, None, b"%d" % number, number % 4)
    read = [message.value async for message in read_to_end(where, calls, [1])]
    assert read == [b"1", b"5", b"9", b"13", b"17"]


async def test_a_tombstone_is_part_of_a_compacted_topic(where: Where) -> None:
    """A subscriber who was erased comes as a message without a value."""
    one = examples_of(Subscription)["v1/sealed"]
    async with _publisher(where) as publisher:
        await publisher.send("subscriptions", one.subscriber, one)
        await publisher.erase("subscriptions", one.subscriber)
    values = [message.value async for message in read_to_end(where, where.name("subscriptions", None))]
    assert [value and Codec(Subscription, None).decode(value) for value in values] == [one, None]


async def test_the_largest_message_of_a_row_passes(where: Where) -> None:
    """A fetched payload that does not compress, just under 8 MiB, comes back whole."""
    payload = dataclasses.replace(
        examples_of(RawPayload)["v1/stage_json"], body=os.urandom(topic("raw").max_bytes - 4096)
    )
    async with _publisher(where) as publisher:
        sent = await publisher.send("raw", payload.source, payload)
    message = await read_one(where, where.name("raw", None), sent.partition, sent.offset)
    assert message is not None
    assert Codec(RawPayload, None).decode(message.value) == payload


async def test_an_offset_that_is_not_there_reads_as_nothing(where: Where) -> None:
    """Before anything was written, and beyond the end."""
    assert await read_one(where, where.name("verdicts", World.ACTUAL), 0, 0) is None


async def test_a_tail_from_the_end_sees_only_what_comes(where: Where) -> None:
    """What was there before is not read again."""
    reports = where.name("reports", World.ACTUAL)
    async with _publisher(where) as publisher:
        await publisher.resend(reports, b"14205", b"before", None)
        consumer = await tail_consumer(where, reports, from_start=False)
        try:
            await publisher.resend(reports, b"14205", b"after", None)
            message = await asyncio.wait_for(consumer.getone(), 20)
        finally:
            await consumer.stop()
    assert message.value == b"after"


async def test_a_topic_that_does_not_exist_says_what_to_do(where: Where) -> None:
    """An operator who forgot to sync is told."""
    with pytest.raises(LookupError, match=r"create it with `python -m schemas sync`"):
        await tail_consumer(where, f"{where.namespace}nothing")


def test_the_command_line_creates_and_reports(kafka: str, namespace: str) -> None:
    """Exit 0 when all is there, exit 1 when a person must act."""
    first, again = _sync(kafka, namespace, "local"), _sync(kafka, namespace, "cluster")
    assert (first.returncode, first.stdout) == (0, "profile local: 68 topics created, 0 were there\n")
    assert again.returncode == 1
    assert f"differs · {namespace}dead-letters: 1 partitions, the row says 3" in again.stdout


def _sync(bootstrap: str, namespace: str, profile: str) -> subprocess.CompletedProcess[str]:
    settings = {"SONAE_KAFKA_BOOTSTRAP": bootstrap, "SONAE_NAMESPACE": namespace}
    command = [sys.executable, "-m", "schemas", "sync", "--profile", profile]
    return subprocess.run(
        command, cwd=ROOT, env=os.environ | settings, capture_output=True, text=True, timeout=60, check=False
    )


async def _publish(where: Where, *orders: Order) -> None:
    async with _publisher(where) as publisher:
        for order in orders:
            await publisher.send("orders", order.municipality, order)


@asynccontextmanager
async def _publisher(where: Where) -> AsyncIterator[Publisher]:
    publisher = Publisher(where)
    await publisher.start()
    try:
        yield publisher
    finally:
        await publisher.stop()
