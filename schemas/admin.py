"""Topics on the broker, by confluent-kafka's admin client: create what is missing, say what differs, read ids."""

from dataclasses import dataclass

from confluent_kafka import TopicCollection
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from schemas.kafka import Where
from schemas.topics import Profile, Topic, load_topics, worlds_of

TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a sync did: names created, names that were there, what differs from the row (never changed by itself)."""

    created: tuple[str, ...]
    present: tuple[str, ...]
    differs: tuple[str, ...]


def admin(where: Where) -> AdminClient:
    """A client for topic administration."""
    return AdminClient({"bootstrap.servers": where.bootstrap, "socket.timeout.ms": 10_000})


def sync_topics(where: Where, profile: Profile) -> SyncReport:
    """Create every topic of topics.toml that is missing, with all its settings; report partition counts that differ."""
    client = admin(where)
    wanted = {row.physical(where.namespace, world): row for row in load_topics().values() for world in worlds_of(row)}
    there = client.list_topics(timeout=TIMEOUT_S).topics
    missing = {name: row for name, row in wanted.items() if name not in there}
    new = [_new_topic(name, row, profile) for name, row in missing.items()]
    for future in client.create_topics(new, operation_timeout=TIMEOUT_S).values() if new else ():
        future.result(TIMEOUT_S)
    present = [name for name in wanted if name in there]
    differs = [
        f"{name}: {len(there[name].partitions)} partitions, the row says {profile.partitions[wanted[name].key]}"
        for name in present
        if len(there[name].partitions) != profile.partitions[wanted[name].key]
    ]
    return SyncReport(tuple(missing), tuple(present), tuple(differs))


def topic_ids(where: Where, physical: list[str]) -> dict[str, str]:
    """The id of each topic: it changes when a topic is recreated. Raises LookupError for one that does not exist."""
    client = admin(where)  # held: the answers die with it
    answers = client.describe_topics(TopicCollection(physical), request_timeout=TIMEOUT_S)
    found = {}
    for name, future in answers.items():
        try:
            found[name] = str(future.result(TIMEOUT_S).topic_id)
        except Exception as error:
            raise LookupError(f"topic {name}: {error}; create it with `python -m schemas sync`") from error
    return found


def _new_topic(name: str, row: Topic, profile: Profile) -> NewTopic:
    return NewTopic(name, profile.partitions[row.key], profile.replication, config=row.settings(profile))
