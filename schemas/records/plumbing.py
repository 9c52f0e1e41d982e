"""What keeps the line honest: ticks, states, cursors, heartbeats, dead letters."""

from dataclasses import dataclass
from datetime import datetime

from schemas.records.base import InputOffset, Origin, Trace, World


@dataclass(frozen=True, slots=True)
class Tick:
    """Time as a record: `at` is event time, `inputs` the end offsets of the app's other inputs in this partition.

    It acts once those inputs are handled, drives silence, deadlines, held old news and escalation, and lowers nothing.
    """

    world: World
    app: str
    partition: int
    at: datetime
    inputs: tuple[InputOffset, ...]
    trace: Trace
    made_at: datetime


@dataclass(frozen=True, slots=True)
class WatchState:
    """What *watch* knows of one municipality. `body` is MessagePack of streams' own state, in layout `layout`."""

    world: World
    municipality: str
    layout: str
    inputs: tuple[InputOffset, ...]
    body: bytes
    made_at: datetime


@dataclass(frozen=True, slots=True)
class CaseState:
    """What *decide* knows of one municipality. `body` is MessagePack of streams' own state, in layout `layout`."""

    world: World
    municipality: str
    layout: str
    inputs: tuple[InputOffset, ...]
    body: bytes
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a connector or a partner's delivery stands: `value` is JSON of its owner. A lost cursor may only repeat."""

    owner: str
    value: str
    updated_at: datetime
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """How a program or source does: last tried, last succeeded, newest content (event time); `text` is for people."""

    source: str
    program: str
    world: World | None
    state: str
    text: str
    tried_at: datetime | None
    succeeded_at: datetime | None
    content_at: datetime | None
    records: int
    parked: int
    at: datetime
    made_at: datetime


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """Content that can never be read, set aside with its reason. `body` holds at most 64 kB; `sha256` is of the whole.

    `topic` is the physical topic (or "" when the bytes came from a feed), `municipality` null when it cannot be known.
    """

    id: str
    program: str
    source: str
    topic: str
    partition: int | None
    offset: int | None
    key: bytes | None
    world: World | None
    origin: Origin | None
    municipality: str | None
    reason: str
    text: str
    stack: str | None
    sha256: str
    size: int
    body: bytes
    truncated: bool
    at: datetime
    trace: Trace
    made_at: datetime
