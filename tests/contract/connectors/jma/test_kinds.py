"""The tables: one file per family, nothing said twice, and a reader for every title."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.jma.families import FAMILIES
from connectors.jma.kinds import BadKinds, kinds, merge, plain
from connectors.rows import load_feeds

ONE = '[titles]\n"甲" = "VAAA50"\n[codes.alpha]\n1 = { level = 3 }\n'


def test_files_are_one_set_of_tables() -> None:
    """Each adds its own."""
    merged = merge([("a.toml", ONE), ("b.toml", '[titles]\n"乙" = "VBBB50"\n[codes.beta]\n2 = {}\n')])
    assert merged.titles == {"甲": "VAAA50", "乙": "VBBB50"}
    assert merged.codes["alpha"]["1"].level == 3
    assert merged.codes["beta"]["2"].level is None


@pytest.mark.parametrize("second", ['[titles]\n"甲" = "VCCC50"\n', "[codes.alpha]\n2 = {}\n"])
def test_two_files_may_not_say_the_same(second: str) -> None:
    """A title of two data types, a table in two places."""
    with pytest.raises(BadKinds, match="another file"):
        merge([("a.toml", ONE), ("b.toml", second)])


@pytest.mark.parametrize(
    "text", ["[title]\nx = 1\n", "[carriers]\nVAAA50 = { majors = [1] }\n", '[codes.a]\n1 = { level = "x" }\n']
)
def test_what_is_no_table_is_refused(text: str) -> None:
    """A misspelt table would be a table that nobody reads."""
    with pytest.raises(BadKinds):
        merge([("a.toml", text)])


def test_every_title_is_of_a_data_type_that_is_known_and_read() -> None:
    """No telegram may end in a KeyError."""
    assert set(kinds().titles.values()) <= set(kinds().carriers)
    assert set(kinds().titles.values()) == set(FAMILIES)


def test_no_title_is_both_read_and_left() -> None:
    """It would never be read."""
    assert not set(kinds().titles) & set(kinds().left)


def test_every_recorded_title_of_a_kind_that_is_fetched_is_known(recorded: Callable[[str], Path]) -> None:
    """Eleven days of all four feeds: what the rows take is read, or left with a reason."""
    taken = tuple(prefix for row in load_feeds().rows for prefix in row.take)
    known, seen = kinds().titles.keys() | kinds().left.keys(), 0
    with gzip.open(recorded("jma/feeds/feed_entries_20260728-20260808.jsonl.gz"), "rt", encoding="utf8") as lines:
        for entry in map(json.loads, lines):
            if entry["id"].rsplit("/", 1)[1].split("_")[2].startswith(taken):
                assert plain(entry["title"]) in known, entry["id"]
                seen += 1
    assert seen > 5000
