"""feeds.toml as typed rows, and the one rule that says whether an address is live."""

import ipaddress
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from connectors.nearest import meant
from schemas.records.base import Origin

USUAL_BYTES, MOST_BYTES = 8_000_000, 24_000_000
"""What a body may have, and what a row may ask for: JMA's snapshot of all Japan grows with the weather. On the way, and
so compressed in a message of `raw` (8 MiB), it has to stay below the usual (see connectors/inflate.py)."""
DAILY_BUDGET = 1_000_000_000
"""Bytes a day from one host unless the file says otherwise: far below what any source has been known to block."""
SHARED = ("take", "newest", "spare")
"""What the file may say once for all rows of kind jma-atom that do not say it themselves."""
WHOLE = ("official_hosts", "official_inboxes", "feed", "budget_mb", *SHARED)
"""What a file may say outside of its rows."""
DEFAULT_FEEDS = Path(__file__).with_name("feeds.toml")


class BadFeeds(ValueError):
    """The feeds file cannot be used; the message says which row and what to change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedRow:
    """One source. Times are seconds of event time; `deadline_s` is real time for one whole poll.

    `cadence_s`: how often its content is expected to move; twice that is stale, four times frozen.
    `take`: data type → offices (empty: all). `newest`: data types of which only the newest of each office is fetched.
    `spare`: data types that wait once the host's volume of the day is used.
    `stations`: gauges of the reference (empty: all that have a code). `unverified`: why nobody has seen it at work yet.
    `mapping`: a file, or a name in connectors/mappings. `certificates`: a folder of PEM files whose signatures count.
    """

    id: str
    kind: str
    url: str
    interval_s: int
    licence: str
    attribution: str
    offset_s: int = 0
    cadence_s: int = 3600
    deadline_s: int = 40
    max_bytes: int = USUAL_BYTES
    long_url: str | None = None
    take: dict[str, tuple[str, ...]] = field(default_factory=dict)
    newest: tuple[str, ...] = ()
    spare: tuple[str, ...] = ()
    unverified: str = ""
    stations: tuple[str, ...] = ()
    mapping: str = ""
    certificates: str = ""

    @property
    def stale_after(self) -> timedelta:
        """Content older than this is stale."""
        return timedelta(seconds=2 * self.cadence_s)

    @property
    def frozen_after(self) -> timedelta:
        """Content older than this, while polls succeed, is frozen."""
        return timedelta(seconds=4 * self.cadence_s)


@dataclass(frozen=True, slots=True)
class Feeds:
    """The rows of one file, and the hosts that it calls official."""

    rows: tuple[FeedRow, ...]
    official_hosts: frozenset[str]
    budgets: Mapping[str, int] = field(default_factory=dict)
    """Host → bytes a day; a host that is not named has DAILY_BUDGET."""
    official_inboxes: frozenset[str] = frozenset()
    """Folders (file:///…) and pushes (push://<row>) into which only an official source can write."""

    def budget_of(self, host: str) -> int:
        """How many bytes a day may be fetched from a host."""
        return self.budgets.get(host, DAILY_BUDGET)

    def origin_of(self, url: str) -> Origin:
        """Live only for https on an official host that is no loopback or private address, or in an official inbox."""
        if is_inbox(url):
            inside = any(url == inbox or url.startswith(f"{inbox.rstrip('/')}/") for inbox in self.official_inboxes)
            return Origin.LIVE if inside else Origin.REPLAY
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
        live = parts.scheme == "https" and host in self.official_hosts and not _is_numeric(host)
        return Origin.LIVE if live else Origin.REPLAY


def load_feeds(path: Path = DEFAULT_FEEDS) -> Feeds:
    """Read and check a feeds file; raises BadFeeds."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf8"))
    except (OSError, ValueError) as error:
        raise BadFeeds(f"{path}: {error}") from error
    unknown = set(data) - set(WHOLE)
    if unknown:
        hint = meant(min(unknown), WHOLE)
        raise BadFeeds(f"{path}: unknown entry {min(unknown)!r}; a source is a [[feed]] table{hint}")
    shared = {name: data[name] for name in SHARED if name in data}
    rows = tuple(_row(path, number, row, shared) for number, row in enumerate(data.get("feed", []), 1))
    if not rows:
        raise BadFeeds(f"{path}: no [[feed]] in it; nothing would be watched")
    ids = [row.id for row in rows]
    if len(set(ids)) < len(ids):
        raise BadFeeds(f"{path}: two feeds share an id; give each its own, cursors are kept by it")
    hosts, inboxes = (frozenset(map(str, data.get(name, []))) for name in ("official_hosts", "official_inboxes"))
    return Feeds(rows, frozenset(host.lower() for host in hosts), _budgets(path, data), inboxes)


def _budgets(path: Path, data: Mapping[str, object]) -> dict[str, int]:
    try:
        megabytes = msgspec.convert(data.get("budget_mb", {}), dict[str, int])
    except msgspec.ValidationError as error:
        raise BadFeeds(f"{path}: budget_mb: {error}; write host = whole megabytes a day") from error
    return {host.lower(): many * 1_000_000 for host, many in megabytes.items()}


def _row(path: Path, number: int, row: object, shared: Mapping[str, object]) -> FeedRow:
    where = f"{path}: feed {number}"
    if not isinstance(row, dict):
        raise BadFeeds(f"{where}: write it as a [[feed]] table")
    if row.get("kind") == "jma-atom":
        row = {**shared, **row}
    try:
        unknown = set(row) - set(FeedRow.__dataclass_fields__)
        if unknown:
            raise BadFeeds(f"{where}: unknown field {min(unknown)!r}{_where_else(min(unknown))}")
        made = msgspec.convert(row, FeedRow)
    except msgspec.ValidationError as error:
        told = str(error).replace("Object missing", "missing")
        raise BadFeeds(f"{where}: {told}; docs/sources.md says what a row needs") from error
    _check(where, made)
    return made


def _where_else(field_name: str) -> str:
    """In TOML everything below a [[feed]] belongs to it, whatever it was meant for."""
    if field_name in WHOLE:
        return "; it is one of the whole file: write it above the first [[feed]]"
    return meant(field_name, FeedRow.__dataclass_fields__)


def _check(where: str, row: FeedRow) -> None:
    if not row.id or row.id.startswith(("=", "@")):
        raise BadFeeds(f"{where}: id {row.id!r}; give it a name that begins with neither = nor @")
    for url in filter(None, (row.url, row.long_url)):
        if is_inbox(url) and not row.mapping:
            raise BadFeeds(f"{where} ({row.id}): say mapping = …, a folder or a push is read by a mapping only")
        if not is_address(url) and not is_inbox(url):
            raise BadFeeds(
                f"{where} ({row.id}): {url!r} is no http(s) address, folder (file:///…) or push (push://{row.id})"
            )
    if min(row.interval_s, row.cadence_s, row.deadline_s, row.max_bytes) < 1:
        raise BadFeeds(f"{where} ({row.id}): interval_s, cadence_s, deadline_s and max_bytes must be at least 1")
    if row.max_bytes > MOST_BYTES:
        raise BadFeeds(f"{where} ({row.id}): max_bytes may be {MOST_BYTES} at most")
    if not 0 <= row.offset_s < row.interval_s:
        raise BadFeeds(f"{where} ({row.id}): offset_s must lie in 0..interval_s-1")


def is_inbox(url: str) -> bool:
    """Whether documents are laid into it, into a folder of ours or by a push, rather than fetched."""
    return url.startswith(("file:///", "push://"))


def is_address(url: str) -> bool:
    """Whether this is an http(s) address that can be asked: a host, and a port that exists."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # an unclosed bracket, a port beyond 65535
        return False
    plain = url.isascii() and url.isprintable() and " " not in url
    return parts.scheme in ("http", "https") and bool(parts.hostname) and port != 0 and plain


def _is_numeric(host: str) -> bool:
    """An IP literal or localhost is never official: official sources have names that a certificate vouches for."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    return True
