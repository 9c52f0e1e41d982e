"""The only loop: one task per source; poll, publish, save the cursor, tell how it does, sleep until the next wake-up.

A source's failure never holds up another; a fault of Kafka or of the clock ends the process.
"""

import asyncio
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from connectors.cursor import COUNTS, HOST, restore
from connectors.fetch import Fetcher
from connectors.hosts import Host, Hosts
from connectors.publish import publish, save_beside, save_cursor, tell
from connectors.repeats import Repeats
from connectors.rows import Feeds
from connectors.schedule import Rhythm, next_wake
from connectors.source import Failed, New, Parked, Parsed, Payload, Polled, Recalls, Result, Source
from connectors.vitals import Vitals, count, heartbeat, recalled
from schemas.kafka import Publisher
from schemas.process.clock import Clock, now_utc
from schemas.process.health import Health
from schemas.process.log import get_logger
from schemas.records.base import Trace, content_id

TELL_EVERY = timedelta(seconds=60)
"""A heartbeat after every poll that brought something or changed the state, and at least this often."""
BESIDE_FROM = 100_000
"""Bytes from which a poll is parsed in a thread: megabytes of XML take a second in which other sources go on."""


@dataclass(frozen=True, slots=True)
class Outside:
    """What the loop needs from the process around it. `jitter` gives a random number in 0..1."""

    feeds: Feeds
    publisher: Publisher
    clock: Clock
    health: Health
    agent: str
    jitter: Callable[[], float]


@dataclass(slots=True)
class Line:
    """One source at work, and where it stands. Changed only by its own task."""

    source: Source
    fetcher: Fetcher
    feeds: Feeds
    cursor: str | None
    vitals: Vitals
    repeats: Repeats = field(default_factory=Repeats)
    told_at: datetime | None = None
    told_state: str = ""


async def run_sources(sources: list[Source], outside: Outside) -> None:
    """Poll for ever. Raises what is nobody's content: the process must end and start anew."""
    restored = False

    async def is_restored() -> bool:
        return restored

    outside.health.checks["cursors"] = is_restored
    cursors = await restore(outside.publisher.where)
    restored = True
    for source in sources:
        if isinstance(source, Recalls):
            source.recall(cursors.get(source.row.id))
    hosts = Hosts(outside.feeds, outside.agent, cursors)
    try:
        async with asyncio.TaskGroup() as group:
            for source in sources:
                group.create_task(_run(source, cursors, hosts, outside))
    finally:
        await hosts.close()


async def _run(source: Source, cursors: Mapping[str, str], hosts: Hosts, outside: Outside) -> None:
    row = source.row
    rhythm = Rhythm(row.interval_s, row.offset_s)
    async with Fetcher(row, outside.feeds, outside.agent, hosts) as fetcher:
        line = Line(source, fetcher, outside.feeds, cursors.get(row.id), recalled(cursors.get(COUNTS + row.id)))
        now = await outside.clock.now()
        while True:
            await turn(line, outside, now)
            outside.health.progress()
            due = next_wake(rhythm, now, line.vitals.in_vain, outside.jitter())
            now = await outside.clock.sleep_until(due, line.source.row.id)


async def turn(line: Line, outside: Outside, now: datetime) -> Polled:
    """One poll to its end. What it brought is acknowledged before the cursor moves: a kill in between only repeats.

    Event time is asked again when the poll is over: what was published meanwhile is not from the future.
    """
    publisher = outside.publisher
    result = await _poll(line, now)
    ended, made_at = await outside.clock.now(), now_utc()
    row = line.source.row
    trace = Trace(content_id("poll", row.id, now, made_at), made_at)
    polled = Polled(ended, _arrived(result, ended), line.feeds.origin_of(row.url), trace, made_at)
    parsed = await _parsed(line.source, polled)
    parsed = replace(parsed, records=line.repeats.left_out(row.id, parsed.records))
    await publish(publisher, row, polled, parsed)
    line.repeats.note(parsed.records)
    if parsed.cursor is not None and parsed.cursor != line.cursor:
        await save_cursor(publisher, row, parsed.cursor, ended, now_utc())
        line.cursor = parsed.cursor
    await _note(line, publisher, polled, parsed)
    return polled


def _arrived(result: Result, ended: datetime) -> Result:
    """What a poll brought had arrived by its end."""
    if not isinstance(result, New):
        return result
    return replace(result, payloads=tuple(replace(one, fetched_at=ended) for one in result.payloads))


async def _poll(line: Line, now: datetime) -> Result:
    """A source whose own code fails is a failed poll of this source, not the end of all others."""
    line.fetcher.begin(now)
    try:
        return await line.source.poll(line.cursor, line.fetcher, now)
    except Exception as error:  # noqa: BLE001  # whatever it is, it is told and is this source's alone
        get_logger().error("a source failed in its own code", source=line.source.row.id, exc_info=error)
        return Failed("source_fault", f"{type(error).__name__}: {error}")


async def _parsed(source: Source, polled: Polled) -> Parsed:
    payloads = polled.result.payloads if isinstance(polled.result, New) else ()
    if sum(len(payload.body) for payload in payloads) < BESIDE_FROM:
        return _parse(source, polled)
    return await asyncio.to_thread(_parse, source, polled)


def _parse(source: Source, polled: Polled) -> Parsed:
    """`parse` never raises; should it, the bytes are parked with the stack, and the cursor moves on past them."""
    try:
        return source.parse(polled)
    except Exception as error:  # noqa: BLE001  # whatever it is, the bytes are kept with the stack
        get_logger().error("a parser failed", source=source.row.id, exc_info=error)
        stack = "".join(traceback.format_exception(error))[-8000:]
        text = f"the parser failed: {type(error).__name__}: {error}"
        payloads = polled.result.payloads if isinstance(polled.result, New) else ()
        parked = tuple(_faulty(one, text, stack) for one in payloads)
        cursor = None if isinstance(polled.result, Failed) else polled.result.cursor
        return Parsed(parked=parked, cursor=cursor)


def _faulty(payload: Payload, text: str, stack: str) -> Parked:
    return Parked("parser_fault", text, payload.url, payload.body, payload.origin, trace=payload.trace, stack=stack)


async def _note(line: Line, publisher: Publisher, polled: Polled, parsed: Parsed) -> None:
    row = line.source.row
    line.vitals = line.vitals.after(polled, parsed)
    count(row, polled, line.vitals)
    host = line.fetcher.host
    beat = heartbeat(row, line.vitals, polled.at, polled.made_at, host.remark(polled.at))
    if beat.state != line.told_state:
        get_logger().info("source", source=row.id, state=beat.state, text=beat.text)
    news = parsed.records or parsed.parked or beat.state != line.told_state
    if news or line.told_at is None or abs(polled.at - line.told_at) >= TELL_EVERY:
        await tell(publisher, beat)
        await save_beside(publisher, COUNTS + row.id, line.vitals.kept(), polled.at, polled.made_at)
        line.told_at, line.told_state = polled.at, beat.state
    await _save_volume(host, publisher, polled)


async def _save_volume(host: Host, publisher: Publisher, polled: Polled) -> None:
    volume = host.to_save()
    if volume is not None:
        await save_beside(publisher, HOST + host.name, volume, polled.at, polled.made_at)
