"""For people: a table of the sources, how each does, and what to do about it. Times are Japan's."""

import asyncio
import logging
import shutil
import textwrap
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, TextIO

from aiokafka.errors import KafkaError

from connectors.cursor import COUNTS, HOST, saved
from connectors.formats import refused
from connectors.hosts import JST, volume
from connectors.mapped.tokens import load_tokens
from connectors.places import from_reference
from connectors.rows import FeedRow, Feeds, load_feeds
from connectors.settings import ConnectorSettings
from connectors.vitals import Vitals, judge, vitals_of
from schemas.kafka import Where
from schemas.process.clock import now_utc
from schemas.records.plumbing import Cursor

KAFKA_WITHIN_S = 10.0
SILENT_AFTER = timedelta(minutes=3)
"""Each source is told at least once a minute: after three nobody is polling."""
NARROWEST = 60
HEAD = ("source", "state", "origin", "last tried", "last answer", "newest", "records", "parked")
NEVER = "-"
REFUSED, REFUSES = "refused", "`run` does not start with this row:"
NO_KAFKA = "No Kafka at {} (`make up` starts one, SONAE_KAFKA_BOOTSTRAP names another): how they do is not known."
NEVER_POLLED = "Never polled: start `python -m connectors run`. It would ask {}"
ELSEWHERE = "What was polled is {}: another feeds file than this one is in use (--feeds names it)."
INDENT: dict[str, Any] = {
    "initial_indent": "    ",
    "subsequent_indent": "    ",
    "break_on_hyphens": False,
    "break_long_words": False,
}


async def show_sources(settings: ConnectorSettings, out: TextIO) -> int:
    """A table of the feeds file's rows, with what each one's counts say where Kafka answers. 2: `run` refuses a row."""
    feeds = load_feeds(settings.feeds)
    load_tokens(settings.push_tokens)
    wrong = refused(feeds, from_reference())
    found, told = await _found(settings)
    if told:
        print(told, file=out)
    width = max(NARROWEST, shutil.get_terminal_size((100, 24)).columns)
    print("\n".join(table(feeds, found, now_utc(), width, wrong)), file=out)
    return 2 if wrong else 0


async def _found(settings: ConnectorSettings) -> tuple[dict[str, Cursor] | None, str]:
    """The cursors, and what is wrong: None where Kafka does not answer, which is told once and in our words."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    try:
        async with asyncio.timeout(KAFKA_WITHIN_S):
            return await saved(Where.of(settings)), ""
    except LookupError as error:
        return {}, f"Kafka at {settings.kafka_bootstrap}: {error}"
    except (KafkaError, TimeoutError, OSError):
        return None, NO_KAFKA.format(settings.kafka_bootstrap)


def table(
    feeds: Feeds, cursors: Mapping[str, Cursor] | None, now: datetime, width: int, wrong: Mapping[str, str]
) -> list[str]:
    """Lines of at most `width` columns: per source its figures, then what is wrong and what to do.

    `cursors`: None where they are not known. `wrong`: row → why `run` refuses it.
    """
    never = NEVER_POLLED if cursors is not None else "It asks {}"
    cursors = cursors or {}
    rows = [(row, cursors.get(COUNTS + row.id)) for row in feeds.rows]
    cells = [_cells(feeds, row, cursor, now, wrong) for row, cursor in rows]
    wide = [max(len(line[column]) for line in (HEAD, *cells)) for column in range(len(HEAD))]
    lines = [_line(HEAD, wide, width)]
    for (row, cursor), figures in zip(rows, cells, strict=True):
        lines.append(_line(figures, wide, width))
        sentences = [f"{REFUSES} {wrong[row.id]}"] if row.id in wrong else _sentences(feeds, row, cursor, now, never)
        for sentence in sentences:
            lines += textwrap.wrap(sentence, width, **INDENT)
    return lines + _volumes(feeds, cursors, now)


def _cells(
    feeds: Feeds, row: FeedRow, cursor: Cursor | None, now: datetime, wrong: Mapping[str, str]
) -> tuple[str, ...]:
    if row.id in wrong:
        return (row.id, REFUSED, *[NEVER] * 4, "0", "0")
    vitals, origin = _vitals(cursor), feeds.origin_of(row.url)
    if cursor is None or vitals is None:
        return (row.id, NEVER, origin, *[NEVER] * 3, "0", "0")
    origin = vitals.origin or origin
    state = "silent" if _is_silent(cursor, now) else judge(row, vitals, vitals.tried_at or now)[0]
    times = (_time(at, now) for at in (vitals.tried_at, vitals.succeeded_at, vitals.content_at))
    return (row.id, state, origin, *times, f"{vitals.records:,}", f"{vitals.parked:,}")


def _sentences(feeds: Feeds, row: FeedRow, cursor: Cursor | None, now: datetime, never: str) -> Iterable[str]:
    vitals = _vitals(cursor)
    if cursor is None or vitals is None:
        yield never.format(row.url)
    elif _is_silent(cursor, now):
        yield f"Nobody polls since {_time(cursor.made_at, now)}: is `python -m connectors run` alive? It said last:"
    if vitals is not None:
        yield judge(row, vitals, vitals.tried_at or now)[1]
        if vitals.origin not in {None, feeds.origin_of(row.url)}:
            yield ELSEWHERE.format(vitals.origin)
    if row.unverified:
        yield f"Unverified against a recording: {row.unverified}."


def _volumes(feeds: Feeds, cursors: Mapping[str, Cursor], now: datetime) -> list[str]:
    names = sorted(name.removeprefix(HOST) for name in cursors if name.startswith(HOST))
    used = ((name, volume(cursors[HOST + name].value, now)) for name in names)
    return [f"today from {name}: {size // 1_000_000} of {feeds.budget_of(name) // 1_000_000} MB" for name, size in used]


def _vitals(cursor: Cursor | None) -> Vitals | None:
    return vitals_of(cursor.value) if cursor is not None else None


def _is_silent(cursor: Cursor, now: datetime) -> bool:
    """In real time: a scenario's clock may stand still."""
    return now - cursor.made_at > SILENT_AFTER


def _time(at: datetime | None, now: datetime) -> str:
    if at is None:
        return NEVER
    local = at.astimezone(JST)
    return f"{local:%H:%M:%S}" if local.date() == now.astimezone(JST).date() else f"{local:%m-%d %H:%M}"


def _line(cells: tuple[str, ...], wide: list[int], width: int) -> str:
    numbers = len(HEAD) - 2
    padded = (f"{cell:>{wide[i]}}" if i >= numbers else f"{cell:<{wide[i]}}" for i, cell in enumerate(cells))
    return "  ".join(padded).rstrip()[:width]
