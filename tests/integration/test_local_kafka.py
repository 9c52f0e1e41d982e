"""The local Kafka is a real one: it takes what the programs send, keeps it over a crash, and leaves nothing behind."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaTimeoutError, UnknownTopicOrPartitionError

from local.child import ChildError, Running, running
from local.jars import Jar, JarsUnavailable, fetch, locked
from local.kafka import kafka_node, running_kafka
from local.processes import Supervisor

pytestmark = pytest.mark.kafka


async def test_a_message_compressed_with_lz4_comes_back(kafka: str, namespace: str) -> None:
    """What a producer of ours sends, compressed as all of ours are, a consumer of ours reads."""
    topic = f"{namespace}readings"
    await _create(kafka, topic)
    await _send(kafka, topic, b"2.31 m" * 200)
    assert await _first(kafka, topic) == b"2.31 m" * 200


async def test_the_broker_stamps_records_itself(kafka: str, namespace: str) -> None:
    """A record with an old event time is not deleted under the retention of its topic."""
    topic = f"{namespace}readings"
    await _create(kafka, topic)
    async with _producer(kafka) as producer:
        sent = await producer.send_and_wait(topic, b"x", timestamp_ms=1)
    assert sent.timestamp_type == 1  # LogAppendTime
    assert sent.timestamp > 1_700_000_000_000


async def test_a_topic_that_nobody_created_is_refused(kafka: str, namespace: str) -> None:
    """A typo in a topic's name is an error, not a new topic."""
    async with _producer(kafka, patience_ms=2000) as producer:
        with pytest.raises((UnknownTopicOrPartitionError, KafkaTimeoutError)):
            await producer.send_and_wait(f"{namespace}typo", b"x")


async def test_what_was_acknowledged_survives_kill_9(tmp_path: Path) -> None:
    """The supervisor starts a killed Kafka again at the same address, with everything that it had taken."""
    node = await kafka_node(tmp_path)
    assert node.child
    async with Supervisor(tmp_path, say=lambda _line: None) as supervisor:
        await supervisor.start(node.child)
        await _create(node.bootstrap, "orders")
        await _send(node.bootstrap, "orders", b"evacuate")
        await supervisor.back("kafka", supervisor.kill("kafka"))
        assert await _first(node.bootstrap, "orders") == b"evacuate"


async def test_a_running_kafka_elsewhere_is_used_and_nothing_is_started(tmp_path: Path) -> None:
    """With SONAE_KAFKA_BOOTSTRAP set, no folder is touched and no process begins."""
    async with running_kafka(tmp_path, external="kafka.example:9092") as bootstrap:
        assert bootstrap == "kafka.example:9092"
    assert list(tmp_path.iterdir()) == []


async def test_a_kafka_that_dies_says_why(tmp_path: Path) -> None:
    """Its start does not wait for a port that will never open: the end of its log comes with the error."""
    node = await kafka_node(tmp_path)
    assert node.child
    properties = Path(node.child.argv[-1])
    properties.write_text(properties.read_text().replace("process.roles=broker,controller", "process.roles=stream"))
    with pytest.raises(ChildError, match=r"kafka ended before it was ready(.|\n)*process.roles"):
        async with running(node.child, tmp_path):
            pass


async def test_it_ends_on_sigterm_within_seconds(tmp_path: Path) -> None:
    """SIGTERM is enough: nobody has to wait or to kill."""
    node = await kafka_node(tmp_path)
    assert node.child
    started = await Running.start(node.child, tmp_path)
    try:
        await started.until_ready()
        started.send(signal.SIGTERM)
        assert await asyncio.wait_for(started.wait(), 10) in {"exit code 143", "exit code 0"}
    finally:
        await started.stop()
    assert not Path(f"/proc/{started.pid}").exists()


def test_every_jar_is_pinned_by_its_checksum() -> None:
    """The lock names Kafka itself, and a whole sha256 for each jar."""
    jars = locked()
    assert [jar.coordinates.split(":")[1] for jar in jars].count("kafka_2.13") == 1
    assert all(len(bytes.fromhex(jar.sha256)) == 32 for jar in jars)


def test_a_jar_with_other_bytes_is_not_kept(tmp_path: Path) -> None:
    """A registry that serves something else than what was pinned is refused, and its file is gone."""
    pinned = next(jar for jar in locked() if "jspecify" in jar.coordinates)
    with pytest.raises(JarsUnavailable, match=r"not the pinned|cannot be fetched"):
        fetch([Jar(pinned.coordinates, "0" * 64)], tmp_path, lambda _line: None)
    assert list(tmp_path.rglob("*.jar")) == []


def test_without_the_jars_one_line_says_what_to_do(tmp_path: Path) -> None:
    """A jar that no registry has."""
    with pytest.raises(JarsUnavailable, match=r"^.*SONAE_KAFKA_BOOTSTRAP.*$") as raised:
        fetch([Jar("org.apache.kafka:kafka_2.13:0.0.0", "0" * 64)], tmp_path, lambda _line: None)
    assert "\n" not in str(raised.value)


async def _create(bootstrap: str, topic: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])
    finally:
        await admin.close()


@asynccontextmanager
async def _producer(bootstrap: str, patience_ms: int = 10_000) -> AsyncIterator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, compression_type="lz4", request_timeout_ms=patience_ms)
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


async def _send(bootstrap: str, topic: str, value: bytes) -> None:
    async with _producer(bootstrap) as producer:
        await producer.send_and_wait(topic, value)


async def _first(bootstrap: str, topic: str) -> bytes:
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        record = await asyncio.wait_for(consumer.getone(), 20)
        return bytes(record.value)
    finally:
        await consumer.stop()
