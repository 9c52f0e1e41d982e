"""`python -m connectors sources`: what an operator sees of each source, and what to do."""

import asyncio
import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from connectors.rows import Feeds
from connectors.settings import ConnectorSettings
from connectors.show import show_sources, table
from connectors.vitals import Vitals
from local.ports import free_port
from schemas.records.base import Origin
from schemas.records.plumbing import Cursor
from tests.unit.connectors.writing import ROW

NOW = datetime(2026, 9, 21, 6, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
OTHER = replace(ROW, id="stages", kind="kawabou", url="https://www.river.go.jp/", unverified="built from notes")
FEEDS = Feeds((ROW, OTHER), frozenset({"www.data.jma.go.jp"}), {"www.data.jma.go.jp": 2_000_000_000})
GOOD = Vitals(NOW - MINUTE, NOW - MINUTE, NOW - 3 * MINUTE, records=1234, parked=2)


def kept(vitals: Vitals, at: datetime = NOW) -> dict[str, Cursor]:
    """The first row's counts as they were saved at `at`."""
    return {f"={ROW.id}": Cursor("-", vitals.kept(), at, at)}


def shown(cursors: dict[str, Cursor] | None, width: int = 100, wrong: dict[str, str] | None = None) -> list[str]:
    """The table's lines."""
    return table(FEEDS, cursors, NOW, width, wrong or {})


def test_figures_and_times_of_japan() -> None:
    """Last tried, last answer, newest content, records, parked; the host's volume below."""
    cursors = kept(GOOD) | {"@www.data.jma.go.jp": Cursor("-", '{"day":"2026-09-21","used":123456789}', NOW, NOW)}
    lines = shown(cursors)
    assert lines[1].split() == [ROW.id, "ok", "live", "15:09:00", "15:09:00", "15:07:00", "1,234", "2"]
    assert lines[2].strip() == "Newest content 2 min ago."
    assert lines[-1] == "today from www.data.jma.go.jp: 123 of 2000 MB"


def test_what_is_wrong_and_what_to_do() -> None:
    """Also that nobody is polling, which no source can say of itself."""
    failing = replace(GOOD, failures=3, last_failure="http_500")
    assert "Check the network" in " ".join(shown(kept(failing)))
    silent = shown(kept(GOOD, NOW - 10 * MINUTE))
    assert silent[1].split()[1] == "silent"
    assert "Nobody polls since 15:00:00" in silent[2]


def test_a_replay_is_called_one_whatever_the_address_in_this_file() -> None:
    """`make up` polls a replay by a feeds file of its own; whoever asks has the live one. Older counts say nothing."""
    assert FEEDS.origin_of(ROW.url) is Origin.LIVE
    lines = shown(kept(replace(GOOD, origin=Origin.REPLAY)))
    assert lines[1].split()[:3] == [ROW.id, "ok", "replay"]
    assert "What was polled is replay" in " ".join(lines)
    assert shown(kept(replace(GOOD, origin=Origin.LIVE))) == shown(kept(GOOD))


def test_a_row_that_was_never_polled_and_one_that_nobody_has_seen_at_work() -> None:
    """Both are said in words."""
    lines = shown({})
    assert "Never polled" in lines[2]
    assert lines[-1].strip() == "Unverified against a recording: built from notes."


def test_it_fits_the_terminal() -> None:
    """Long sentences wrap; a day before today has its date."""
    late = replace(GOOD, content_at=NOW - timedelta(days=2), failures=5, last_failure="x " * 80)
    lines = shown(kept(late), width=80)
    assert max(len(line) for line in lines) <= 80
    assert "09-19 15:10" in lines[1]


def test_counts_that_cannot_be_read_are_none() -> None:
    """A cursor of another version does not end the table."""
    cursors = {f"={ROW.id}": Cursor("-", "{'", NOW, NOW)}
    assert shown(cursors)[1].split()[1] == "-"


def test_without_kafka_the_rows_and_what_nobody_has_seen_are_still_told() -> None:
    """That nothing is known is not that nothing was polled."""
    lines = shown(None)
    assert "Never polled" not in " ".join(lines)
    assert lines[-1].strip() == "Unverified against a recording: built from notes."


def test_a_row_that_run_refuses_says_so_and_looks_like_no_other() -> None:
    """Neither live nor replay: nothing of it would be read."""
    lines = shown(None, wrong={OTHER.id: "stages: say which mapping"})
    at = next(number for number, line in enumerate(lines) if line.startswith(OTHER.id))
    assert lines[at].split()[1:3] == ["refused", "-"]
    assert lines[at + 1].strip() == "`run` does not start with this row: stages: say which mapping"


def row_of(name: str, said: str) -> str:
    """A row of a feeds file."""
    url = 'url = "https://www.example.org/x.json"'
    return f'[[feed]]\nid = "{name}"\n{url}\ninterval_s = 60\nlicence = "-"\nattribution = "-"\n{said}\n'


def test_the_table_refuses_what_run_refuses(tmp_path: Path) -> None:
    """Exit code 2, without Kafka too, and the good rows stand there."""
    file = tmp_path / "feeds.toml"
    wrong = {
        'kind = "mappd"': 'did you mean "mapped"?',
        'kind = "mapped"': "say which mapping",
        'kind = "mapped"\nmapping = "shizuoka-underpas"': 'did you mean "shizuoka-underpass"?',
        'kind = "mapped"\nmapping = "shizuoka-underpass"': "area 22100 of its mapping is not in schemas/reference",
    }
    rows = "".join(row_of(f"wrong-{number}", said) for number, said in enumerate(wrong))
    file.write_text(rows + row_of("good", 'kind = "amedas"'), encoding="utf8")
    out = io.StringIO()
    settings = ConnectorSettings(feeds=file, kafka_bootstrap=f"127.0.0.1:{free_port()}")
    assert asyncio.run(show_sources(settings, out)) == 2
    words = " ".join(out.getvalue().split())
    assert words.startswith("No Kafka at ")
    assert "good - replay" in words
    for number, sentence in enumerate(wrong.values()):
        assert f"wrong-{number} refused" in words
        assert sentence in words
