"""Topics on the broker, by confluent-kafka's admin client: create what is missing, say what differs, read ids."""

import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from confluent_kafka import KafkaError, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]  # exported, but not in __all__
from confluent_kafka.cimpl import NewTopic

from schemas.kafka import Where
from schemas.topics import Profile, Topic, physical_topics

AdminError = KafkaException
"""What these functions raise when the broker refuses or does not answer."""

TIMEOUT_S = 30.0
LOOK_AGAIN_S = 0.02


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a sync did: names created, names that were there, what differs from the row (never changed by itself)."""

    created: tuple[str, ...]
    present: tuple[str, ...]
    differs: tuple[str, ...]


def admin(where: Where) -> AdminClient:
    """A client for topic administration."""
    # log_level 5: librdkafka writes to stderr by itself; its infos are no JSON lines, and no news.
    known: dict[str, str | int | float | bool] = {"bootstrap.servers": where.bootstrap, **where.access.confluent()}
    return AdminClient(known | {"socket.timeout.ms": 10_000, "log_level": 5})


def sync_topics(where: Where, profile: Profile, only: Collection[str] = ()) -> SyncReport:
    """Create every topic of topics.toml that is missing, in one request, and wait until every partition answers.

    `only` names the rows to create (default: all).
    Partition counts that differ are reported, never changed: keys would move. Raises KafkaException or TimeoutError.
    """
    client = admin(where)
    every = physical_topics(where.namespace).items()
    wanted = {name: row for name, (row, _) in every if not only or row.name in only}
    there = client.list_topics(timeout=TIMEOUT_S).topics
    created = _create(client, [_new_topic(name, row, profile) for name, row in wanted.items() if name not in there])
    shown = _until_led(client, wanted)
    counts = {name: (len(shown[name].partitions), profile.partitions[row.key]) for name, row in wanted.items()}
    differs = [f"{name}: {has} partitions, the row says {says}" for name, (has, says) in counts.items() if has != says]
    present = tuple(name for name in wanted if name not in created)
    return SyncReport(created, present, tuple(differs))


def topic_ids(where: Where, physical: list[str]) -> dict[str, str]:
    """The id of each topic: it changes when a topic is recreated. Raises LookupError for one that does not exist."""
    client = admin(where)  # held: the answers die with it
    answers = client.describe_topics(TopicCollection(physical), request_timeout=TIMEOUT_S)
    found = {}
    for name, future in answers.items():
        try:
            found[name] = str(future.result(TIMEOUT_S).topic_id)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
                raise
            raise LookupError(f"topic {name} does not exist: create it with `python -m schemas sync`") from error
    return found


def _create(client: AdminClient, new: list[NewTopic]) -> tuple[str, ...]:
    """The names that this call created: another process may be creating the same ones at this moment."""
    created = []
    for name, future in client.create_topics(new, operation_timeout=TIMEOUT_S).items() if new else ():
        try:
            future.result(TIMEOUT_S)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise
        else:
            created.append(name)
    return tuple(created)


def _until_led(client: AdminClient, names: Iterable[str]) -> dict[str, Any]:
    """The topics as the broker shows them, once every partition answers: a new one may have no leader yet."""
    deadline = time.monotonic() + TIMEOUT_S
    while True:
        shown: dict[str, Any] = client.list_topics(timeout=TIMEOUT_S).topics
        unknown = [name for name in names if name not in shown or shown[name].error]
        silent = unknown or _without_leader(client, shown, names)
        if not silent:
            return shown
        if time.monotonic() > deadline:
            raise TimeoutError(f"topics were created but do not answer after {TIMEOUT_S:.0f} s: {silent}")
        time.sleep(LOOK_AGAIN_S)


def _without_leader(client: AdminClient, shown: dict[str, Any], names: Iterable[str]) -> list[str]:
    first = OffsetSpec.earliest()  # type: ignore[no-untyped-call]  # the client is only partly annotated
    wanted = {TopicPartition(name, p): first for name in names for p in shown[name].partitions}
    return [part.topic for part, future in client.list_offsets(wanted).items() if future.exception(TIMEOUT_S)]


def _new_topic(name: str, row: Topic, profile: Profile) -> NewTopic:
    return NewTopic(name, profile.partitions[row.key], profile.replication, config=row.settings(profile))
