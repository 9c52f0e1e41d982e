"""A mapped source from poll to records: by HTTP, told once, and what it speaks for when it fails."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.formats import source_of
from connectors.mapped.cursor import MOST_BYTES, MappedCursor, Open, read_cursor, write_cursor
from connectors.mapped.source import MappedSource
from connectors.rows import BadFeeds, FeedRow, Feeds
from connectors.source import Asks, Failed, New, Parsed, Polled, Same, Unchanged
from schemas.records.base import Origin
from schemas.records.observed import PollOutcome, ReadingBatch
from tests.unit.connectors.answers import Written
from tests.unit.connectors.mapped.making import STAGES
from tests.unit.connectors.writing import AT, KANAGAWA, ROW, polled

URL = "https://city.example/levels.csv"
HEAD = "gauge,time,level\n"
FIRST, SECOND = "g1,2026-09-21T14:50,1.0\n", "g2,2026-09-21T15:00,2.0\n"


def row_with(folder: Path, mapping: str = STAGES, url: str = URL) -> FeedRow:
    """A row whose mapping is this one."""
    file = folder / "mapping.toml"
    file.write_text(mapping, encoding="utf8")
    return replace(ROW, id="city", kind="mapped", url=url, mapping=str(file), take={})


def source(folder: Path, mapping: str = STAGES) -> MappedSource:
    """The source of such a row."""
    row = row_with(folder, mapping)
    made = source_of(row, Feeds((row,), frozenset({"city.example"})), KANAGAWA)
    assert isinstance(made, MappedSource)
    return made


def turn(one: MappedSource, cursor: str | None, answers: Asks) -> tuple[Polled, Parsed]:
    """One poll, and what it became."""
    done = polled(asyncio.run(one.poll(cursor, answers, AT)))
    return done, one.parse(done)


def batches(parsed: Parsed) -> list[ReadingBatch]:
    """Its batches."""
    return [record for record in parsed.records if isinstance(record, ReadingBatch)]


def stations(parsed: Parsed) -> list[str]:
    """Of which stations readings went out."""
    return [reading.station for batch in batches(parsed) for reading in batch.readings]


def test_a_new_document_becomes_a_batch_for_its_municipality(tmp_path: Path) -> None:
    """With the trace of its bytes; the newest time of observation is the content's."""
    _, parsed = turn(source(tmp_path), None, Written({URL: (HEAD + FIRST + SECOND).encode()}))
    (batch,) = batches(parsed)
    assert (batch.municipality, batch.outcome, batch.stations) == ("14205", PollOutcome.NEW, ("g1", "g2"))
    assert parsed.content_at == AT


def test_what_a_document_said_before_is_not_said_again(tmp_path: Path) -> None:
    """A file that grows sends what it grew by; a corrected value is news."""
    one = source(tmp_path)
    _, first = turn(one, None, Written({URL: (HEAD + FIRST).encode()}))
    _, second = turn(one, first.cursor, Written({URL: (HEAD + FIRST + SECOND).encode()}))
    assert stations(second) == ["g2"]
    corrected = (HEAD + FIRST.replace("1.0", "1.1") + SECOND).encode()
    _, third = turn(one, second.cursor, Written({URL: corrected}))
    assert [reading.value for batch in batches(third) for reading in batch.readings] == [1.1]


def test_the_same_bytes_and_304_are_unchanged_and_asked_conditionally(tmp_path: Path) -> None:
    """A server that ignores conditions costs bytes, not repeats."""
    one, network = source(tmp_path), Written({URL: (HEAD + FIRST).encode()})
    _, first = turn(one, None, network)
    again, parsed = turn(one, first.cursor, network)
    assert isinstance(again.result, Unchanged)
    assert [(batch.outcome, batch.stations) for batch in batches(parsed)] == [(PollOutcome.UNCHANGED, ("g1",))]
    assert [one and one.etag for one in network.conditions] == [None, '"e1"']
    assert isinstance(turn(one, first.cursor, Written({URL: Same()}))[0].result, Unchanged)


def test_a_failed_poll_names_the_stations_that_are_not_heard(tmp_path: Path) -> None:
    """Failure is not absence: the municipality is told, and why."""
    one = source(tmp_path)
    _, first = turn(one, None, Written({URL: (HEAD + FIRST).encode()}))
    _, parsed = turn(one, first.cursor, Written({URL: Failed("http_500", "city.example answered 500")}))
    (batch,) = batches(parsed)
    assert (batch.outcome, batch.reason, batch.stations) == (PollOutcome.FAILED, "city.example answered 500", ("g1",))
    assert parsed.cursor is None


def test_a_document_that_moved_is_a_failed_poll(tmp_path: Path) -> None:
    """404 is not "no readings"."""
    done, _ = turn(source(tmp_path), None, Written({}))
    assert isinstance(done.result, Failed)
    assert done.result.reason == "http_404"


def test_wrong_rows_are_parked_with_their_line_and_bytes(tmp_path: Path) -> None:
    """And a hundred of them at most, with one letter about the others."""
    one = source(tmp_path)
    _, parsed = turn(one, None, Written({URL: (HEAD + "g1,soon,1.0\n" + SECOND).encode()}))
    assert [(one.reason, one.text[:7], one.body) for one in parsed.parked] == [("bad_time", "line 2:", b"g1,soon,1.0")]
    assert stations(parsed) == ["g2"]
    _, flood = turn(one, None, Written({URL: (HEAD + "g1,soon,1.0\n" * 150).encode()}))
    assert len(flood.parked) == 101
    assert "50 more rows are wrong: 50 bad_time" in flood.parked[-1].text


def test_another_mapping_reads_the_document_anew(tmp_path: Path) -> None:
    """Though it has not changed at its source."""
    _, first = turn(source(tmp_path), None, Written({URL: (HEAD + FIRST).encode()}))
    changed = source(tmp_path, STAGES.replace('unit = "m"', 'unit = "m"\nscale = 2'))
    network = Written({URL: (HEAD + FIRST).encode()})
    done, _ = turn(changed, first.cursor, network)
    assert isinstance(done.result, New)
    assert network.conditions[0] is not None
    assert network.conditions[0].etag is None


def test_a_large_file_goes_out_in_pieces_that_fit_into_messages(tmp_path: Path) -> None:
    """4,500 readings of one municipality: three batches, none lost."""
    rows = "".join(f"g{number},2026-09-21T14:50,1.0\n" for number in range(4500))
    _, parsed = turn(source(tmp_path), None, Written({URL: (HEAD + rows).encode()}))
    assert [len(batch.readings) for batch in batches(parsed)] == [2000, 2000, 500]
    assert len(set(stations(parsed))) == 4500


def test_the_same_document_twice_has_the_same_ids(tmp_path: Path) -> None:
    """A lost cursor only repeats, and a repeat is recognised."""
    network = Written({URL: (HEAD + FIRST + SECOND).encode()})
    ids = [[batch.id for batch in batches(turn(source(tmp_path), None, network)[1])] for _ in range(2)]
    assert ids[0] == ids[1]


def test_a_cursor_never_outgrows_its_message() -> None:
    """It forgets what only repeats first."""
    many = {f"{number:05}": tuple(f"station-{number}-{n}" for n in range(200)) for number in range(40)}
    opened = {f"{n:07}": tuple(Open("other", f"road {m}", "x" * 200, "y") for m in range(300)) for n in range(35)}
    cursor = MappedCursor(said="abcdefgh" * 15_000, stations=many, open=opened, taken={"a" * 8: "b" * 16})
    assert len(write_cursor(cursor).encode()) <= MOST_BYTES
    assert read_cursor(write_cursor(cursor)).said == ""
    assert read_cursor("{broken") == MappedCursor()


def test_rows_that_cannot_work_are_refused(tmp_path: Path) -> None:
    """Before anything is polled."""
    row = row_with(tmp_path)
    feeds = Feeds((row,), frozenset())
    with pytest.raises(BadFeeds, match="say which mapping"):
        source_of(replace(row, mapping=""), feeds, KANAGAWA)
    with pytest.raises(BadFeeds, match="22100 of its mapping is not in schemas/reference"):
        source_of(row_with(tmp_path, STAGES.replace("14205", "22100")), feeds, KANAGAWA)
    with pytest.raises(BadFeeds, match='write url = "push://city"'):
        source_of(row_with(tmp_path, url="push://other"), feeds, KANAGAWA)
    with pytest.raises(BadFeeds, match=r"without \.\."):
        source_of(row_with(tmp_path, url="file:///srv/../etc"), feeds, KANAGAWA)


def test_a_folder_or_a_push_is_live_only_where_the_file_says_so() -> None:
    """Whoever may write there decides what is true: an operator has to say that it is official."""
    feeds = Feeds((), frozenset(), official_inboxes=frozenset({"push://city", "file:///srv/drop"}))
    assert feeds.origin_of("push://city/abc") is Origin.LIVE
    assert feeds.origin_of("file:///srv/drop/a.csv") is Origin.LIVE
    assert feeds.origin_of("file:///srv/dropped/a.csv") is Origin.REPLAY
    assert feeds.origin_of("push://other") is Origin.REPLAY
