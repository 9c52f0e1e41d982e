"""For people: what a file becomes or why it is parked, as JSON lines; and a table of the sources."""

import asyncio
from datetime import UTC, timedelta
from pathlib import Path
from typing import TextIO

import msgspec
from aiokafka.errors import KafkaError

from connectors.jma.atom import read_feed
from connectors.jma.telegram import parse_telegram
from connectors.places import Places, from_reference
from connectors.river.stages import read_slot, read_stages
from connectors.rows import load_feeds
from connectors.settings import ConnectorSettings
from connectors.source import Park, Payload
from schemas.codec import Codec, Unreadable
from schemas.kafka import Where, read_to_end
from schemas.process.clock import now_utc
from schemas.records.base import Origin, Trace, content_id
from schemas.records.plumbing import Heartbeat

KAFKA_WITHIN_S = 10.0
FAR = timedelta(days=36_500)


def parse_files(files: list[Path], out: TextIO) -> int:
    """One JSON line per record, or per reason why there is none. 1 if a file cannot be opened."""
    code = 0
    for file in files:
        try:
            body = file.read_bytes()
        except OSError as error:
            _line(out, {"file": str(file), "unreadable": str(error)})
            code = 1
            continue
        for line in describe(file, body, from_reference()):
            _line(out, {"file": str(file)} | line)
    return code


def describe(file: Path, body: bytes, places: Places) -> list[dict[str, object]]:
    """What the bytes are: an Atom feed, a telegram, the stage site's clock or a station's file."""
    try:
        if body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{":
            return _stages(file, body)
        if b"http://www.w3.org/2005/Atom" in body[:1000]:
            feed = read_feed(body)
            return [{"kind": "feed", "updated": feed.updated, "url": entry.url} for entry in feed.entries]
    except Park as park:
        return [{"parked": park.reason, "text": park.text}]
    return _telegram(file, body, places)


def _telegram(file: Path, body: bytes, places: Places) -> list[dict[str, object]]:
    now = now_utc()
    trace = Trace(content_id("file", file, now), now)
    payload = Payload("file", file.absolute().as_uri(), Origin.REPLAY, 200, {}, body, now, trace, file.name)
    parsed = parse_telegram(payload, places, now, judge_future=False)
    found: list[dict[str, object]] = [{"kind": "bulletin", "record": record} for record in parsed.records]
    found += [{"parked": parked.reason, "text": parked.text} for parked in parsed.parked]
    return found or [{"kind": "outside", "text": "a good telegram about no area of ours"}]


def _stages(file: Path, body: bytes) -> list[dict[str, object]]:
    if b"crntObsTime" in body[:200]:
        return [{"kind": "slot", "at": read_slot(body)}]
    stages = read_stages(body, file.stem, file.stem, now_utc() + FAR)
    found: list[dict[str, object]] = [{"kind": "reading", "record": reading} for reading in stages.readings]
    return found + [{"parked": row.reason, "text": row.text} for row in stages.bad]


async def show_sources(settings: ConnectorSettings, out: TextIO) -> int:
    """A table of the feeds file's rows, with each one's last heartbeat where Kafka answers."""
    feeds = load_feeds(settings.feeds)
    try:
        beats = await asyncio.wait_for(_heartbeats(Where.of(settings)), KAFKA_WITHIN_S)
    except (KafkaError, LookupError, TimeoutError, OSError) as error:
        beats = {}
        print(f"no heartbeats: Kafka at {settings.kafka_bootstrap} does not answer ({error})", file=out)
    print(f"{'source':<20} {'kind':<10} {'origin':<7} {'state':<8} {'newest content':<17} text", file=out)
    for row in feeds.rows:
        beat = beats.get(row.id)
        state, text = (beat.state, beat.text) if beat else ("-", row.url)
        newest = f"{beat.content_at.astimezone(UTC):%Y-%m-%d %H:%MZ}" if beat and beat.content_at else "-"
        print(f"{row.id:<20} {row.kind:<10} {feeds.origin_of(row.url):<7} {state:<8} {newest:<17} {text}", file=out)
    return 0


async def _heartbeats(where: Where) -> dict[str, Heartbeat]:
    codec: Codec[Heartbeat] = Codec(Heartbeat, None)
    found: dict[str, Heartbeat] = {}
    async for message in read_to_end(where, where.name("heartbeats", None)):
        try:
            beat = codec.decode(message.value)
        except Unreadable:
            continue
        found[beat.source] = beat
    return found


def _line(out: TextIO, line: dict[str, object]) -> None:
    print(msgspec.json.encode(line, enc_hook=str).decode(), file=out)
