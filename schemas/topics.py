"""topics.toml as typed rows, and the one rule by which a physical topic name is made."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from schemas.records.base import World

TOPICS_FILE = Path(__file__).with_name("topics.toml")


@dataclass(frozen=True, slots=True)
class Profile:
    """How many partitions each kind of key gets, and how many brokers must hold a message. Fixed at creation."""

    name: str
    partitions: dict[str, int]
    replication: int
    min_insync: int


@dataclass(frozen=True, slots=True)
class Topic:
    """One row of topics.toml."""

    name: str
    record: str
    key: str
    once: bool
    cleanup: str
    retention_days: int
    max_bytes: int
    writers: tuple[str, ...]
    readers: tuple[str, ...]

    def physical(self, namespace: str, world: World | None) -> str:
        """The name on the broker: `<namespace><world>.<name>`, or `<namespace><name>` for a topic that exists once."""
        if self.once:
            return f"{namespace}{self.name}"
        if world is None:
            raise ValueError(f"topic {self.name} exists per world: name one")
        return f"{namespace}{world}.{self.name}"

    def settings(self, profile: Profile) -> dict[str, str]:
        """Topic settings as Kafka spells them. LogAppendTime everywhere: event time lives only in the record."""
        common = {
            "message.timestamp.type": "LogAppendTime",
            "max.message.bytes": str(self.max_bytes),
            "min.insync.replicas": str(profile.min_insync),
            "cleanup.policy": self.cleanup,
        }
        if self.cleanup == "compact":
            # An active segment is never compacted: small, short segments keep a restore from reading months.
            return common | {
                "segment.ms": "3600000",
                "segment.bytes": "67108864",
                "min.cleanable.dirty.ratio": "0.2",
                "max.compaction.lag.ms": "86400000",
                "delete.retention.ms": "86400000",
            }
        kept = -1 if self.retention_days == 0 else self.retention_days * 86_400_000
        return common | {"retention.ms": str(kept), "retention.bytes": "-1"}


@cache
def load_topics(path: Path = TOPICS_FILE) -> dict[str, Topic]:
    """All rows, by name."""
    rows = tomllib.loads(path.read_text(encoding="utf8"))["topics"]
    return {name: _topic(name, row) for name, row in rows.items()}


@cache
def load_profiles(path: Path = TOPICS_FILE) -> dict[str, Profile]:
    """Cluster and local: the same topics, other sizes."""
    rows = tomllib.loads(path.read_text(encoding="utf8"))["profiles"]
    return {name: Profile(name, row["partitions"], row["replication"], row["min_insync"]) for name, row in rows.items()}


def topic(name: str) -> Topic:
    """The row called `name`; KeyError if there is none."""
    return load_topics()[name]


def worlds_of(row: Topic) -> tuple[World | None, ...]:
    """The worlds a row exists in: one None for a topic that exists once."""
    return (None,) if row.once else tuple(World)


def physical_topics(namespace: str) -> dict[str, tuple[Topic, World | None]]:
    """Every topic on the broker under a prefix, with its row and its world."""
    return {row.physical(namespace, world): (row, world) for row in load_topics().values() for world in worlds_of(row)}


def _topic(name: str, row: dict[str, object]) -> Topic:
    fields = {"once": False, "retention_days": 0} | row
    for side in ("writers", "readers"):
        fields[side] = tuple(fields[side])  # type: ignore[arg-type]  # TOML arrays are lists of str here
    return Topic(name=name, **fields)  # type: ignore[arg-type]  # an unknown or missing field is a TypeError at load
