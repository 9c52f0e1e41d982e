"""feeds.toml: what is live, and what a wrong row is answered with."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from connectors.formats import KINDS, source_of
from connectors.rows import DAILY_BUDGET, BadFeeds, FeedRow, Feeds, load_feeds
from local.child import ROOT
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


def test_the_shipped_rows_load_and_have_code_for_their_kind() -> None:
    """JMA's four feeds are live, polled at :20 past each minute, with their long feeds."""
    feeds = load_feeds()
    assert [source_of(row, feeds, KANAGAWA).row for row in feeds.rows] == list(feeds.rows)
    four = [row for row in feeds.rows if row.kind == "jma-atom"]
    assert [row.id for row in four] == ["jma-extra", "jma-eqvol", "jma-regular", "jma-other"]
    assert {feeds.origin_of(row.url) for row in four} == {Origin.LIVE}
    assert {(row.interval_s, row.offset_s) for row in four} == {(60, 20)}
    assert [row.long_url for row in four] == [row.url.replace(".xml", "_l.xml") for row in four]


def test_what_the_file_takes_holds_for_every_atom_row_that_does_not_say_it_itself(tmp_path: Path) -> None:
    """Which feed names a telegram is JMA's choice."""
    file = tmp_path / "feeds.toml"
    own = ROW.replace('"a"', '"b"') + "[feed.take]\nVXKO = []\n"
    file.write_text(f'newest = ["VPWS50"]\n[take]\nVPWW55 = ["140000"]\n{ROW}{own}', encoding="utf8")
    rows = load_feeds(file).rows
    assert [row.take for row in rows] == [{"VPWW55": ("140000",)}, {"VXKO": ()}]
    assert [row.newest for row in rows] == [("VPWS50",), ("VPWS50",)]


def test_a_host_has_a_budget_of_bytes_a_day(tmp_path: Path) -> None:
    """Named in megabytes; a host that is not named has the usual one."""
    file = tmp_path / "feeds.toml"
    file.write_text(f'[budget_mb]\n"WWW.example" = 5\n{ROW}', encoding="utf8")
    feeds = load_feeds(file)
    assert (feeds.budget_of("www.example"), feeds.budget_of("other.example")) == (5_000_000, DAILY_BUDGET)


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
        (ROW.replace("interval_s = 60", ""), "feed 1: missing required field `interval_s`"),
        (ROW.replace("https://", "ftp://"), "no http"),
        (ROW + "offset_s = 60", "offset_s"),
        (ROW + "max_bytes = 25_000_000", "max_bytes"),
        (ROW + "colour = 3", "unknown field 'colour'"),
        (ROW + "intervall_s = 3", 'did you mean "interval_s"?'),
        (ROW + 'official_hosts = ["a"]', "above the first [[feed]]"),
        (ROW.replace("https://www.data.jma.go.jp", "file:///srv"), "say mapping = "),
        ("feeds = 1" + ROW, "unknown entry 'feeds'"),
        ("feed = [1]", "[[feed]]"),
        ('[budget_mb]\n"a" = "much"' + ROW, "whole megabytes a day"),
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
    with pytest.raises(BadFeeds, match="there are jma-atom, "):
        source_of(feeds.rows[0], feeds, KANAGAWA)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """With its path."""
    with pytest.raises(BadFeeds, match=r"nowhere\.toml"):
        load_feeds(tmp_path / "nowhere.toml")


def test_the_document_names_every_field_and_every_kind() -> None:
    """docs/sources.md: what it does not name, nobody can write."""
    page = (ROOT / "docs" / "sources.md").read_text(encoding="utf8").partition("## A row")[2].partition("\n## ")[0]
    names = re.findall(r"`([\w-]+)`", page)
    assert {field.name for field in fields(FeedRow)} <= set(names)
    assert set(KINDS) <= set(names)
    assert f"default {FeedRow.__dataclass_fields__['cadence_s'].default}" in page
