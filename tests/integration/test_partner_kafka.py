"""A partner on a broker with rules: the client of docs/partners.md as it stands there, and all that it may not do."""

import asyncio
import contextlib
import functools
import os
import re
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    KafkaError,
    TopicAuthorizationFailedError,
)
from confluent_kafka import Consumer, KafkaException
from confluent_kafka import KafkaError as Refusal
from confluent_kafka.cimpl import NewTopic

from local.child import ROOT
from local.kafka import secured_kafka
from notifier.broadcast import app
from notifier.settings import NotifierSettings
from schemas.acls import Rule
from schemas.acls_admin import add_rules, new_password, read_rules
from schemas.acls_commands import acls
from schemas.admin import admin, sync_topics
from schemas.kafka import Publisher, Where
from schemas.kafka_access import Access
from schemas.partners import KINDS
from schemas.settings import SchemasSettings
from schemas.topics import load_profiles
from tests.integration.notifier_orders import order
from tests.integration.notifier_rig import KEY, records, role, until
from tests.integration.test_broadcast import PARTNERS

pytestmark = pytest.mark.kafka

KAFKA_PARTNERS = PARTNERS.replace(
    'municipalities = ["14205"', 'kafka = true\nkinds = ["orders"]\nmunicipalities = ["14205"'
)
MECHANISM = "SCRAM-SHA-512"
TOPICS = (*KINDS, "reports", "decisions", "jobs", "subscriptions", "heartbeats")


@dataclass(slots=True)
class Broker:
    """A Kafka with rules: `open` may do everything; over `sasl` everybody is somebody."""

    open: Where
    sasl: str
    partners: Path

    def as_user(self, user: str) -> Where:
        """The same cluster, as seen by a user with a fresh password."""
        password = new_password(self.open, user)
        return Where(self.sasl, "", Access("SASL_PLAINTEXT", MECHANISM, user, password))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def broker(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Broker]:
    """All topics, all rules, two partners of which one has a way in over Kafka."""
    folder = tmp_path_factory.mktemp("secured")
    file = folder / "partners.toml"
    file.write_text(KAFKA_PARTNERS, encoding="utf8")
    async with secured_kafka(folder) as (bootstrap, sasl):
        where = Where(bootstrap, "")
        await asyncio.to_thread(sync_topics, where, load_profiles()["local"], TOPICS)
        made = Broker(where, sasl, file)
        await apply(made)
        yield made


async def apply(broker: Broker, user: str | None = None) -> int:
    """`python -m schemas acls --apply`, or `--password USER`."""
    return await acls(SchemasSettings(kafka_bootstrap=broker.open.bootstrap), broker.partners, user is None, user)


def client_of_the_page() -> str:
    """The Python of docs/partners.md."""
    page = (ROOT / "docs" / "partners.md").read_text(encoding="utf8")
    found = re.search(r"```python\n(.*?)```", page, re.DOTALL)
    assert found
    return found.group(1)


async def test_the_client_of_the_page_gets_an_order(
    broker: Broker, free_port: Callable[[], int], tmp_path: Path
) -> None:
    """As it stands on the page but for the addresses: it logs in, asks for the schema, prints the order."""
    port = free_port()
    text = (
        client_of_the_page().replace("kafka.sonae.example.jp:9093", broker.sasl).replace("SASL_SSL", "SASL_PLAINTEXT")
    )
    program = tmp_path / "client.py"
    program.write_text(text.replace("https://sonae.example.jp", f"http://127.0.0.1:{port}"), encoding="utf8")
    where = broker.as_user("fujisawa-fire")
    settings = NotifierSettings(
        kafka_bootstrap=broker.open.bootstrap,
        broadcast_port=port,
        partners=broker.partners,
        heartbeat_s=0.5,
        local=True,
        sealing_key=KEY,
    )
    publisher = Publisher(broker.open)
    await publisher.start()
    environment = os.environ | {"PASSWORD": where.access.password}
    try:
        async with role(app, settings) as health:
            await until(health.ready, "the schemas are served")
            await publisher.send("orders", "14205", order(id="o1"))
            client = await asyncio.create_subprocess_exec(
                sys.executable, str(program), env=environment, stdout=asyncio.subprocess.PIPE
            )
            assert client.stdout
            async with asyncio.timeout(30):
                assert (await client.stdout.readline()).decode().split() == ["14205", "o1", "1", "True"]
            await until(functools.partial(_is_seen, broker.open), "its heartbeat says that it reads")
            client.kill()
            await client.wait()
    finally:
        await publisher.stop()


async def _is_seen(where: Where) -> bool:
    beats = [beat for beat in await records(where, "heartbeats", None) if beat.source == "partner:fujisawa-fire:kafka"]
    return any((beat.state, beat.text) == ("ok", "0 messages behind") for beat in beats)


@pytest.mark.parametrize(
    "topic",
    ["subscriptions", "actual.decisions", "actual.jobs", "actual.bulletins", "exercise.orders", "actual.reports"],
)
def test_a_partner_cannot_read_what_is_not_its_own(broker: Broker, topic: str) -> None:
    """Residents' devices, decisions, jobs; also kinds and drills that it did not ask for, and people's reports."""
    where = broker.as_user("fujisawa-fire")
    consumer = Consumer(
        {"bootstrap.servers": where.bootstrap, "group.id": "fujisawa-fire.desk"} | where.access.confluent()
    )
    try:
        consumer.subscribe([topic])
        message = consumer.poll(10)
        refused = message.error() if message is not None else None
        assert refused is not None
        assert refused.code() == Refusal.TOPIC_AUTHORIZATION_FAILED
    finally:
        consumer.close()


@pytest.mark.parametrize("topic", ["actual.orders", "actual.decisions", "subscriptions", "fujisawa-fire.own"])
async def test_a_partner_writes_nothing(broker: Broker, topic: str) -> None:
    """Not even to what it reads, and not to a topic of its own making."""
    where = broker.as_user("fujisawa-fire")
    async with AIOKafkaProducer(bootstrap_servers=where.bootstrap, **where.access.aiokafka()) as producer:
        with pytest.raises(KafkaError) as raised:
            await producer.send_and_wait(topic, b"x", partition=0)
    assert isinstance(raised.value, TopicAuthorizationFailedError)


@pytest.mark.parametrize("group", ["deliver-actual-actual.jobs", "prefecture.desk", "fujisawa-fire2.desk", "desk"])
async def test_a_partner_uses_no_other_group(broker: Broker, group: str) -> None:
    """To steal a worker's jobs, or another centre's place."""
    where = broker.as_user("fujisawa-fire")
    consumer = AIOKafkaConsumer(
        "actual.orders", bootstrap_servers=where.bootstrap, group_id=group, **where.access.aiokafka()
    )
    with pytest.raises(GroupAuthorizationFailedError):
        await consumer.start()
    await consumer.stop()


async def test_a_partner_administers_nothing(broker: Broker) -> None:
    """It makes no topic and gives itself no right, and sees no topic but its own."""
    client = admin(broker.as_user("fujisawa-fire"))
    assert set(client.list_topics(timeout=10).topics) == {"actual.orders"}
    (made,) = client.create_topics([NewTopic("fujisawa-fire.own", 1, 1)]).values()
    with pytest.raises(KafkaException, match="AUTHORIZATION_FAILED"):
        made.result(10)
    where = broker.as_user("fujisawa-fire")
    with pytest.raises(KafkaException, match="AUTHORIZATION_FAILED"):
        await asyncio.to_thread(add_rules, where, [Rule("User:fujisawa-fire", "topic", "subscriptions", False, "READ")])
    assert not await asyncio.to_thread(read_rules, where)


async def test_only_the_console_writes_decisions(broker: Broker) -> None:
    """Not the notifier, not decide itself."""
    for user in ("console", "decide", "notifier"):
        where = broker.as_user(user)
        async with AIOKafkaProducer(bootstrap_servers=where.bootstrap, **where.access.aiokafka()) as producer:
            with contextlib.nullcontext() if user == "console" else pytest.raises(TopicAuthorizationFailedError):
                await producer.send_and_wait("actual.decisions", b"x", partition=0)


async def test_applying_again_changes_nothing_and_a_former_partner_is_out(
    broker: Broker, capsys: pytest.CaptureFixture[str]
) -> None:
    """The file is what is meant: who is no longer in it can no longer log in."""
    assert await apply(broker) == 0
    assert "0 rules added, 0 removed" in capsys.readouterr().out
    where, kept = broker.as_user("fujisawa-fire"), broker.partners.read_text(encoding="utf8")
    broker.partners.write_text("", encoding="utf8")
    try:
        assert await apply(broker) == 0
        assert "fujisawa-fire is no partner any more" in capsys.readouterr().out
        assert not [rule for rule in read_rules(broker.open) if rule.user == "fujisawa-fire"]
        consumer = AIOKafkaConsumer(bootstrap_servers=where.bootstrap, **where.access.aiokafka())
        with pytest.raises(KafkaError):
            await consumer.start()
        await consumer.stop()
    finally:
        broker.partners.write_text(kept, encoding="utf8")
        await apply(broker)


async def test_a_user_that_may_do_nothing_gets_no_password(broker: Broker, capsys: pytest.CaptureFixture[str]) -> None:
    """A misspelt name is said, with those that there are."""
    assert await apply(broker, "fujisawa") == 2
    assert "fujisawa-fire" in capsys.readouterr().err
