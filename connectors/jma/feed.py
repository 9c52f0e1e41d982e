"""The source of kind `jma-atom`: a short feed each minute, the long feed after a gap, and the telegrams they name."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from connectors.jma.atom import Entry, Feed, is_taken, kind_in, name_of, read_feed
from connectors.jma.fetched import Fetched
from connectors.jma.memory import (
    AtomCursor,
    believed,
    read_cursor,
    short_validators,
    unread_long,
    with_done,
    with_floor,
    with_gap,
    with_short,
    written,
)
from connectors.jma.queue import Queue, miss_of, queue_of, still_to_fetch
from connectors.jma.telegram import parse_telegram
from connectors.places import Places
from connectors.rows import FeedRow, Feeds
from connectors.source import (
    Answer,
    Asks,
    Failed,
    Got,
    Miss,
    Missing,
    New,
    Park,
    Parked,
    Parsed,
    Polled,
    Result,
    Same,
    Unchanged,
    Validators,
)
from schemas.records.base import Origin

LONG_EVERY = timedelta(minutes=10)
SHORT_REACH = timedelta(minutes=5)
"""A long feed made this long before the gap's end closes it: the short feed reaches back at least twice as far."""
READ_NOTED_EVERY = timedelta(minutes=2)
"""An unchanged feed moves the cursor only this often: it is written to Kafka each time."""
BESIDE_FROM = 100_000
"""Bytes from which a feed is read in a thread: a long feed of a week takes a quarter of a second."""
AT_ONCE = 3
"""Telegrams that one row fetches at once: the host's five slots are for all rows, and a feed must not wait for long."""

Long = tuple[Feed | None, AtomCursor, tuple[Miss, ...]]


class AtomSource:
    """One Atom feed. A telegram is fetched once; one that could not be fetched, or came cut, is tried again."""

    def __init__(self, row: FeedRow, feeds: Feeds, places: Places, fetched: Fetched | None = None) -> None:
        self.row = row
        self._places = places
        self._feeds = feeds
        self._fetched = fetched or Fetched()

    def recall(self, cursor: str | None) -> None:
        """What this row has, for the other rows to leave alone."""
        self._fetched.hold(self.row.id, read_cursor(cursor).names)

    async def poll(self, cursor: str | None, ask: Asks, now: datetime) -> Result:
        """Feed, then what is new in it; the long feed beside it after a gap."""
        state = believed(read_cursor(cursor), now)
        answer = await ask.get(self.row.url, short_validators(state, now, self.row.stale_after))
        short = await _feed_of(answer, self.row.url)
        if isinstance(short, Failed):
            return short
        state = self._with_answer(state, answer, short, now)
        long, state, missed = await self._long(state, ask, now)
        if short is None and long is None and not state.again:
            return Unchanged(written(state), state.content_at, missed)
        queue = self._queue(state, short, long)
        state = with_floor(state, short, long, now) if queue.whole else unread_long(state, now)
        return await self._telegrams(state, queue, ask, missed)

    def parse(self, polled: Polled) -> Parsed:
        """Every telegram by itself: one that cannot be read is parked and holds up no other."""
        result = polled.result
        if isinstance(result, Failed):
            return Parsed()
        if isinstance(result, Unchanged):
            return Parsed(parked=_given_up(result.missed), cursor=result.cursor, content_at=result.content_at)
        each = [parse_telegram(payload, self._places, polled.made_at) for payload in result.payloads]
        return Parsed(
            records=tuple(record for one in each for record in one.records),
            parked=tuple(parked for one in each for parked in one.parked) + _given_up(result.missed),
            cursor=result.cursor,
            content_at=result.content_at,
            notes=tuple(note for one in each for note in one.notes),
        )

    def _with_answer(self, state: AtomCursor, answer: Answer, short: Feed | None, now: datetime) -> AtomCursor:
        state = with_gap(state, now)
        if short is not None and isinstance(answer, Got):
            state = with_short(state, answer, short, now)
        elif state.read_at is not None and now - state.read_at < READ_NOTED_EVERY:
            return state
        return replace(state, read_at=now, behind=state.behind if self.row.long_url else None)

    async def _long(self, state: AtomCursor, ask: Asks, now: datetime) -> Long:
        """The long feed, while it has not caught up with the gap; hourly made, so it is asked every 10 minutes."""
        behind = state.behind
        due = state.long_read_at is None or now - state.long_read_at >= LONG_EVERY or behind == now
        if self.row.long_url is None or behind is None or not due:
            return None, state, ()
        answer = await ask.get(self.row.long_url, Validators(state.long_etag, state.long_last_modified))
        feed = await _feed_of(answer, self.row.long_url)
        if isinstance(feed, Failed):
            text = f"what came before {behind} is not known: {feed.text}"
            return None, state, (Miss("long feed", "gap", text),)
        state = replace(state, long_read_at=now)
        if feed is None or not isinstance(answer, Got):  # the same as last time: all that it names is known
            return None, state, ()
        made, behind = answer.validators, None if feed.updated >= behind - SHORT_REACH else behind
        state = replace(state, behind=behind, long_etag=made.etag, long_last_modified=made.last_modified)
        return feed, state, ()

    def _queue(self, state: AtomCursor, short: Feed | None, long: Feed | None) -> Queue:
        """What is to be fetched. Below the floor the long feed names nothing new; the short one may: a late one."""
        known = state.names | frozenset(state.others)
        urgent = self._new(known, short.entries if short else ())
        entries = long.entries if long else ()
        older = self._new(known, [one for one in entries if state.floor is None or one.published >= state.floor])
        ordered = sorted([*urgent, *older], key=lambda entry: (entry.updated, entry.name))
        mine = [self._address(one.url) for one in ordered if not self._fetched.elsewhere(self.row.id, one.name)]
        others = tuple(one.name for one in ordered if self._fetched.elsewhere(self.row.id, one.name))
        queue = queue_of(state.again, mine, {self._address(one.url) for one in urgent}, self.row.newest)
        self._fetched.hold(self.row.id, state.names | {name_of(url) for url in queue.waiting})
        return replace(queue, others=others)

    def _new(self, known: frozenset[str], entries: Iterable[Entry]) -> list[Entry]:
        """Entries that this row takes and has not."""
        return [entry for entry in entries if entry.name not in known and is_taken(entry, self.row.take)]

    def _address(self, url: str) -> str:
        """Where to fetch a telegram: a replayed feed never reaches out to the official host that its links name."""
        feed, link = urlsplit(self.row.url), urlsplit(url)
        if self._feeds.origin_of(self.row.url) is Origin.LIVE:
            return url
        return link._replace(scheme=feed.scheme, netloc=feed.netloc).geturl()

    async def _telegrams(self, state: AtomCursor, queue: Queue, ask: Asks, missed: tuple[Miss, ...]) -> Result:
        slots = asyncio.Semaphore(AT_ONCE)
        answers = await asyncio.gather(*(self._telegram(url, ask, slots) for url in queue.now))
        asked = list(zip(queue.now, answers, strict=True))
        waiting = {url: queue.waiting[url] for url in queue.later}
        again = {url: tries for url, answer in asked if (tries := still_to_fetch(queue, url, answer)) is not None}
        misses = [miss_of(url, answer, given_up=url not in again) for url, answer in asked]
        missed += tuple(miss for miss in misses if miss is not None)
        done = [name_of(url) for url in (*queue.left_out, *queue.now) if url not in again]
        state = with_done(state, done, again | waiting, queue.others)
        got = tuple(answer.payload for answer in answers if isinstance(answer, Got))
        if not got:
            return Unchanged(written(state), state.content_at, missed, len(waiting))
        return New(got, written(state), state.content_at, missed, len(waiting))

    async def _telegram(self, url: str, ask: Asks, slots: asyncio.Semaphore) -> Answer:
        """A live feed may only lead to official hosts."""
        if self._feeds.origin_of(self.row.url) is not self._feeds.origin_of(url):
            return Failed("foreign_link", f"the feed leads to {url}, which is no official host")
        named = kind_in(name_of(url))
        spare = named is not None and named[0].startswith(self.row.spare or ("-",))
        async with slots:
            return await ask.get(url, key=name_of(url), spare=spare)


async def _feed_of(answer: Answer, url: str) -> Feed | Failed | None:
    """None: not modified. What is no feed is a failed poll, never an empty one."""
    if isinstance(answer, Same):
        return None
    if isinstance(answer, Missing):
        return Failed("http_404", f"{url}: there is no such feed")
    if isinstance(answer, Failed):
        return answer
    try:
        body = answer.payload.body
        return read_feed(body) if len(body) < BESIDE_FROM else await asyncio.to_thread(read_feed, body)
    except Park as park:
        return Failed(park.reason, f"{url}: {park.text}")


def _given_up(missed: tuple[Miss, ...]) -> tuple[Parked, ...]:
    """A telegram that never came is shown as unreadable: its bytes are empty."""
    return tuple(Parked("unfetchable", miss.text, miss.key, b"") for miss in missed if miss.given_up)
