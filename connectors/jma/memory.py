"""What an Atom source remembers between polls, and what it may forget. Pure; the cursor is this as a text.

Every telegram that was published before `floor` was handled or never wanted: its name need not be remembered. The floor
lies some hours before the oldest entry of the short feed or, while a gap is open, before the last long feed was made.
"""

import base64
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import msgspec

from connectors.jma.atom import Feed, name_of, stamp_of
from connectors.source import Got, Validators

KEPT = timedelta(hours=3)
"""How long after it left the short feed a telegram's name is remembered: no cache serves a feed as old as that."""
NAMELESS = 2000
"""Names without a time in them that are remembered."""
GAP = timedelta(minutes=10)
"""The short feed holds at least the last 10 minutes: after a longer silence of ours the long feed is read, too."""
AHEAD = timedelta(minutes=10)
"""A time from further ahead is not believed; our own is one only after the clock was put back."""
PLAIN_BYTES = 16_384
PACKED = "z:"


@dataclass(frozen=True, slots=True)
class AtomCursor:
    """Where a feed stands.

    `content_at` is the newest time that the feed itself stated, `read_at` when it last answered, `behind` up to when
    the long feed must have been read. `newest`: the youngest name of the short feed, which its next version has to
    reach back to. `again`: addresses still to be fetched, with how often they were tried in vain. `others`:
    names that were left to other rows; they are not ours to hold, for the other row may have lost its cursor.
    """

    etag: str | None = None
    last_modified: str | None = None
    long_etag: str | None = None
    long_last_modified: str | None = None
    content_at: datetime | None = None
    read_at: datetime | None = None
    behind: datetime | None = None
    long_read_at: datetime | None = None
    newest: str = ""
    floor: datetime | None = None
    seen: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    again: dict[str, int] = field(default_factory=dict)

    @property
    def names(self) -> frozenset[str]:
        """Every telegram that this row has or will have."""
        return frozenset(self.seen) | {name_of(url) for url in self.again}


def read_cursor(text: str | None) -> AtomCursor:
    """A cursor that cannot be read counts as none: that only repeats."""
    try:
        if text is not None and text.startswith(PACKED):
            text = zlib.decompress(base64.b64decode(text.removeprefix(PACKED), validate=True)).decode()
        return msgspec.json.decode(text or "{}", type=AtomCursor)
    except (msgspec.ValidationError, msgspec.DecodeError, ValueError, zlib.error):
        return AtomCursor()


def written(state: AtomCursor) -> str:
    """The cursor's text. A long one, while a gap is being filled, is packed: it is written to Kafka at each poll."""
    plain = msgspec.json.encode(state)
    if len(plain) < PLAIN_BYTES:
        return plain.decode()
    return PACKED + base64.b64encode(zlib.compress(plain, 6)).decode()


def believed(state: AtomCursor, now: datetime) -> AtomCursor:
    """Without times that lie ahead: after a clock was put back, they would say for hours that all is well and read."""
    limit = now + AHEAD
    return replace(
        state,
        content_at=_until(limit, state.content_at),
        read_at=_until(limit, state.read_at),
        long_read_at=_until(limit, state.long_read_at),
        floor=_until(limit, state.floor),
        behind=min(state.behind, now) if state.behind else None,
        newest=state.newest if _until(limit, stamp_of(state.newest)) else "",
    )


def _until(limit: datetime, at: datetime | None) -> datetime | None:
    return None if at is None or at > limit else at


def with_short(state: AtomCursor, answer: Got, feed: Feed, now: datetime) -> AtomCursor:
    """The short feed was read: its times, and whether it reaches back to what was read before."""
    times = [feed.updated, *(entry.updated for entry in feed.entries)]
    content = max([at for at in (*times, state.content_at) if at is not None and at <= now + AHEAD], default=None)
    names = _stamped(feed, now)
    made = answer.validators
    return replace(
        state,
        etag=made.etag,
        last_modified=made.last_modified,
        content_at=content,
        newest=max([state.newest, *names]),
        behind=state.behind if _reaches_back(state.newest, names) else now,
    )


def with_gap(state: AtomCursor, now: datetime) -> AtomCursor:
    """A silence of ours that is longer than the short feed reaches back is a gap."""
    return replace(state, behind=now) if state.read_at is None or now - state.read_at > GAP else state


def _stamped(feed: Feed, now: datetime) -> list[str]:
    """Names that begin with a time which has come: they sort by it."""
    return [entry.name for entry in feed.entries if (at := stamp_of(entry.name)) is not None and at <= now + AHEAD]


def _reaches_back(newest: str, names: list[str]) -> bool:
    """A feed that stood still may have dropped what came meanwhile; an older version of it has dropped nothing."""
    return not names or not newest or newest in names or max(names) <= newest


def with_floor(state: AtomCursor, short: Feed | None, long: Feed | None, now: datetime) -> AtomCursor:
    """What left the feeds hours ago is forgotten: a long feed tells all up to its time, a short one without a gap."""
    known = [long.updated] if long else []
    if short is not None and short.entries and state.behind is None:
        known.append(min(entry.published for entry in short.entries))
    floors = [min(now, at) - KEPT for at in known] + ([state.floor] if state.floor else [])
    return replace(state, floor=max(floors, default=None))


def unread_long(state: AtomCursor, now: datetime) -> AtomCursor:
    """More was named than can wait: the long feed is to be read once more, and the gap stays open."""
    return replace(state, behind=state.behind or now, long_read_at=None, long_etag=None, long_last_modified=None)


def with_done(state: AtomCursor, done: Iterable[str], again: dict[str, int], others: Iterable[str] = ()) -> AtomCursor:
    """These names are handled, or left to other rows. Names below the floor go; of those without a time, the oldest."""
    seen, left = _above(state.floor, [*state.seen, *done]), _above(state.floor, [*state.others, *others])
    return replace(state, seen=seen, others=left, again=again)


def _above(floor: datetime | None, names: list[str]) -> tuple[str, ...]:
    lowest = f"{floor.astimezone(UTC):%Y%m%d%H%M%S}" if floor else ""
    unique = list(dict.fromkeys(names))
    nameless = [name for name in unique if not name[:14].isdigit()]
    return (*nameless[-NAMELESS:], *(name for name in unique if name[:14].isdigit() and name[:14] >= lowest))


def short_validators(state: AtomCursor, now: datetime, stale_after: timedelta) -> Validators:
    """Conditional, unless the content is stale: a cache that says 304 for ever is asked without a condition."""
    if state.content_at is None or now - state.content_at > stale_after:
        return Validators()
    return Validators(state.etag, state.last_modified)
