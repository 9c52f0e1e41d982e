"""A mapped document and a CAP feed over a real HTTP server and a real Kafka: fetched, published, not doubled."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.cursor import restore
from connectors.fetch import Fetcher
from connectors.formats import source_of
from connectors.places import from_reference
from connectors.rows import FeedRow, Feeds
from connectors.runner import Line, Outside, turn
from connectors.vitals import Vitals
from schemas.kafka import Publisher
from schemas.process.clock import RealClock
from schemas.process.health import Health
from schemas.records.base import World
from tests.integration.connectors_rig import ROW, publishing
from tests.integration.notifier_rig import records
from tests.integration.odd_server import Answers, odd_server, reply
from tests.unit.connectors.cap.messages import alert, triplet
from tests.unit.connectors.mapped.making import STAGES

pytestmark = pytest.mark.kafka

MINUTE = datetime.now(UTC).replace(second=0, microsecond=0)
AGO = [(MINUTE - timedelta(minutes=minutes)).isoformat() for minutes in range(40)]


@pytest.fixture
async def publisher(kafka: str, namespace: str) -> AsyncIterator[Publisher]:
    """Connected, with topics of this test's own."""
    async with publishing(kafka, namespace) as connected:
        yield connected


@contextlib.asynccontextmanager
async def line_of(row: FeedRow, path: str, answers: Answers) -> AsyncIterator[Line]:
    """A row at work, at a server that answers so."""
    async with odd_server(answers) as server:
        at = replace(row, url=server.address + path, take={})
        feeds = Feeds((at,), frozenset())
        async with Fetcher(at, feeds, "Sonae/test") as fetcher:
            yield Line(source_of(at, feeds, from_reference()), fetcher, feeds, None, Vitals())


async def poll(line: Line, publisher: Publisher) -> None:
    """One poll, now, to its end."""
    outside = Outside(line.feeds, publisher, RealClock(), Health(), "Sonae/test", lambda: 0.5)
    await turn(line, outside, datetime.now(UTC))


async def test_a_table_that_grows(publisher: Publisher, tmp_path: Path) -> None:
    """Each value goes out once, a wrong row goes to the dead letters once, and the cursor knows where it stands."""
    mapping = tmp_path / "city.toml"
    mapping.write_text(STAGES, encoding="utf8")
    row = replace(ROW, id="city", kind="mapped", mapping=str(mapping))
    text = f"gauge,time,level\ng1,{AGO[30]},1.0\ng1,soon,9\n"
    grown = text + f"g2,{AGO[20]},2.0\n"
    answers: Answers = {"/levels.csv": [reply(text.encode()), reply(grown.encode()), reply(grown.encode())]}
    async with line_of(row, "/levels.csv", answers) as line:
        for _ in range(3):
            await poll(line, publisher)
    made = await records(publisher.where, "readings", World.ACTUAL)
    assert [reading.value for batch in made for reading in batch.readings] == [1.0, 2.0]
    assert [batch.outcome for batch in made] == ["new", "new", "unchanged"]
    letters = await records(publisher.where, "dead-letters", None)
    assert {(letter.reason, letter.body, letter.id) for letter in letters} == {
        ("bad_time", b"g1,soon,9", letters[0].id)
    }
    assert "city" in await restore(publisher.where)


async def test_a_feed_of_alerts_and_a_cancellation(publisher: Publisher) -> None:
    """Two alerts, then one of them is cancelled; the feed is read three times, each message once."""

    def feed(*names: str) -> bytes:
        entries = "".join(
            f'<entry><updated>{AGO[30]}</updated><link type="application/cap+xml" href="/{name}.cap"/></entry>'
            for name in names
        )
        return f'<feed xmlns="http://www.w3.org/2005/Atom"><updated>{AGO[0]}</updated>{entries}</feed>'.encode()

    cancel = alert("c", message="Cancel", references=triplet("a", AGO[30]), sent=AGO[10])
    answers: Answers = {
        "/feed": [reply(feed("a", "b")), reply(feed("c", "b", "a")), reply(feed("c", "b", "a"))],
        "/a.cap": [reply(alert("a", sent=AGO[30]))],
        "/b.cap": [reply(alert("b", sent=AGO[29]))],
        "/c.cap": [reply(cancel)],
    }
    async with line_of(replace(ROW, id="cap", kind="cap"), "/feed", answers) as line:
        for _ in range(3):
            await poll(line, publisher)
    made = await records(publisher.where, "bulletins", World.ACTUAL)
    said = [(one.scope.rpartition(":")[2], item.active) for one in made for item in one.items]
    assert said == [("a", True), ("b", True), ("a", False)]
    assert len(await records(publisher.where, "raw", None)) == 3
    assert await records(publisher.where, "dead-letters", None) == []
