"""feeds.toml: what is live, and what a wrong row is answered with."""

from pathlib import Path

import pytest

from connectors.formats import source_of
from connectors.rows import BadFeeds, Feeds, load_feeds
from schemas.records.base import Origin
from tests.unit.connectors.writing import KANAGAWA

ROW = """
[[feed]]
id = "a"
kind = "jma-atom"
url = "https://www.data.jma.go.jp/feed.xml"
interval_s = 60
licence = "-"
attribution = "-"
"""


def test_the_shipped_rows_load_and_are_live() -> None:
    """Each has code for its kind, and polls an official host."""
    feeds = load_feeds()
    assert [row.id for row in feeds.rows] == ["jma-extra", "kawabou-stage"]
    assert {feeds.origin_of(row.url) for row in feeds.rows} == {Origin.LIVE}
    assert [source_of(row, feeds, KANAGAWA).row for row in feeds.rows] == list(feeds.rows)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://www.data.jma.go.jp/x", Origin.LIVE),
        ("https://WWW.data.jma.go.jp/x", Origin.LIVE),
        ("http://www.data.jma.go.jp/x", Origin.REPLAY),
        ("https://data.jma.go.jp/x", Origin.REPLAY),
        ("https://www.data.jma.go.jp.evil.example/x", Origin.REPLAY),
        ("https://www.data.jma.go.jp@evil.example/x", Origin.REPLAY),
        ("https://127.0.0.1/x", Origin.REPLAY),
        ("https://localhost/x", Origin.REPLAY),
        ("file:///x", Origin.REPLAY),
    ],
)
def test_only_https_to_an_official_name_is_live(url: str, origin: Origin) -> None:
    """A loopback address is never live, even where a file calls it official."""
    feeds = Feeds((), frozenset({"www.data.jma.go.jp", "127.0.0.1", "localhost"}))
    assert feeds.origin_of(url) is origin


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("official_hosts = []", "nothing would be watched"),
        ("[[feed", "feeds.toml"),
        (ROW + ROW, "two feeds share an id"),
        (ROW.replace("interval_s = 60", "interval_s = 0"), "must be at least 1"),
        (ROW.replace("interval_s = 60", 'interval_s = "1m"'), "interval_s"),
        (ROW.replace("interval_s = 60", ""), "interval_s"),
        (ROW.replace("https://", "ftp://"), "no http"),
        (ROW + "offset_s = 60", "offset_s"),
        (ROW + "max_bytes = 9_000_000", "max_bytes"),
        (ROW + "colour = 3", "unknown field 'colour'"),
        ("feeds = 1" + ROW, "unknown entry 'feeds'"),
        ("feed = [1]", "[[feed]]"),
    ],
)
def test_a_wrong_file_is_refused_with_a_sentence(tmp_path: Path, text: str, told: str) -> None:
    """Which row, and what is wrong with it."""
    file = tmp_path / "feeds.toml"
    file.write_text(text, encoding="utf8")
    with pytest.raises(BadFeeds) as refused:
        load_feeds(file)
    assert told in str(refused.value)


def test_a_kind_that_nobody_speaks_is_refused(tmp_path: Path) -> None:
    """It names those that there are."""
    file = tmp_path / "feeds.toml"
    file.write_text(ROW.replace("jma-atom", "telex"), encoding="utf8")
    feeds = load_feeds(file)
    with pytest.raises(BadFeeds, match="jma-atom, kawabou"):
        source_of(feeds.rows[0], feeds, KANAGAWA)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """With its path."""
    with pytest.raises(BadFeeds, match=r"nowhere\.toml"):
        load_feeds(tmp_path / "nowhere.toml")
