"""Feeds and programs by their Japanese names."""

import tomllib
from pathlib import Path

from console.sources import STATES, _source
from console.sourcewords import advice_of, name_of
from schemas.records.plumbing import Heartbeat
from tests.unit.console.records import AT, minutes

ROOT = Path(__file__).parents[3]


def beat(source: str, program: str, state: str) -> Heartbeat:
    """A heartbeat of this moment."""
    return Heartbeat(source, program, None, state, "It answers.", AT, AT, AT, 1, 0, AT, AT)


def test_every_shipped_feed_has_a_japanese_name() -> None:
    """An officer is shown no row's id instead of a name."""
    rows = tomllib.loads((ROOT / "connectors" / "feeds.toml").read_text(encoding="utf8"))["feed"]
    assert [row["id"] for row in rows if name_of(row["id"]) == row["id"]] == []


def test_programs_and_partners_have_names_too() -> None:
    """Whichever instance."""
    names = ("watch-actual-0", "decide-exercise-1", "notifier-deliver-3", "partner:fuji-tv:webhook", "public-pages")
    assert [name_of(name) for name in names] == [
        "基準の判定", "承認の判定", "端末への送信", "連携先 fuji-tv（Webhook）", "住民のページの作成",
    ]  # fmt: skip
    assert name_of("our-own-feed") == "our-own-feed"


def test_every_trouble_says_what_to_do() -> None:
    """In Japanese; where all is well, nothing is asked."""
    for state in STATES:
        assert bool(advice_of(state, is_feed=True)) == (state not in ("ok", "waiting"))
        assert bool(advice_of(state, is_feed=False)) == (state not in ("ok", "frozen"))


def test_a_source_that_is_not_heard_of_is_silent_whatever_it_said_last() -> None:
    """90 s without a word."""
    line = _source(beat("jma-extra", "connectors", "ok"), AT + minutes(2))
    assert (line.word, line.is_feed) == ("応答なし", True)
    assert "いま更新されません" in line.advice
