"""A folder into which files are laid: each content is taken once. Nothing in it is ever changed or deleted by us.

A file is taken when it has not changed between two polls and for a while before: whoever writes slowly is waited for.
Hidden names, temporary names, links and whatever is no plain file are left alone.
"""

import asyncio
import hashlib
import os
import stat
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

import msgspec

from connectors.mapped.cursor import MappedCursor, write_cursor
from connectors.rows import FeedRow
from connectors.source import Asks, Failed, Miss, New, Payload, Result, Unchanged
from schemas.process.clock import now_utc
from schemas.records.base import Origin, Trace, content_id

SETTLE_S = 5.0
MAX_FILES, MAX_LISTED = 20, 5_000
"""Files taken at one poll; names looked at in one folder: what is older than these belongs into an archive."""
UNFINISHED = (".tmp", ".part", ".partial", ".filepart", ".crdownload", ".swp", "~")
OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Laid:
    """A file of the folder as the listing shows it. `stamp` changes with its size, its time of change and its inode."""

    name: str
    size: int
    changed_ns: int
    stamp: str


class Drop:
    """The folder of one row."""

    def __init__(self, row: FeedRow, origin: Origin) -> None:
        self._row, self._origin = row, origin
        self._folder = Path(row.url.removeprefix("file://"))
        self._last: dict[str, str] = {}

    async def poll(self, state: MappedCursor, _ask: Asks, now: datetime) -> Result:
        """What has settled since the last poll, oldest first. A folder that does not answer is a failed poll."""
        try:
            async with asyncio.timeout(self._row.deadline_s):
                return await asyncio.to_thread(self._look, state, now)
        except TimeoutError:
            return Failed("slow", f"{self._folder} did not answer within {self._row.deadline_s} s")
        except OSError as error:
            return Failed("unreadable_folder", f"{self._folder}: {error.strerror}; create it, and let us read it")

    def _look(self, state: MappedCursor, now: datetime) -> Result:
        laid = _listed(self._folder)
        before, self._last = self._last, {one.name: one.stamp for one in laid}
        fresh = [one for one in laid if _stamp_of(state.taken.get(_short(one.name))) != one.stamp]
        settled = [one for one in fresh if before.get(one.name) == one.stamp and _is_old(one, now_utc())]
        return self._taken(state, laid, settled, now)

    def _taken(self, state: MappedCursor, laid: list[Laid], settled: list[Laid], now: datetime) -> Result:
        known = {_content_of(mark) for mark in state.taken.values()}
        there = {_short(one.name) for one in laid}
        taken = {name: mark for name, mark in state.taken.items() if name in there}
        payloads: list[Payload] = []
        missed: list[Miss] = []
        for one in settled[:MAX_FILES]:
            body = self._read(one, missed)
            if body is None:
                continue
            content = _short(body)
            taken[_short(one.name)] = one.stamp + content
            if content not in known:
                payloads.append(self._payload(one, body, now))
            known.add(content)
        given_up = {miss.key: miss for miss in missed if miss.given_up}
        taken |= {_short(one.name): one.stamp for one in settled if one.name in given_up}
        cursor = write_cursor(msgspec.structs.replace(state, taken=taken))
        waiting = len(settled[MAX_FILES:])
        if payloads:
            return New(tuple(payloads), cursor, None, tuple(missed), waiting)
        return Unchanged(cursor, None, tuple(missed), waiting)

    def _read(self, laid: Laid, missed: list[Miss]) -> bytes | None:
        """The whole file as it was listed; None, and a miss, where it cannot be had or is still changing."""
        if laid.size > self._row.max_bytes:
            text = f"{laid.name} has {laid.size} bytes, more than the {self._row.max_bytes} of the row's max_bytes"
            missed.append(Miss(laid.name, "too_large", text, given_up=True))
            return None
        try:
            with os.fdopen(os.open(self._folder / laid.name, OPEN), "rb") as file:
                body = file.read(laid.size + 1)
                same = _stamp(os.fstat(file.fileno())) == laid.stamp and stat.S_ISREG(os.fstat(file.fileno()).st_mode)
        except OSError as error:
            missed.append(Miss(laid.name, "unreadable_file", f"{laid.name}: {error.strerror}; let us read it"))
            return None
        return body if same and len(body) == laid.size else None

    def _payload(self, laid: Laid, body: bytes, now: datetime) -> Payload:
        arrived = now_utc()
        trace = Trace(content_id("trace", self._row.id, laid.name, hashlib.sha256(body).hexdigest(), arrived), arrived)
        url = f"{self._row.url.rstrip('/')}/{quote(laid.name)}"
        return Payload(self._row.id, url, self._origin, 200, {}, body, now, trace, laid.name)


def _listed(folder: Path) -> list[Laid]:
    """Plain files with finished names, the one changed longest ago first."""
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(".") or entry.name.lower().endswith(UNFINISHED):
                continue
            if not entry.is_file(follow_symlinks=False):
                continue
            facts = entry.stat(follow_symlinks=False)
            found.append(Laid(entry.name, facts.st_size, facts.st_mtime_ns, _stamp(facts)))
    return sorted(found, key=lambda one: (one.changed_ns, one.name))[-MAX_LISTED:]


def _stamp(facts: os.stat_result) -> str:
    return _short(f"{facts.st_size}|{facts.st_mtime_ns}|{facts.st_ino}")


def _is_old(laid: Laid, now: datetime) -> bool:
    """A time of change that lies ahead is another machine's clock: then two equal listings have to do."""
    age_s = now.timestamp() - laid.changed_ns / 1e9
    return age_s >= SETTLE_S or age_s < 0


def _short(what: str | bytes) -> str:
    """Eight letters that stand for a name, a state or a content in the cursor."""
    raw = what if isinstance(what, bytes) else what.encode("utf8", "surrogateescape")
    return urlsafe_b64encode(hashlib.sha256(raw).digest()[:6]).decode()


def _stamp_of(mark: str | None) -> str:
    return (mark or "")[:8]


def _content_of(mark: str) -> str:
    return mark[8:]
