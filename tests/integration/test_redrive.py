"""Dead letters on a real Kafka go back to exactly where they came from, once they can be read."""

import asyncio
import dataclasses
import gzip
import hashlib
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from local.child import ROOT
from schemas.admin import sync_topics
from schemas.codec import Codec
from schemas.examples import examples_of
from schemas.kafka import Publisher, Where, read_to_end
from schemas.records.base import World
from schemas.records.observed import RawPayload, ReadingBatch
from schemas.records.plumbing import DeadLetter
from schemas.redrive import Step, Wanted, redrive
from schemas.topics import load_profiles

pytestmark = pytest.mark.kafka

BATCH = examples_of(ReadingBatch)["v1/sakaigawabashi_rising"]
READABLE = Codec(ReadingBatch, World.ACTUAL).encode(BATCH)
OF_A_TOPIC = examples_of(DeadLetter)["v1/unreadable_record_of_a_topic"]
RAW = examples_of(RawPayload)["v1/compressed"]
OF_A_FEED = examples_of(DeadLetter)["v1/unreadable_telegram_of_a_feed"]


@pytest.fixture
def where(kafka: str, namespace: str) -> Where:
    """A prefix with the three topics that matter here."""
    sync_topics(Where(kafka, namespace), load_profiles()["local"], only=("dead-letters", "readings", "raw"))
    return Where(kafka, namespace)


async def test_bytes_go_back_to_their_topic_partition_and_key(where: Where) -> None:
    """What a program could not read then, and this one can: the same bytes, the same key, the same partition."""
    await _park(where, _letter(where, READABLE, partition=2))
    (step,) = await _redrive(where)
    assert step.sent
    assert step.text == f"sent to {where.namespace}actual.readings, partition 2, offset 0"
    (message,) = [m async for m in read_to_end(where, where.name("readings", World.ACTUAL))]
    assert (message.value, message.key, message.partition) == (READABLE, b"14205", 2)


async def test_a_letter_that_was_written_twice_is_sent_once(where: Where) -> None:
    """Every hop is at least once, the way into dead-letters too."""
    letter = _letter(where, READABLE)
    await _park(where, letter, letter)
    assert [step.sent for step in await _redrive(where)] == [True]


async def test_a_dry_run_sends_nothing(where: Where) -> None:
    """It says what would be done."""
    await _park(where, _letter(where, READABLE))
    (step,) = await _redrive(where, dry_run=True)
    assert (step.sent, step.text) == (False, f"would be sent to {where.namespace}actual.readings")
    assert [m async for m in read_to_end(where, where.name("readings", World.ACTUAL))] == []


async def test_a_truncated_body_is_fetched_from_where_it_lay(where: Where) -> None:
    """A letter keeps at most 64 kB; the topic has the rest."""
    big = dataclasses.replace(BATCH, stations=tuple(f"station-{number:05}" for number in range(8000)))
    body = Codec(ReadingBatch, World.ACTUAL).encode(big)
    async with _publisher(where) as publisher:
        lay = await publisher.resend(where.name("readings", World.ACTUAL), b"14205", body, 1)
    await _park(where, _letter(where, body, partition=1, offset=lay.offset))
    (step,) = await _redrive(where)
    assert step.sent
    read = [m.value async for m in read_to_end(where, where.name("readings", World.ACTUAL))]
    assert read == [body, body]


async def test_what_the_topic_no_longer_keeps_is_left(where: Where) -> None:
    """Half a record is never sent."""
    await _park(where, _letter(where, READABLE * 1000, partition=1, offset=7))
    (step,) = await _redrive(where)
    assert (step.sent, "no longer keeps partition 1, offset 7" in step.text) == (False, True)


async def test_other_bytes_at_that_place_are_left(where: Where) -> None:
    """A topic that was recreated has something else at the same offset."""
    async with _publisher(where) as publisher:
        lay = await publisher.resend(where.name("readings", World.ACTUAL), b"14205", READABLE, 1)
    await _park(where, _letter(where, READABLE * 1000, partition=1, offset=lay.offset))
    (step,) = await _redrive(where)
    assert (step.sent, "sha256 differs" in step.text) == (False, True)


async def test_what_would_be_parked_again_is_left(where: Where) -> None:
    """Still unreadable, or of another world than its topic: it says why."""
    drill = Codec(ReadingBatch, World.EXERCISE).encode(dataclasses.replace(BATCH, world=World.EXERCISE))
    await _park(where, _letter(where, b"\x00\x00\x00\x00\x07junk"), _letter(where, drill))
    texts = [step.text for step in await _redrive(where)]
    assert all(text.startswith("left: it would be parked again") for text in texts)
    assert any("no place among actual" in text for text in texts)


async def test_another_prefix_is_left_alone(where: Where) -> None:
    """A letter that names a topic outside this prefix."""
    await _park(where, dataclasses.replace(_letter(where, READABLE), topic="actual.readings"))
    (step,) = await _redrive(where)
    assert (step.sent, "no topic of topics.toml" in step.text) == (False, True)


async def test_a_feeds_bytes_are_left_and_saved(where: Where, tmp_path: Path) -> None:
    """They came over HTTP: they need the parser, and `--save` hands them to it."""
    await _park(where, OF_A_FEED)
    (step,) = await _redrive(where, save=tmp_path)
    assert (step.sent, "connectors parse" in step.text) == (False, True)
    assert (tmp_path / OF_A_FEED.id).read_bytes() == OF_A_FEED.body


async def test_a_feeds_long_bytes_are_found_in_raw(where: Where, tmp_path: Path) -> None:
    """A letter keeps 64 kB, `raw` keeps everything that was fetched: the parser gets the whole file."""
    telegram = b"<Report>" + b"x" * 100_000
    digest, size = hashlib.sha256(telegram).hexdigest(), len(telegram)
    payload = dataclasses.replace(RAW, sha256=digest, size=size, encoding="gzip", body=gzip.compress(telegram, mtime=0))
    async with _publisher(where) as publisher:
        await publisher.send("raw", RAW.source, RAW)
        await publisher.send("raw", payload.source, payload)
    cut = {"sha256": digest, "size": size, "body": telegram[:65_536], "truncated": True}
    await _park(where, dataclasses.replace(OF_A_FEED, **cut))
    (step,) = await _redrive(where, save=tmp_path)
    assert step.text.endswith(f"100008 of 100008 bytes in {tmp_path / OF_A_FEED.id}")
    assert (tmp_path / OF_A_FEED.id).read_bytes() == telegram


async def test_an_unreadable_dead_letter_stops_nothing(where: Where) -> None:
    """The others are still sent."""
    async with _publisher(where) as publisher:
        await publisher.resend(where.name("dead-letters", None), b"watch", b"junk", 0)
    await _park(where, _letter(where, READABLE))
    assert [step.sent for step in await _redrive(where)] == [True]


async def test_the_command_line_says_what_it_did(where: Where) -> None:
    """One line a letter, one at the end; only the wanted letters."""
    letter = _letter(where, READABLE)
    await _park(where, letter, OF_A_FEED)
    command = [sys.executable, "-m", "schemas", "redrive", "--topic", "readings", "--since", "2026-01-01T00:00:00Z"]
    settings = {"SONAE_KAFKA_BOOTSTRAP": where.bootstrap, "SONAE_NAMESPACE": where.namespace}
    done = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, env=os.environ | settings, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await asyncio.wait_for(done.communicate(), 60)
    first, last = out.decode().splitlines()
    assert first.startswith(f"{letter.id} · 2026-11-24 01:00Z · watch, unreadable · sent to {letter.topic}")
    assert last == "1 dead letters; 1 sent again"


def _letter(where: Where, body: bytes, partition: int = 2, offset: int = 0) -> DeadLetter:
    """What a program parks: at most the first 64 kB."""
    letter: DeadLetter = dataclasses.replace(
        OF_A_TOPIC,
        id=hashlib.sha256(body).hexdigest()[:32],
        topic=where.name("readings", World.ACTUAL),
        partition=partition,
        offset=offset,
        key=b"14205",
        sha256=hashlib.sha256(body).hexdigest(),
        size=len(body),
        body=body[:65_536],
        truncated=len(body) > 65_536,
    )
    return letter


async def _park(where: Where, *letters: DeadLetter) -> None:
    async with _publisher(where) as publisher:
        for letter in letters:
            await publisher.send("dead-letters", letter.program, letter)


async def _redrive(where: Where, dry_run: bool = False, save: Path | None = None) -> list[Step]:
    return [step async for step in redrive(where, Wanted(), dry_run, save)]


@asynccontextmanager
async def _publisher(where: Where) -> AsyncIterator[Publisher]:
    publisher = Publisher(where)
    await publisher.start()
    try:
        yield publisher
    finally:
        await publisher.stop()
