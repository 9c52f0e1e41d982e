"""The connectors on a real Kafka: what is acknowledged first, worlds apart, bad content aside, kills survived."""

import asyncio
import contextlib
import os
import random
import signal
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.cursor import restore
from connectors.fetch import Fetcher
from connectors.formats import source_of
from connectors.places import from_reference
from connectors.rows import FeedRow, Feeds
from connectors.runner import Line, Outside, run_sources, turn
from connectors.source import New, Polled
from connectors.vitals import Vitals
from schemas.kafka import Publisher, Where, read_to_end
from schemas.process.clock import RealClock
from schemas.process.health import Health
from schemas.records.base import Origin, World
from schemas.records.observed import PollOutcome
from tests.integration.notifier_rig import create_topics, records, until
from tests.integration.odd_server import Answers, OddServer, Writer, never, odd_server, reply
from tests.unit.connectors.answers import atom
from tests.unit.connectors.writing import WARNED, landslide, stage_file

pytestmark = pytest.mark.kafka

TOPICS = ("raw", "bulletins", "readings", "cursors", "heartbeats", "dead-letters")
SAKAI = "3585_4_309"
JST = timedelta(hours=9)
FEED, DATA = "/developer/xml/feed/extra.xml", "/developer/xml/data/"
ROW = FeedRow(
    id="jma", kind="jma-atom", url="-", interval_s=1, licence="-", attribution="-", deadline_s=10, take={"VXWW50": ()}
)
STAGES = replace(ROW, id="stage", kind="kawabou", take={}, stations=(SAKAI,))


@pytest.fixture
async def publisher(kafka: str, namespace: str) -> AsyncIterator[Publisher]:
    """Connected, with topics of this test's own."""
    where = Where(kafka, namespace)
    await asyncio.to_thread(create_topics, where, TOPICS)
    publisher = Publisher(where)
    await publisher.start()
    yield publisher
    await publisher.stop()


def name(serial: int) -> str:
    """A telegram's file name."""
    return f"20260921{serial:06d}_0_VXWW50_140000.xml"


def telegrams(bodies: dict[str, bytes]) -> Answers:
    """A feed that names these telegrams, and the telegrams."""
    answers: Answers = {DATA + key: [reply(body)] for key, body in bodies.items()}
    answers[FEED] = [reply(atom(list(bodies)))]
    return answers


def feeds_at(server: OddServer, *rows: FeedRow) -> Feeds:
    """The rows at the server's address."""
    paths = {"jma-atom": FEED, "kawabou": "/kawabou/"}
    return Feeds(tuple(replace(row, url=server.address + paths[row.kind]) for row in rows), frozenset())


@contextlib.asynccontextmanager
async def line_at(server: OddServer, cursor: str | None = None) -> AsyncIterator[Line]:
    """The telegrams' source at work."""
    feeds = feeds_at(server, ROW)
    async with Fetcher(feeds.rows[0], feeds, "Sonae/test", RealClock()) as fetcher:
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
    assert (len(stamps["raw"]), len(stamps["bulletins"]), len(stamps["cursors"])) == (2, 2, 1)
    assert max(stamps["raw"] + stamps["bulletins"]) <= stamps["cursors"][0]
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


TELEGRAMS, KILLS = 24, 5


@pytest.mark.deadline(180)
async def test_killed_again_and_again_nothing_is_missing(publisher: Publisher, tmp_path: Path) -> None:
    """SIGKILL at any moment, 5 times: every telegram and every value arrives, repeats are known by their ids."""
    where, chance = publisher.where, random.Random(20260921)
    async with odd_server(_growing()) as server:
        file = tmp_path / "feeds.toml"
        file.write_text(_feeds_file(server), encoding="utf8")
        for _ in range(KILLS):
            async with connectors(where, file):
                await asyncio.sleep(chance.uniform(0.8, 3.0))  # any moment: that is what is tested
        async with connectors(where, file):
            await until(lambda: _all_there(where), "every telegram and value is there")
    made = await records(where, "bulletins", World.ACTUAL)
    assert {bulletin.serial for bulletin in made} == set(range(TELEGRAMS))
    assert len({bulletin.id for bulletin in made}) == TELEGRAMS
    assert await records(where, "dead-letters", None) == []


@contextlib.asynccontextmanager
async def connectors(where: Where, feeds: Path) -> AsyncIterator[None]:
    """`python -m connectors run` as a process, killed at the end of the block."""
    env = os.environ | {"SONAE_KAFKA_BOOTSTRAP": where.bootstrap, "SONAE_NAMESPACE": where.namespace}
    argv = (sys.executable, "-m", "connectors", "run", "--feeds", str(feeds))
    process = await asyncio.create_subprocess_exec(*argv, env=env, stderr=asyncio.subprocess.DEVNULL)
    try:
        yield
        assert process.returncode is None, "it ended by itself"
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGKILL)
        await process.wait()


def _feeds_file(server: OddServer) -> str:
    rows = feeds_at(server, ROW, STAGES).rows
    return "\n".join(
        f'[[feed]]\nid = "{row.id}"\nkind = "{row.kind}"\nurl = "{row.url}"\ninterval_s = 1\nlicence = "-"\n'
        f'attribution = "-"\nstations = {list(row.stations)}\n'
        for row in rows
    )


def _growing() -> Answers:
    """One more telegram and one more slot each half second from now on, until all are there."""
    loop = asyncio.get_running_loop()
    born, first = loop.time(), datetime.now(UTC) + JST - timedelta(hours=12)
    first = first.replace(minute=0)

    def count() -> int:
        return min(TELEGRAMS, int((loop.time() - born) / 0.5) + 1)

    def slot(number: int) -> str:
        return f"{first + timedelta(minutes=10 * number):%Y/%m/%d %H:%M}"

    def value(number: int) -> dict[str, object]:
        return {"obsTime": slot(number), "stg": number / 10, "stgCcd": 0}

    answers: Answers = {DATA + name(i): [reply(landslide(WARNED, serial=str(i)))] for i in range(TELEGRAMS)}
    answers[FEED] = [_writes(lambda: atom([name(i) for i in range(count())]))]
    clock = "/kawabou/file/system/tmCrntTime.json"
    answers[clock] = [_writes(lambda: f'{{"crntObsTime": "{slot(count() - 1)}"}}'.encode())]
    for number in range(TELEGRAMS):
        path = slot(number).replace("/", "").replace(":", "").replace(" ", "/")
        shown = stage_file(*(value(i) for i in range(number + 1)))
        answers[f"/kawabou/file/files/tmlist/stg/{path}/{SAKAI}.json"] = [reply(shown)]
    return answers


def _writes(body: Callable[[], bytes]) -> Writer:
    async def write(writer: asyncio.StreamWriter) -> None:
        writer.write(reply(body()))
        await writer.drain()

    return write


async def _all_there(where: Where) -> bool:
    made = await records(where, "bulletins", World.ACTUAL)
    batches = await records(where, "readings", World.ACTUAL)
    values = {reading.value for batch in batches for reading in batch.readings}
    return {b.serial for b in made} == set(range(TELEGRAMS)) and values == {n / 10 for n in range(TELEGRAMS)}


async def _states(where: Where, source: str, state: str | None = None) -> list[str]:
    beats: list[Any] = await records(where, "heartbeats", None)
    return [beat.state for beat in beats if beat.source == source and state in (None, beat.state)]


async def _stamps(where: Where, topic: str) -> list[int]:
    """When the broker wrote each message."""
    world = World.ACTUAL if topic == "bulletins" else None
    return [message.timestamp async for message in read_to_end(where, where.name(topic, world))]
