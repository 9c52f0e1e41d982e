"""A record as partners read it: JSON that says its world and origin first, and its bytes on the wire. Pure."""

from dataclasses import dataclass, field
from typing import Any

import msgspec

from notifier.broadcast.position import Stream
from schemas.levels import DRILL_MARK

INTERNAL = ("decided_by",)
"""Officers' names stay in the house; partners learn that it was decided, and by which policy."""


@dataclass(frozen=True, slots=True)
class Event:
    """One message of a stream: `data` is its JSON, made once for all readers; `record` is what it was made from."""

    stream: Stream
    offset: int
    municipality: str
    data: str
    record: Any = field(default=None, repr=False, compare=False)


class Told:
    """What a reader is told, with the id that stands for "all up to here". Its bytes are made once, for all readers."""

    __slots__ = ("_body", "_chunk", "event", "id")

    def __init__(self, position: str, body: str, event: Event | None = None) -> None:
        self.id, self.event = position, event
        self._body, self._chunk = body.encode(), b""

    def bytes(self, chunked: bool) -> bytes:
        """As Server-Sent Events; `chunked`: framed for HTTP/1.1 (RFC 9112, 7.1)."""
        if chunked and not self._chunk:
            self._chunk = chunk_of(self._body)
        return self._chunk if chunked else self._body


def chunk_of(body: bytes) -> bytes:
    """One chunk of a chunked response."""
    return b"%x\r\n%b\r\n" % (len(body), body)


def told_of(event: Event, position: str) -> Told:
    """An event, and where its readers stand after it."""
    return Told(position, f"id: {position}\nevent: {event.stream.kind}\ndata: {event.data}\n\n", event)


def here(position: str) -> Told:
    """Nothing but an id: a line that breaks at once loses nothing."""
    return Told(position, f": from here\nid: {position}\n\n")


def gap(stream: Stream) -> Told:
    """Something missed is no longer kept, or the topic is another one now: all that there is follows."""
    data = f'{{"kind":"{stream.kind}","world":"{stream.world}","partition":{stream.partition}}}'
    return Told("", f"event: gap\ndata: {data}\n\n")


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
    return Event(stream, offset, plain["municipality"], msgspec.json.encode(told).decode(), record)
