"""The source of kind `cap`: one alert's address, or a feed that names alerts; and which of them stand."""

import asyncio
import hashlib
from base64 import urlsafe_b64encode
from datetime import UTC, datetime

import msgspec

from connectors.cap.alert import is_cap
from connectors.cap.expiry import expired
from connectors.cap.index import Entry, read_index
from connectors.cap.parse import Reader, hear
from connectors.cap.replaced import Memory
from connectors.cap.signature import load_certificates
from connectors.jma.markup import read_xml
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
    Payload,
    Polled,
    Record,
    Result,
    Same,
    Unchanged,
    Validators,
)

REMEMBERED = 2_000
AT_ONCE = 50
TRIES = 10
HOPELESS = frozenset({"foreign_link", "bad_url", "redirect", "too_large"})
MOST_BYTES = 240_000
"""Of a cursor: its topic takes 262,144."""


class CapCursor(msgspec.Struct, frozen=True):
    """`seen`: marks of messages that were fetched, by address and version. `tries`: of those that could not be."""

    etag: str | None = None
    last_modified: str | None = None
    sha256: str = ""
    seen: tuple[str, ...] = ()
    tries: dict[str, int] = {}
    memory: Memory = Memory()


class CapSource:
    """One row. A message is fetched once; messages are heard in the order in which they were sent."""

    def __init__(self, row: FeedRow, feeds: Feeds, places: Places) -> None:
        self.row = row
        self._feeds = feeds
        self._reader = Reader(places, load_certificates(row.certificates))

    async def poll(self, cursor: str | None, ask: Asks, _now: datetime) -> Result:
        """The address itself; where it is a feed, what is new in it."""
        state = read_cursor(cursor)
        answer = await ask.get(self.row.url, Validators(state.etag, state.last_modified), key=self.row.url)
        if isinstance(answer, Failed):
            return answer
        if isinstance(answer, Missing):
            return Failed("http_404", f"{self.row.url}: there is no such document; look whether it has moved")
        if isinstance(answer, Same):
            return Unchanged(write_cursor(state))
        return await self._read(state, answer, ask)

    def parse(self, polled: Polled) -> Parsed:
        """Each message by itself, the one sent first first; then what has expired by now.

        A feed without alerts for weeks is a quiet one: its content is of now whenever its server answers.
        """
        result = polled.result
        if isinstance(result, Failed):
            return Parsed()
        state, records, parked, notes = read_cursor(result.cursor), list[Record](), list[Parked](), list[str]()
        for payload in _in_order(result.payloads) if isinstance(result, New) else ():
            heard = hear(payload, state.memory, self._reader, polled.made_at)
            state = msgspec.structs.replace(state, memory=heard.memory)
            records += heard.bulletins
            parked += heard.parked
            notes += [heard.note] if heard.note else []
        memory, over = expired(self.row, state.memory, self._reader.places, polled)
        state = msgspec.structs.replace(state, memory=memory)
        parked += [Parked("unfetchable", miss.text, miss.key, b"") for miss in result.missed if miss.given_up]
        return Parsed((*records, *over), tuple(parked), write_cursor(state), polled.at, tuple(notes))

    async def _read(self, state: CapCursor, answer: Got, ask: Asks) -> Result:
        """What is no XML, or no CAP and no feed, is a failed poll, never an empty one."""
        body, made = answer.payload.body, answer.validators
        digest = hashlib.sha256(body).hexdigest()
        after = msgspec.structs.replace(state, etag=made.etag, last_modified=made.last_modified, sha256=digest)
        try:
            root = read_xml(body)
            if is_cap(root):
                cursor = write_cursor(after)
                return Unchanged(cursor) if digest == state.sha256 else New((answer.payload,), cursor)
            entries = read_index(root, self.row.url)
        except Park as park:
            return Failed(park.reason, f"{self.row.url}: {park.text}")
        return await self._entries(state, after, entries, ask)

    async def _entries(self, state: CapCursor, after: CapCursor, entries: tuple[Entry, ...], ask: Asks) -> Result:
        """What could not be fetched is tried again at the next poll, so the feed must not answer 304 until then."""
        seen = set(state.seen)
        wanted = [entry for entry in entries if _mark(entry) not in seen]
        now_wanted = wanted[:AT_ONCE]
        answers = await asyncio.gather(*(self._message(entry.url, ask) for entry in now_wanted))
        asked = dict(zip(now_wanted, answers, strict=True))
        tries = {_mark(entry): state.tries.get(_mark(entry), 0) + 1 for entry, one in asked.items() if _may_pass(one)}
        again = {key: count for key, count in tries.items() if count < TRIES}
        done = [_mark(entry) for entry in now_wanted if _mark(entry) not in again]
        failed = [(entry, one) for entry, one in asked.items() if not isinstance(one, Got)]
        missed = tuple(_miss(entry, one, _mark(entry) not in again) for entry, one in failed)
        waiting = len(wanted) - len(now_wanted)
        base = state if again or waiting else after
        moved = msgspec.structs.replace(base, seen=(*state.seen, *done)[-REMEMBERED:], tries=again)
        payloads = tuple(one.payload for one in answers if isinstance(one, Got))
        cursor = write_cursor(moved)
        if payloads:
            return New(payloads, cursor, None, missed, waiting)
        return Unchanged(cursor, None, missed, waiting)

    async def _message(self, url: str, ask: Asks) -> Answer:
        """A live feed may only lead to official hosts, a replayed one to no official host."""
        if self._feeds.origin_of(self.row.url) is not self._feeds.origin_of(url):
            return Failed("foreign_link", f"the feed leads to {url[:200]}, which is no official host")
        return await ask.get(url, key=url)


def read_cursor(text: str | None) -> CapCursor:
    """A cursor that cannot be read counts as none: that only repeats."""
    try:
        return msgspec.json.decode(text or "{}", type=CapCursor)
    except (msgspec.ValidationError, msgspec.DecodeError):
        return CapCursor()


def write_cursor(cursor: CapCursor) -> str:
    """As it is saved; too large, it forgets the older half of what it heard."""
    text = msgspec.json.encode(cursor).decode()
    while len(text.encode()) > MOST_BYTES and cursor.memory != Memory():
        cursor = msgspec.structs.replace(cursor, memory=_younger_half(cursor.memory))
        text = msgspec.json.encode(cursor).decode()
    return text


def _younger_half(memory: Memory) -> Memory:
    heard, named = (marks[(len(marks) + 1) // 2 :] for marks in (memory.heard, memory.named))
    return Memory(heard, named, dict(list(memory.standing.items())[(len(memory.standing) + 1) // 2 :]))


def _in_order(payloads: tuple[Payload, ...]) -> list[Payload]:
    """By the time of sending, as far as it can be read: an update after what it updates."""
    return sorted(payloads, key=_sent)


def _sent(payload: Payload) -> str:
    try:
        sent = read_xml(payload.body).text("{*}sent")
        return datetime.fromisoformat(sent).astimezone(UTC).isoformat() if sent else ""
    except (Park, ValueError):
        return ""


def _mark(entry: Entry) -> str:
    raw = f"{entry.url}\n{entry.version}".encode()
    return urlsafe_b64encode(hashlib.sha256(raw).digest()[:6]).decode()


def _may_pass(answer: Answer) -> bool:
    """Whether another try may bring it."""
    return not isinstance(answer, Got) and not (isinstance(answer, Failed) and answer.reason in HOPELESS)


def _miss(entry: Entry, answer: Answer, given_up: bool) -> Miss:
    if isinstance(answer, Failed):
        return Miss(entry.url, answer.reason, answer.text, given_up)
    return Miss(entry.url, "http_404", f"{entry.url}: the feed names it, but there is no such message", given_up)
