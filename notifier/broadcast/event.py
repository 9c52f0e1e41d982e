"""A record as partners read it: JSON that says its world and origin first. Pure."""

from dataclasses import dataclass
from typing import Any

import msgspec

from notifier.broadcast.position import Stream
from schemas.levels import DRILL_MARK

INTERNAL = ("decided_by",)
"""Officers' names stay in the house; partners learn that it was decided, and by which policy."""


@dataclass(frozen=True, slots=True)
class Event:
    """One message of a stream: `data` is its JSON, made once for all readers."""

    stream: Stream
    offset: int
    municipality: str
    data: str


def event_of(stream: Stream, offset: int, record: Any) -> Event:
    """The event of a decoded record. `mark` stands before every line shown of a drill; `replay` is never hidden."""
    plain = {name: value for name, value in msgspec.to_builtins(record).items() if name not in INTERNAL}
    told = {
        "kind": stream.kind,
        "world": stream.world,
        "mark": DRILL_MARK[stream.world],
        "origin": plain["origin"],
        "municipality": plain["municipality"],
        "record": plain,
    }
    return Event(stream, offset, plain["municipality"], msgspec.json.encode(told).decode())
