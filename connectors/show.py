"""For people: a table of the sources, and how each does."""

import asyncio
from datetime import UTC
from typing import TextIO

from aiokafka.errors import KafkaError

from connectors.rows import load_feeds
from connectors.settings import ConnectorSettings
from schemas.codec import Codec, Unreadable
from schemas.kafka import Where, read_to_end
from schemas.records.plumbing import Heartbeat

KAFKA_WITHIN_S = 10.0


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
