"""The rows of topics.toml: what they promise about names, partitions and settings."""

import pytest

from schemas.records.base import World
from schemas.topics import Profile, Topic, load_profiles, load_topics, topic, worlds_of

ROWS = load_topics()
PROFILES = load_profiles()
PROGRAMS = {"connectors", "watch", "decide", "notifier", "console", "schemas"}
OUTSIDERS = {"centres", "audit"}
DAY_MS = 86_400_000


def test_the_topics_of_the_design() -> None:
    """All rows, by name: a topic that appears or vanishes is noticed."""
    assert set(ROWS) == {
        *("raw", "readings", "bulletins", "reports", "ticks-watch", "ticks-decide", "detections", "recommendations"),
        *("recommendation-log", "decisions", "verdicts", "calls", "orders", "watch-state", "case-state"),
        *("subscriptions", "plans", "jobs", "jobs-urgent", "jobs-retry", "outcomes", "receipts", "resends"),
        *("cursors", "heartbeats", "dead-letters"),
    }


@pytest.mark.parametrize("row", ROWS.values(), ids=lambda row: row.name)
def test_every_row_is_whole(row: Topic) -> None:
    """A writer, a reader, a key that both profiles know, a way to clean up."""
    assert row.writers
    assert row.readers
    assert set(row.writers) <= PROGRAMS
    assert set(row.readers) <= PROGRAMS | OUTSIDERS
    assert row.cleanup in {"delete", "compact"}
    assert all(row.key in profile.partitions for profile in PROFILES.values())
    assert row.max_bytes <= ROWS["raw"].max_bytes


@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda profile: profile.name)
def test_what_a_town_hall_needs_lies_in_one_partition(profile: Profile) -> None:
    """All topics keyed by municipality have equally many partitions: the same key lands on the same number."""
    counts = {profile.partitions[row.key] for row in ROWS.values() if row.key == "municipality"}
    assert len(counts) == 1


def test_only_these_exist_once() -> None:
    """Everything else has its own topic per world."""
    once = {row.name for row in ROWS.values() if row.once}
    assert once == {"raw", "subscriptions", "cursors", "heartbeats", "dead-letters"}


def test_only_the_console_decides() -> None:
    """The access rules of the broker derive from the rows: nobody else may write a decision."""
    assert ROWS["decisions"].writers == ("console",)
    assert ROWS["orders"].writers == ("decide",)


def test_names_carry_namespace_and_world() -> None:
    """`<namespace><world>.<topic>`, or `<namespace><topic>` for a topic that exists once."""
    assert topic("orders").physical("", World.EXERCISE) == "exercise.orders"
    assert topic("orders").physical("t3-", World.ACTUAL) == "t3-actual.orders"
    assert topic("raw").physical("t3-", World.ACTUAL) == topic("raw").physical("t3-", None) == "t3-raw"


def test_a_topic_per_world_needs_a_world() -> None:
    """Nobody can read or write "the" orders."""
    with pytest.raises(ValueError, match="orders exists per world"):
        topic("orders").physical("", None)


def test_worlds_never_share_a_name() -> None:
    """No two rows and worlds meet in one physical topic."""
    names = [row.physical("", world) for row in ROWS.values() for world in worlds_of(row)]
    assert len(names) == len(set(names)) == 5 + 3 * 21


@pytest.mark.parametrize("row", ROWS.values(), ids=lambda row: row.name)
def test_the_broker_stamps_everything(row: Topic) -> None:
    """Event time lives only in the record: an old event never falls to retention at once."""
    assert row.settings(PROFILES["local"])["message.timestamp.type"] == "LogAppendTime"


def test_retention_as_the_rows_say() -> None:
    """Days become milliseconds; 0 days is kept for ever; compacted topics bound segments and lag."""
    settings = {name: row.settings(PROFILES["cluster"]) for name, row in ROWS.items()}
    assert settings["readings"]["retention.ms"] == str(30 * DAY_MS)
    assert settings["bulletins"]["retention.ms"] == str(400 * DAY_MS)
    assert settings["orders"]["retention.ms"] == "-1"
    assert settings["decisions"]["retention.ms"] == "-1"
    assert settings["watch-state"]["cleanup.policy"] == "compact"
    assert "retention.ms" not in settings["watch-state"]
    assert {"segment.ms", "max.compaction.lag.ms"} <= set(settings["watch-state"])
    assert {row["min.insync.replicas"] for row in settings.values()} == {"2"}
