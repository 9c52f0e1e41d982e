"""One poll into Kafka: raw bytes and records are acknowledged before the cursor is saved, so nothing is lost."""

import asyncio
import gzip
import hashlib
from datetime import datetime

from aiokafka.structs import RecordMetadata

from connectors.cursor import PREFIX, owner_of
from connectors.news import is_news
from connectors.rows import FeedRow
from connectors.source import New, Parked, Parsed, Payload, Polled, Record
from schemas.codec import Invalid
from schemas.kafka import Publisher
from schemas.process.log import get_logger
from schemas.process.metrics import DEAD_LETTERED, PROCESSED, RECEIVED, STAGE_LATENCY, SUPPRESSED
from schemas.records.base import content_id
from schemas.records.observed import Bulletin, RawPayload
from schemas.records.plumbing import Cursor, DeadLetter, Heartbeat

Acknowledgement = asyncio.Future[RecordMetadata]
PROGRAM = "connectors"
KEPT_BYTES = 65_536
"""Of what is parked, at most this much is kept with the reason; the whole is in `raw`."""
SENDERS_TURNS = 3
"""Of the event loop: the producer's sender wakes, makes its request, and writes it."""


async def publish(publisher: Publisher, row: FeedRow, polled: Polled, parsed: Parsed) -> None:
    """Everything of one poll but its cursor. Returns when all of it is acknowledged; a fault of Kafka raises."""
    sent = await _records(publisher, row, polled, parsed.records)
    sent += [await _dead_letter(publisher, row, polled, parked) for parked in parsed.parked]
    sent += [await publisher.begin("raw", row.id, raw) for raw in await _raws(polled)]
    await asyncio.gather(*sent)
    for record in parsed.records:
        for hazard in hazards(record):
            PROCESSED.labels(row.id, hazard).inc()
    for note in parsed.notes:
        SUPPRESSED.labels(row.id, note).inc()
    for payload in _payloads(polled):
        get_logger().info("published", source=row.id, url=payload.url, trace=payload.trace.id)
        STAGE_LATENCY.labels("ingest").observe(max(0.0, (polled.made_at - payload.trace.started_at).total_seconds()))


async def save_cursor(publisher: Publisher, row: FeedRow, value: str, at: datetime, made_at: datetime) -> None:
    """Only after `publish` returned."""
    await publisher.send("cursors", owner_of(row), Cursor(owner_of(row), value, at, made_at))


async def save_beside(publisher: Publisher, name: str, value: str, at: datetime, made_at: datetime) -> None:
    """A row's counts or a host's volume: what may be a little old after a kill."""
    await publisher.send("cursors", f"{PREFIX}{name}", Cursor(f"{PREFIX}{name}", value, at, made_at))


async def tell(publisher: Publisher, heartbeat: Heartbeat) -> None:
    """How the source does, into `heartbeats`."""
    await publisher.send("heartbeats", heartbeat.source, heartbeat)


def raw_payload(payload: Payload, made_at: datetime) -> RawPayload:
    """The bytes as fetched, compressed without a time in it: the same bytes are the same record."""
    sha256 = hashlib.sha256(payload.body).hexdigest()
    return RawPayload(
        id=content_id("raw", payload.source, payload.url, sha256),
        source=payload.source,
        url=payload.url,
        origin=payload.origin,
        fetched_at=payload.fetched_at,
        status=payload.status,
        headers=payload.headers,
        encoding="gzip",
        sha256=sha256,
        size=len(payload.body),
        body=gzip.compress(payload.body, 6, mtime=0),
        trace=payload.trace,
        made_at=made_at,
    )


def dead_letter(row: FeedRow, polled: Polled, parked: Parked) -> DeadLetter:
    """What could not be read, with its reason. A repeat has the same id."""
    sha256 = hashlib.sha256(parked.body).hexdigest()
    return DeadLetter(
        id=content_id("dead-letter", row.id, parked.url, parked.reason, parked.text, sha256),
        program=PROGRAM,
        source=row.id,
        topic="",
        partition=None,
        offset=None,
        key=None,
        world=parked.world,
        origin=parked.origin or polled.origin,
        municipality=parked.municipality,
        reason=parked.reason,
        text=f"{parked.text} ({parked.url})"[:2000],
        stack=parked.stack,
        sha256=sha256,
        size=len(parked.body),
        body=parked.body[:KEPT_BYTES],
        truncated=len(parked.body) > KEPT_BYTES,
        at=polled.at,
        trace=parked.trace or polled.trace,
        made_at=polled.made_at,
    )


def hazards(record: Record) -> set[str]:
    """What a record is counted under."""
    return {item.hazard for item in record.items} if isinstance(record, Bulletin) else {"reading"}


async def _raws(polled: Polled) -> list[RawPayload]:
    """Compressed beside the loop: megabytes take longer than other sources should wait."""
    return [await asyncio.to_thread(raw_payload, payload, polled.made_at) for payload in _payloads(polled)]


def _payloads(polled: Polled) -> tuple[Payload, ...]:
    return polled.result.payloads if isinstance(polled.result, New) else ()


async def _records(
    publisher: Publisher, row: FeedRow, polled: Polled, records: tuple[Record, ...]
) -> list[Acknowledgement]:
    """In their order. News leaves while what stands behind it is still encoded: often the other areas' repeats."""
    sent, was_news = list[Acknowledgement](), False
    for record in records:
        news = _is_news(record)
        for _ in range(SENDERS_TURNS if was_news and not news else 0):
            await asyncio.sleep(0)
        sent.append(await _record(publisher, row, polled, record))
        was_news = news
    return sent


def _is_news(record: Record) -> bool:
    return isinstance(record, Bulletin) and is_news(record.items)


async def _record(publisher: Publisher, row: FeedRow, polled: Polled, record: Record) -> Acknowledgement:
    """A record that breaks its own schema is content, not a fault: it is parked, and the others go on."""
    topic = "bulletins" if isinstance(record, Bulletin) else "readings"
    try:
        acknowledged = await publisher.begin(topic, record.municipality, record)
    except Invalid as error:
        told, body = str(error)[:500], repr(record).encode()
        parked = Parked("invalid_record", told, record.id, body, municipality=record.municipality)
        return await _dead_letter(publisher, row, polled, parked)
    for hazard in hazards(record):
        RECEIVED.labels(row.id, hazard).inc()
    return acknowledged


async def _dead_letter(publisher: Publisher, row: FeedRow, polled: Polled, parked: Parked) -> Acknowledgement:
    DEAD_LETTERED.labels(row.id, parked.reason).inc()
    return await publisher.begin("dead-letters", PROGRAM, dead_letter(row, polled, parked))
