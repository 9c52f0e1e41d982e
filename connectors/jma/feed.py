"""The source of kind `jma-atom`: an Atom feed, the telegrams that it names, and what was fetched before."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import msgspec

from connectors.jma.atom import Entry, Feed, is_taken, name_of, read_feed
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

REMEMBERED = 2000
"""File names of telegrams that were fetched, about 80 kB: more than a row takes while a long feed reaches back."""
GAP = timedelta(minutes=10)
"""The short feed holds at least the last 10 minutes: after a longer silence of ours the long feed is read, too."""
LONG_EVERY = timedelta(minutes=10)
UNWHOLE_TRIES, FETCH_TRIES = 3, 30
HOPELESS = frozenset({"foreign_link", "bad_url", "redirect", "too_large"})
"""Answers that another try will not change."""
READ_NOTED_EVERY = timedelta(minutes=2)
"""An unchanged feed moves the cursor only this often: it is written to Kafka each time."""


@dataclass(frozen=True, slots=True)
class AtomCursor:
    """`again`: addresses tried in vain, with how often. `behind`: up to when the long feed must have been read."""

    etag: str | None = None
    last_modified: str | None = None
    content_at: datetime | None = None
    read_at: datetime | None = None
    behind: datetime | None = None
    long_read_at: datetime | None = None
    seen: tuple[str, ...] = ()
    again: dict[str, int] = field(default_factory=dict)


Long = tuple[Feed | None, AtomCursor, tuple[Miss, ...]]


class AtomSource:
    """One Atom feed. A telegram is fetched once; one that could not be fetched, or came cut, is tried again."""

    def __init__(self, row: FeedRow, feeds: Feeds, places: Places) -> None:
        self.row = row
        self._places = places
        self._feeds = feeds

    async def poll(self, cursor: str | None, ask: Asks, now: datetime) -> Result:
        """Feed, then what is new in it; the long feed beside it after a gap."""
        state = _read_cursor(cursor)
        answer = await ask.get(self.row.url, Validators(state.etag, state.last_modified))
        short = _feed_of(answer, self.row.url)
        if isinstance(short, Failed):
            return short
        state = _with_short(self._with_gap(state, now), answer, short, now)
        long, state, missed = await self._long(state, ask, now)
        entries = [entry for feed in (short, long) if feed for entry in feed.entries]
        return await self._telegrams(state, self._wanted(state, entries), ask, missed)

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

    def _with_gap(self, state: AtomCursor, now: datetime) -> AtomCursor:
        gap = state.read_at is None or now - state.read_at > GAP
        return replace(state, behind=now) if gap and self.row.long_url else state

    async def _long(self, state: AtomCursor, ask: Asks, now: datetime) -> "Long":
        """The long feed, while it has not caught up with the gap; hourly made, so it is asked every 10 minutes."""
        due = state.long_read_at is None or now - state.long_read_at >= LONG_EVERY or state.behind == now
        if self.row.long_url is None or state.behind is None or not due:
            return None, state, ()
        feed = _feed_of(await ask.get(self.row.long_url), self.row.long_url)
        if not isinstance(feed, Feed):
            text = feed.text if isinstance(feed, Failed) else "not modified, though nothing was asked about"
            return None, state, (Miss("long feed", "gap", f"what came before {state.behind} is not known: {text}"),)
        caught_up = feed.updated >= state.behind
        return feed, replace(state, long_read_at=now, behind=None if caught_up else state.behind), ()

    def _wanted(self, state: AtomCursor, entries: list[Entry]) -> list[str]:
        """Addresses to fetch, oldest telegram first: new entries, and what was tried in vain before."""
        seen = set(state.seen)
        found = [entry for entry in entries if is_taken(entry, self.row.take) and entry.name not in seen]
        ordered = [self._address(entry.url) for entry in sorted(found, key=lambda entry: (entry.updated, entry.name))]
        return list(dict.fromkeys([*state.again, *ordered]))

    def _address(self, url: str) -> str:
        """Where to fetch a telegram: a replayed feed never reaches out to the official host that its links name."""
        feed, link = urlsplit(self.row.url), urlsplit(url)
        if self._feeds.origin_of(self.row.url) is Origin.LIVE:
            return url
        return link._replace(scheme=feed.scheme, netloc=feed.netloc).geturl()

    async def _telegrams(self, state: AtomCursor, urls: list[str], ask: Asks, missed: tuple[Miss, ...]) -> Result:
        answers = await asyncio.gather(*(self._telegram(url, ask) for url in urls))
        got = [answer for answer in answers if isinstance(answer, Got)]
        asked = list(zip(urls, answers, strict=True))
        again = {url: _tries(state, url) for url, answer in asked if _again(state, url, answer)}
        misses = [_miss(state, url, answer) for url, answer in asked]
        missed += tuple(miss for miss in misses if miss is not None)
        done = [name_of(url) for url in urls if url not in again]
        state = replace(state, seen=tuple(dict.fromkeys([*state.seen, *done]))[-REMEMBERED:], again=again)
        cursor = msgspec.json.encode(state).decode()
        if not got:
            return Unchanged(cursor, state.content_at, missed)
        return New(tuple(answer.payload for answer in got), cursor, state.content_at, missed)

    async def _telegram(self, url: str, ask: Asks) -> Answer:
        """A live feed may only lead to official hosts."""
        if self._feeds.origin_of(self.row.url) is not self._feeds.origin_of(url):
            return Failed("foreign_link", f"the feed leads to {url}, which is no official host")
        return await ask.get(url, key=name_of(url))


def _read_cursor(cursor: str | None) -> AtomCursor:
    """A cursor that cannot be read counts as none: that only repeats."""
    try:
        return msgspec.json.decode(cursor or "{}", type=AtomCursor)
    except (msgspec.ValidationError, msgspec.DecodeError):
        return AtomCursor()


def _feed_of(answer: Answer, url: str) -> Feed | Failed | None:
    """None: not modified. What is no feed is a failed poll, never an empty one."""
    if isinstance(answer, Same):
        return None
    if isinstance(answer, Missing):
        return Failed("http_404", f"{url}: there is no such feed")
    if isinstance(answer, Failed):
        return answer
    try:
        return read_feed(answer.payload.body)
    except Park as park:
        return Failed(park.reason, f"{url}: {park.text}")


def _with_short(state: AtomCursor, answer: Answer, feed: Feed | None, now: datetime) -> AtomCursor:
    if feed is None or not isinstance(answer, Got):
        noted = state.read_at is not None and now - state.read_at < READ_NOTED_EVERY
        return state if noted else replace(state, read_at=now)
    times = [feed.updated, *(entry.updated for entry in feed.entries)]
    believed = [at for at in times if at <= now + GAP]  # one from the future would keep the source fresh for ever
    content = max([*believed, *([state.content_at] if state.content_at else [])], default=None)
    made = answer.validators
    return replace(state, etag=made.etag, last_modified=made.last_modified, content_at=content, read_at=now)


def _tries(state: AtomCursor, url: str) -> int:
    return state.again.get(url, 0) + 1


def _whole(answer: Got) -> bool:
    return answer.payload.body.rstrip().endswith(b"</Report>")


def _again(state: AtomCursor, url: str, answer: Answer) -> bool:
    """Whether to try this address once more. A body that is no whole telegram is parked at once, and tried again."""
    if isinstance(answer, Got):
        return not _whole(answer) and _tries(state, url) < UNWHOLE_TRIES
    hopeless = isinstance(answer, Failed) and answer.reason in HOPELESS
    return not hopeless and _tries(state, url) < FETCH_TRIES


def _miss(state: AtomCursor, url: str, answer: Answer) -> Miss | None:
    given_up = not _again(state, url, answer)
    if isinstance(answer, Got):
        return None if given_up else Miss(url, "not_whole", f"{url}: the body is no whole telegram, trying again")
    if isinstance(answer, Failed):
        return Miss(url, answer.reason, answer.text, given_up)
    return Miss(url, "http_404", f"{url}: the feed names it, but there is no such telegram", given_up)


def _given_up(missed: tuple[Miss, ...]) -> tuple[Parked, ...]:
    """A telegram that never came is shown as unreadable: its bytes are empty."""
    return tuple(Parked("unfetchable", miss.text, miss.key, b"") for miss in missed if miss.given_up)
