"""Atom feeds: entries, which of them a row takes, and what is no feed."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.jma.atom import Entry, is_taken, read_feed
from connectors.source import Park
from tests.unit.connectors.answers import atom
from tests.unit.connectors.writing import AT

TAKE = {"VXWW50": ("140000",), "VXKO": ()}


def entry(name: str, title: str = "題") -> Entry:
    """An entry with this file name."""
    return Entry(f"https://www.data.jma.go.jp/developer/xml/data/{name}", title, AT)


def test_a_real_feed(recorded: Callable[[str], Path]) -> None:
    """other_l.xml of 2026-07-28: its own time, and its first entry."""
    feed = read_feed(recorded("jma/feeds/other_l.xml").read_bytes())
    assert feed.updated == datetime(2026, 7, 28, 9, 10, 42, tzinfo=UTC)
    assert feed.entries[0].name == "20260728091006_0_VPCY51_460100.xml"
    assert feed.entries[0].updated == datetime(2026, 7, 28, 9, 10, 6, tzinfo=UTC)
    assert feed.skipped == 0


@pytest.mark.parametrize(
    ("name", "taken"),
    [
        ("20260728091006_0_VXWW50_140000.xml", True),
        ("20260728091006_0_VXWW50_150000.xml", False),
        ("20260728091006_0_VXKO57_130000.xml", True),
        ("20260728091006_0_VPCY51_140000.xml", False),
        ("17_04_01_250630_VXWW50.xml", True),
        ("16_01_01_220728_VXKOii.xml", True),
        ("telegram.xml", False),
    ],
)
def test_a_row_takes_its_data_types_of_its_offices(name: str, taken: bool) -> None:
    """Rivers' forecasts come from several offices, so all of them; landslides only from Yokohama's prefecture."""
    assert is_taken(entry(name), TAKE) is taken
    assert is_taken(entry(name), {})


def test_a_nameless_telegram_is_known_by_its_title() -> None:
    """The title in the feed says what it is."""
    assert is_taken(entry("1.xml", "土砂災害警戒情報"), TAKE)


def test_an_entry_that_cannot_be_read_holds_up_no_other() -> None:
    """Addresses that are none, and a time that is none, are counted."""
    body = atom(["a.xml", "b.xml", "c.xml", "d.xml"])
    body = body.replace(b'href="https://www.data.jma.go.jp/developer/xml/data/b.xml', b'href="http://[::1')
    body = body.replace(b'href="https://www.data.jma.go.jp/developer/xml/data/c.xml', b'href="file:///etc/passwd')
    feed = read_feed(body)
    assert [found.name for found in feed.entries] == ["a.xml", "d.xml"]
    assert feed.skipped == 2


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty"),
        (b"<html></html>", "not_a_feed"),
        (b"<feed", "not_xml"),
        (atom([]).replace(b"<updated>2026-09-21T06:00:00+00:00</updated>", b""), "missing_time"),
    ],
)
def test_what_is_no_feed_is_never_an_empty_one(body: bytes, reason: str) -> None:
    """It is a failed poll with a reason."""
    with pytest.raises(Park) as parked:
        read_feed(body)
    assert parked.value.reason == reason
