"""The contract of a source: poll touches the network and returns bytes, parse is pure and returns records.

A poll ends in New, Unchanged or Failed: failure is not absence. What a source keeps between polls is its cursor, a
text that only it reads; the cursor that `parse` returns is saved once everything else of the poll is acknowledged.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from connectors.rows import FeedRow
from schemas.records.base import Origin, Trace, World
from schemas.records.observed import Bulletin, ReadingBatch

Record = Bulletin | ReadingBatch


@dataclass(frozen=True, slots=True)
class Payload:
    """Bytes as they came. `fetched_at` is event time, `trace.started_at` the real time at which they had arrived."""

    source: str
    url: str
    origin: Origin
    status: int
    headers: dict[str, str]
    body: bytes
    fetched_at: datetime
    trace: Trace
    key: str = ""
    """What the source asked for: a telegram's file name, a station."""


NOT_YET = "no_file"
"""A miss that is no failure: the source makes this file later, or not at all."""
BUDGET = "budget"
"""The day's volume of the host is used: what can wait was not asked for."""


@dataclass(frozen=True, slots=True)
class Miss:
    """One thing of a poll that could not be fetched. `given_up`: it will not be tried again and has to be shown."""

    key: str
    reason: str
    text: str
    given_up: bool = False


@dataclass(frozen=True, slots=True)
class New:
    """Something new came. What was `missed` is tried again at the next poll, which comes sooner."""

    payloads: tuple[Payload, ...]
    cursor: str
    content_at: datetime | None = None
    missed: tuple[Miss, ...] = ()
    waiting: int = 0
    """How many things of an outage are still to be fetched: the next poll comes at once."""


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The source answered, and nothing is new. `cursor` may differ (a new ETag) and is saved if it does."""

    cursor: str
    content_at: datetime | None = None
    missed: tuple[Miss, ...] = ()
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class Failed:
    """The source did not give an answer that can be used. `reason` is a short code, `text` says it to a person."""

    reason: str
    text: str


Result = New | Unchanged | Failed


@dataclass(frozen=True, slots=True)
class Polled:
    """One finished poll: `at` is its event time; `origin` and `trace` stand in where no payload came."""

    at: datetime
    result: Result
    origin: Origin
    trace: Trace
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Parked:
    """Content that cannot become a record: a stable reason code, a sentence, and the bytes it is about."""

    reason: str
    text: str
    url: str
    body: bytes
    origin: Origin | None = None
    world: World | None = None
    municipality: str | None = None
    trace: Trace | None = None
    stack: str | None = None


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a poll became. `cursor` is to be saved last (None: leave it). `notes` name what was seen and left out."""

    records: tuple[Record, ...] = ()
    parked: tuple[Parked, ...] = ()
    cursor: str | None = None
    content_at: datetime | None = None
    notes: tuple[str, ...] = ()


class Park(Exception):
    """Raised inside a parser: this content cannot become a record. Never leaves `parse`."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(f"{reason}: {text}")
        self.reason, self.text = reason, text


class Asks(Protocol):
    """What a poll may do with the network: see connectors/fetch.py."""

    async def get(
        self, url: str, validators: "Validators | None" = None, key: str = "", spare: bool = False
    ) -> "Answer":
        """One GET with retries inside the poll's deadline; never raises for what the other side does.

        `spare`: it can wait for another day, and fails with BUDGET once the host's volume of the day is used.
        """


@dataclass(frozen=True, slots=True)
class Validators:
    """What makes a GET conditional."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Got:
    """A whole body."""

    payload: Payload
    validators: Validators


@dataclass(frozen=True, slots=True)
class Same:
    """304: not modified."""


@dataclass(frozen=True, slots=True)
class Missing:
    """404 or 410: there is no such file (yet)."""

    url: str


Answer = Got | Same | Missing | Failed


class Source(Protocol):
    """One row's code. `now` is event time."""

    row: FeedRow

    async def poll(self, cursor: str | None, ask: Asks, now: datetime) -> Result:
        """Ask the source; answers with New, Unchanged or Failed, whatever the network does."""

    def parse(self, polled: Polled) -> Parsed:
        """Pure: bytes to records. Never raises."""


@runtime_checkable
class Recalls(Protocol):
    """A source that tells others what it has: before any source polls, it is shown where it stood."""

    def recall(self, cursor: str | None) -> None:
        """The cursor of the process before this one."""
