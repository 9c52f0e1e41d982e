"""What is owed to a host: one client for all rows, and a volume a day that survives a restart."""

from datetime import UTC, datetime, timedelta

import pytest

from connectors.hosts import SAVED_EACH, Host, Hosts, volume
from connectors.rows import Feeds

HOST = "www.example.jp"
FEEDS = Feeds((), frozenset(), {HOST: 10_000_000})
URL = f"https://{HOST}/feed.xml"
NIGHT = datetime(2026, 9, 21, 14, 59, tzinfo=UTC)
"""One minute to midnight in Japan."""


def fresh(cursors: dict[str, str] | None = None) -> Host:
    """The host in a process that starts."""
    return Hosts(FEEDS, "Sonae/test", cursors).of(URL)


def test_all_rows_of_a_host_share_it() -> None:
    """Also its slots and connections; another port is another host."""
    hosts = Hosts(FEEDS, "Sonae/test")
    assert hosts.of(URL) is hosts.of(f"https://{HOST.upper()}/data/x")
    assert hosts.of("http://127.0.0.1:1/") is not hosts.of("http://127.0.0.1:2/")


def test_the_volume_is_warned_of_and_then_holds_back_what_can_wait() -> None:
    """At 80 % a sentence, at the limit no more of what is spare; both say what to do."""
    host = fresh()
    host.count(7_900_000, NIGHT)
    assert host.remark(NIGHT) == ""
    host.count(100_000, NIGHT)
    assert "8 of today's 10 MB" in host.remark(NIGHT)
    assert not host.is_spent(NIGHT)
    host.count(2_000_000, NIGHT)
    assert host.is_spent(NIGHT)
    assert "only short feeds and warnings go on" in host.remark(NIGHT)


@pytest.mark.parametrize("jump", [timedelta(minutes=1), timedelta(days=-1), timedelta(days=400)])
def test_another_day_in_japan_starts_at_nothing(jump: timedelta) -> None:
    """Midnight there, or a day to which a clock jumped, forwards or back."""
    host = fresh()
    host.count(11_000_000, NIGHT)
    assert host.is_spent(NIGHT)
    assert not host.is_spent(NIGHT + jump)


def test_the_volume_survives_a_restart_of_the_same_day() -> None:
    """In steps, so that not every poll writes it; the next process goes on from there."""
    host = fresh()
    host.count(SAVED_EACH - 1, NIGHT)
    assert host.to_save() is None
    host.count(9_000_000, NIGHT)
    saved = host.to_save()
    assert saved is not None
    assert host.to_save() is None
    again = fresh({f"@{HOST}": saved})
    again.count(0, NIGHT)
    assert again.used == host.used
    assert again.is_spent(NIGHT)
    assert volume(saved, NIGHT) == host.used
    assert volume(saved, NIGHT + timedelta(minutes=2)) == 0


@pytest.mark.parametrize("kept", ["", "x", '{"day": 3}', "null"])
def test_a_volume_that_cannot_be_read_starts_anew(kept: str) -> None:
    """The budget is far below what a host would block."""
    assert fresh({f"@{HOST}": kept}).used == 0


@pytest.mark.parametrize(
    ("date", "age", "told"),
    [
        ("Mon, 21 Sep 2026 14:59:00 GMT", "", ""),
        ("Mon, 21 Sep 2026 14:00:00 GMT", "3540", ""),
        ("Mon, 21 Sep 2026 14:50:00 GMT", "60", "8 min ahead of"),
        ("Mon, 21 Sep 2026 15:09:00 GMT", "", "10 min behind"),
        ("yesterday", "", ""),
        ("Mon, 21 Sep 2026 14:50:00 GMT", "young", ""),
        ("Mon, 21 Sep 2026 14:50:00 -0000", "", ""),
        ("", "", ""),
    ],
)
def test_a_clock_that_differs_from_the_hosts_is_told(date: str, age: str, told: str) -> None:
    """By the Date of an answer, and by Age where a cache had it: else every age on screen would be wrong in silence."""
    host = fresh()
    host.hear(date, age, NIGHT)
    assert told in host.remark(NIGHT)
    assert bool(told) == bool(host.remark(NIGHT))
