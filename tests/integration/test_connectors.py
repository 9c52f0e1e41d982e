"""The connectors on a real Kafka: what is acknowledged first, worlds apart, bad content aside."""

import asyncio
import contextlib
import io
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from connectors.cursor import restore
from connectors.fetch import Fetcher
from connectors.formats import source_of
from connectors.hosts import Hosts
from connectors.jma.telegram import parse_telegram
from connectors.places import from_reference
from connectors.publish import publish
from connectors.rows import Feeds
from connectors.runner import Line, Outside, run_sources, turn
from connectors.settings import ConnectorSettings
from connectors.show import show_sources
from connectors.source import Asks, Failed, New, Parsed, Payload, Polled
from connectors.vitals import Vitals
from schemas.kafka import Publisher, Where, read_to_end
from schemas.process.clock import RealClock
from schemas.process.health import Health
from schemas.records.base import Origin, Trace, World
from schemas.records.observed import PollOutcome
from tests.integration.connectors_rig import DATA, FEED, ROW, STAGES, feeds_at, name, publishing, telegrams
from tests.integration.notifier_rig import records, until
from tests.integration.odd_server import OddServer, never, odd_server, reply
from tests.unit.connectors.answers import atom
from tests.unit.connectors.writing import AT, WARNED, bulletins, landslide, polled
from tests.unit.connectors.writing import payload as written

pytestmark = pytest.mark.kafka


@pytest.fixture
async def publisher(kafka: str, namespace: str) -> AsyncIterator[Publisher]:
    """Connected, with topics of this test's own."""
    async with publishing(kafka, namespace) as connected:
        yield connected


@contextlib.asynccontextmanager
async def line_at(server: OddServer, cursor: str | None = None) -> AsyncIterator[Line]:
    """The telegrams' source at work."""
    feeds = feeds_at(server, ROW)
    async with Fetcher(feeds.rows[0], feeds, "Sonae/test") as fetcher:
        yield Line(source_of(feeds.rows[0], feeds, from_reference()), fetcher, feeds, cursor, Vitals())


async def poll(line: Line, publisher: Publisher) -> Polled:
    """One poll, now, to its end."""
    return await turn(line, around(line.feeds, publisher), datetime.now(UTC))


def around(feeds: Feeds, publisher: Publisher) -> Outside:
    """What the loop needs, in real time."""
    return Outside(feeds, publisher, RealClock(), Health(), "Sonae/test", lambda: 0.5)


async def test_raw_and_records_are_there_before_the_cursor(publisher: Publisher) -> None:
    """By the broker's own clock; all that a replay brings is marked as one, with one trace from its bytes on."""
    bodies = {name(1): landslide(WARNED), name(2): landslide(WARNED, serial="2")}
    async with odd_server(telegrams(bodies)) as server, line_at(server) as line:
        await poll(line, publisher)
    stamps = {topic: await _stamps(publisher.where, topic) for topic in ("raw", "bulletins", "cursors")}
    assert (len(stamps["raw"]), len(stamps["bulletins"]), len(stamps["cursors"])) == (2, 2, 2)
    assert max(stamps["raw"] + stamps["bulletins"]) <= min(stamps["cursors"])
    raw = await records(publisher.where, "raw", None)
    made = await records(publisher.where, "bulletins", World.ACTUAL)
    assert {record.origin for record in (*raw, *made)} == {Origin.REPLAY}
    assert {record.trace.id for record in raw} == {record.trace.id for record in made}
    assert {record.sha256 for record in raw} == {record.raw_sha256 for record in made}
    assert all(record.trace.started_at <= record.made_at for record in made)


async def test_a_kill_before_the_cursor_only_repeats(publisher: Publisher) -> None:
    """The next process starts from the old cursor: the same bulletins again, with the same ids."""
    async with odd_server(telegrams({name(1): landslide(WARNED)})) as server:
        async with line_at(server) as line:
            await poll(line, publisher)
        async with line_at(server, None) as after_the_kill:
            await poll(after_the_kill, publisher)
        restored = (await restore(publisher.where))["jma"]
        async with line_at(server, restored) as after_the_save:
            polled = await poll(after_the_save, publisher)
    made = await records(publisher.where, "bulletins", World.ACTUAL)
    assert (len(made), len({bulletin.id for bulletin in made})) == (2, 1)
    assert not isinstance(polled.result, New)


async def test_worlds_have_their_own_topics(publisher: Publisher) -> None:
    """訓練 and 試験 never reach the actual bulletins; an unknown status reaches none of them."""
    bodies = {name(i): landslide(WARNED, status=s) for i, s in enumerate(("通常", "訓練", "試験", "演習"))}
    async with odd_server(telegrams(bodies)) as server, line_at(server) as line:
        await poll(line, publisher)
    found = {world: await records(publisher.where, "bulletins", world) for world in World}
    assert {world: len(made) for world, made in found.items()} == dict.fromkeys(World, 1)
    assert [letter.reason for letter in await records(publisher.where, "dead-letters", None)] == ["unknown_status"]


async def test_what_cannot_be_parsed_is_set_aside_and_holds_up_nothing(publisher: Publisher) -> None:
    """With its reason and its bytes; the raw bytes are kept as well."""
    bad = b"<html><body>Service Unavailable</body></html>"
    async with odd_server(telegrams({name(1): bad, name(2): landslide(WARNED)})) as server, line_at(server) as line:
        await poll(line, publisher)
    (letter,) = await records(publisher.where, "dead-letters", None)
    assert (letter.reason, letter.body, letter.source, letter.topic) == ("not_a_telegram", bad, "jma", "")
    assert len(await records(publisher.where, "bulletins", World.ACTUAL)) == 1
    assert len(await records(publisher.where, "raw", None)) == 2


async def test_words_without_end_are_cut(publisher: Publisher) -> None:
    """Names as long as a book are cut; the telegram beside it is not held up."""
    long = landslide({"1420600": ("警" * 100_000, "3", "発" * 100_000)})
    async with odd_server(telegrams({name(1): long, name(2): landslide(WARNED)})) as server, line_at(server) as line:
        await poll(line, publisher)
    made = await records(publisher.where, "bulletins", World.ACTUAL)
    assert sorted(len(bulletin.items[0].kind_name) for bulletin in made) == [2, 200]


async def test_a_source_that_hangs_holds_up_no_other(publisher: Publisher) -> None:
    """Telegrams come while the stages' site says nothing; that is told to its municipality and the operator."""
    now = datetime.now(UTC)
    answers = telegrams({name(1): landslide(WARNED)}) | {FEED: [reply(atom([name(1)], now))]}
    answers |= {"/kawabou/file/system/tmCrntTime.json": [never()]}
    where = publisher.where
    stages = replace(STAGES, deadline_s=2)
    async with odd_server(answers) as server, running(feeds_at(server, ROW, stages), publisher):
        await until(lambda: records(where, "bulletins", World.ACTUAL), "the telegram's bulletin is there")
        batches = await until(lambda: records(where, "readings", World.ACTUAL), "the failed poll is told")
        await until(lambda: _states(where, "stage", "failing"), "the source is told to be failing")
    assert {(batch.municipality, batch.outcome, batch.readings) for batch in batches} == {
        ("14205", PollOutcome.FAILED, ())
    }
    assert set(await _states(where, "jma")) == {"ok"}


class Broken:
    """A source with a fault in its own code."""

    row = ROW

    async def poll(self, cursor: str | None, _ask: Asks, now: datetime) -> New:
        """The second poll fails in its own code."""
        if cursor is not None:
            raise KeyError("poll")
        payload = Payload("jma", "http://h/t", Origin.REPLAY, 200, {}, b"bytes", now, Trace("t", now))
        return New((payload,), "moved on")

    def parse(self, _polled: Polled) -> Parsed:
        """Always fails."""
        raise ZeroDivisionError("parse")


async def test_a_fault_in_a_sources_own_code_is_its_own_alone(publisher: Publisher) -> None:
    """Its bytes are set aside with the stack and the cursor moves on; a poll that breaks is a failed poll."""
    feeds = Feeds((ROW,), frozenset())
    async with Fetcher(ROW, feeds, "Sonae/test") as fetcher:
        line = Line(Broken(), fetcher, feeds, None, Vitals())
        await poll(line, publisher)
        second = await poll(line, publisher)
    (letter,) = await records(publisher.where, "dead-letters", None)
    assert (letter.reason, letter.body) == ("parser_fault", b"bytes")
    assert "ZeroDivisionError" in letter.stack
    assert (await restore(publisher.where))["jma"] == "moved on"
    assert isinstance(second.result, Failed)
    assert second.result.reason == "source_fault"


async def test_a_record_that_breaks_its_schema_is_set_aside(publisher: Publisher) -> None:
    """The records beside it go out."""
    payload = written(landslide(WARNED))
    good, other = (bulletins(parse_telegram(payload, from_reference(), AT))[0] for _ in range(2))
    naive = replace(other, reported_at=other.reported_at.replace(tzinfo=None))
    await publish(publisher, ROW, polled(New((payload,), "{}")), Parsed((naive, good)))
    (letter,) = await records(publisher.where, "dead-letters", None)
    assert (letter.reason, letter.municipality) == ("invalid_record", "14206")
    assert await records(publisher.where, "bulletins", World.ACTUAL) == [good]


class Big:
    """A source whose bytes take long to read."""

    row = ROW

    async def poll(self, _cursor: str | None, _ask: Asks, now: datetime) -> New:
        """As many bytes as a snapshot of all Japan has."""
        payload = Payload("jma", "http://h/t", Origin.REPLAY, 200, {}, b"x" * 5_000_000, now, Trace("t", now))
        return New((payload,), "read")

    def parse(self, _polled: Polled) -> Parsed:
        """Without giving way, for a second and a half."""
        time.sleep(1.5)
        return Parsed(cursor="read")


async def test_a_big_telegram_holds_up_no_other_source(publisher: Publisher) -> None:
    """It is parsed beside the loop, which goes on meanwhile."""
    feeds = Feeds((ROW,), frozenset())
    async with Fetcher(ROW, feeds, "Sonae/test") as fetcher:
        parsing = asyncio.create_task(poll(Line(Big(), fetcher, feeds, None, Vitals()), publisher))
        turns = 0
        while not parsing.done():
            await asyncio.sleep(0.01)
            turns += 1
        await parsing
    assert turns > 20, "the loop stood still"


async def test_counts_and_volume_go_on_over_a_restart(publisher: Publisher) -> None:
    """The second process knows what the first published, when its content was new, and what it fetched today."""
    now = datetime.now(UTC)
    big = landslide(WARNED) + b" " * 2_500_000
    answers = telegrams({name(1): big}) | {FEED: [reply(atom([name(1)], now))]}
    async with odd_server(answers) as server:
        feeds = feeds_at(server, ROW)
        host = server.address.removeprefix("http://")
        for run in (1, 2):
            async with running(feeds, publisher):
                await until(lambda: _kept(publisher.where, f"={ROW.id}"), "the counts are kept")
                await until(lambda: _kept(publisher.where, f"@{host}"), "the volume is kept")
                await until(partial(_beats, publisher.where, run), "the source is told")
        assert len(server.asked[DATA + name(1)]) == 1
    beats: list[Any] = await records(publisher.where, "heartbeats", None)
    made = await records(publisher.where, "bulletins", World.ACTUAL)
    assert beats[-1].records == len(made)
    volume = Hosts(feeds, "Sonae/test", await restore(publisher.where)).of(server.address)
    assert 2_500_000 < volume.used < 2_700_000


async def _kept(where: Where, owner: str) -> str | None:
    return (await restore(where)).get(owner)


async def _beats(where: Where, at_least: int) -> bool:
    """Each process tells at once how its sources do."""
    return len(await _states(where, ROW.id)) >= at_least


@contextlib.asynccontextmanager
async def running(feeds: Feeds, publisher: Publisher) -> AsyncIterator[None]:
    """The loop for the length of the block; its fault, if it has one, comes out here."""
    sources = [source_of(row, feeds, from_reference()) for row in feeds.rows]
    task = asyncio.create_task(run_sources(sources, around(feeds, publisher)))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _states(where: Where, source: str, state: str | None = None) -> list[str]:
    beats: list[Any] = await records(where, "heartbeats", None)
    return [beat.state for beat in beats if beat.source == source and state in (None, beat.state)]


async def _stamps(where: Where, topic: str) -> list[int]:
    """When the broker wrote each message."""
    world = World.ACTUAL if topic == "bulletins" else None
    return [message.timestamp async for message in read_to_end(where, where.name(topic, world))]


async def test_sources_says_what_kafka_lacks_and_shows_the_rows(kafka: str, namespace: str) -> None:
    """Topics that nobody has made yet: the sentence says how, and below it stand the rows."""
    out = io.StringIO()
    assert await show_sources(ConnectorSettings(kafka_bootstrap=kafka, namespace=namespace), out) == 0
    first, head, *rows = out.getvalue().splitlines()
    assert first.endswith("does not exist: create it with `python -m schemas sync`")
    assert head.startswith("source ")
    assert rows[0].startswith("jma-extra ")
