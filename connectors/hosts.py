"""What we owe each host: one client for all rows that ask it, at most five requests at once, a budget of bytes a day.

The day is that of event time in Japan. What was used today survives a restart as a cursor of its own (`@host`).
"""

import asyncio
import functools
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import httpx
import msgspec

from connectors.cursor import HOST
from connectors.rows import Feeds
from schemas.process.log import get_logger

PARALLEL = 5
"""JMA asks for at most five connections at once; nobody else is asked more of."""
TIMEOUT = httpx.Timeout(10.0, connect=5.0)
JST = timezone(timedelta(hours=9), "JST")
WARN_AT = 0.8
SKEW = timedelta(minutes=2)
"""From here on an operator is told that this machine's clock and a host's differ."""
OLDEST_S = 86_400
"""No cache keeps a feed for longer; a larger Age is nonsense."""
SAVED_EACH = 2_000_000
"""The used bytes go into the cursor in steps of this: a kill forgets less than one."""


class Used(msgspec.Struct, frozen=True):
    """Bytes of one day, as the cursor keeps them."""

    day: date
    used: int


@dataclass(slots=True)
class Host:
    """One host: its client and its slots are shared by all rows."""

    name: str
    budget: int
    client: httpx.AsyncClient
    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(PARALLEL))
    day: date | None = None
    used: int = 0
    saved: int = 0
    warned: bool = False
    ahead: timedelta = timedelta()
    """How far this machine's clock is ahead of the host's."""

    def hear(self, date: str, age: str, arrived: datetime) -> None:
        """What an answer's Date (and Age, where a cache had it) say of our clock; `arrived` is real time."""
        try:
            said = parsedate_to_datetime(date) + timedelta(seconds=min(int(age or "0"), OLDEST_S))
            self.ahead = arrived - said
        except (ValueError, TypeError, OverflowError):
            return  # no date, none with an offset, or no number: nothing is known of our clock

    def count(self, size: int, now: datetime) -> None:
        """So many bytes came over the wire."""
        self._turn_to(now)
        self.used += size
        if self.used >= WARN_AT * self.budget and not self.warned:
            self.warned = True
            get_logger().warning("the day's volume of a host is nearly used", host=self.name, text=self.remark(now))

    def is_spent(self, now: datetime) -> bool:
        """Whether what can wait has to wait."""
        self._turn_to(now)
        return self.used >= self.budget

    def remark(self, now: datetime) -> str:
        """What an operator should know about the volume and our clock, or nothing."""
        return " ".join(filter(None, (self._of_volume(now), self._of_clock())))

    def _of_clock(self) -> str:
        if abs(self.ahead) < SKEW:
            return ""
        minutes, way = abs(self.ahead) // timedelta(minutes=1), "ahead of" if self.ahead > timedelta() else "behind"
        return f"This machine's clock is {minutes} min {way} that of {self.name}: ages and times are wrong. Set it."

    def _of_volume(self, now: datetime) -> str:
        self._turn_to(now)
        if self.used < WARN_AT * self.budget:
            return ""
        told = f"{self.used // 1_000_000} of today's {self.budget // 1_000_000} MB from {self.name} are used"
        if self.used < self.budget:
            return f"{told}; at the limit only short feeds and warnings go on. Find out what grew, or raise budget_mb."
        return f"{told}: until midnight (Japan) only short feeds and warnings go on. Raise budget_mb if that is wrong."

    def to_save(self) -> str | None:
        """The cursor's text, once enough has changed."""
        if self.day is None or abs(self.used - self.saved) < SAVED_EACH:
            return None
        self.saved = self.used
        return msgspec.json.encode(Used(self.day, self.used)).decode()

    def _turn_to(self, now: datetime) -> None:
        """Another day in Japan, also one that a clock jumped back to, starts at nothing."""
        day = now.astimezone(JST).date()
        if day != self.day:
            self.day, self.used, self.warned = day, 0, False


class Hosts:
    """All hosts of one process, by the host and port of an address."""

    def __init__(self, feeds: Feeds, agent: str, cursors: Mapping[str, str] | None = None) -> None:
        self._feeds, self._agent, self._cursors = feeds, agent, cursors or {}
        self._known: dict[str, Host] = {}

    def of(self, url: str) -> Host:
        """The host of an address."""
        name = urlsplit(url).netloc.lower()
        if name not in self._known:
            self._known[name] = self._made(name, url)
        return self._known[name]

    async def close(self) -> None:
        """Close every connection."""
        for host in self._known.values():
            await host.client.aclose()

    def _made(self, name: str, url: str) -> Host:
        client = httpx.AsyncClient(
            headers={"User-Agent": self._agent, "Accept-Encoding": "gzip"},
            timeout=TIMEOUT,
            limits=httpx.Limits(max_connections=PARALLEL),
            follow_redirects=False,
            verify=_tls(),
            trust_env=not _on_loopback(url),  # a proxy of the environment is for the outside world only
        )
        host = Host(name, self._feeds.budget_of(urlsplit(url).hostname or ""), client)
        kept = _used(self._cursors.get(HOST + name))
        if kept is not None:
            host.day, host.used, host.saved = kept.day, kept.used, kept.used
        return host


@functools.cache
def _tls() -> ssl.SSLContext:
    """Whom we trust; one for all hosts, as reading a hundred and fifty authorities takes 30 ms."""
    return httpx.create_ssl_context()


def volume(kept: str, now: datetime) -> int:
    """Bytes of today (Japan) that a host's cursor tells."""
    used = _used(kept)
    return used.used if used is not None and used.day == now.astimezone(JST).date() else 0


def _used(kept: str | None) -> Used | None:
    """None where it cannot be read: today's count starts anew, and the budget is far below what a host would block."""
    try:
        return msgspec.json.decode(kept or "null", type=Used | None)
    except (msgspec.ValidationError, msgspec.DecodeError):
        return None


def _on_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host == "localhost" or host == "::1" or host.startswith("127.")
