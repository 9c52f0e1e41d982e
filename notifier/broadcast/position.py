"""Where a reader stands: the next offset of every partition it follows, as the id of an event. Pure.

`ao3.15-ab3.210` reads: actual orders, partition 3, next offset 15; actual bulletins, partition 3, next offset 210.
An id says all that is needed to go on, on any instance, so none of them remembers a reader.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from schemas.records.base import World

KINDS = {"readings": "r", "bulletins": "b", "detections": "d", "recommendations": "c", "orders": "o"}
"""Topics that can be followed, each with its letter in an id."""

_WORLDS = {World.ACTUAL: "a", World.EXERCISE: "e", World.TEST: "t"}
_KIND_OF = {letter: kind for kind, letter in KINDS.items()}
_WORLD_OF = {letter: world for world, letter in _WORLDS.items()}
_PART = re.compile(r"([aet])([rbdco])([0-9]{1,4})\.([0-9]{1,19})")
MAX_PARTS = 600


class BadPosition(ValueError):
    """A Last-Event-ID that we never gave out."""


@dataclass(frozen=True, slots=True, order=True)
class Stream:
    """One partition of one topic."""

    world: World
    kind: str
    partition: int


Position = dict[Stream, int]


def encode_position(position: Position) -> str:
    """As an event id."""
    return View(position).id_at(position)


class View:
    """The streams that some readers share, so that their id is made once. Compared by identity."""

    def __init__(self, streams: Iterable[Stream]) -> None:
        self.streams = tuple(sorted(streams))
        self._named = [
            (stream, f"{_WORLDS[stream.world]}{KINDS[stream.kind]}{stream.partition}.") for stream in self.streams
        ]

    def id_at(self, position: Position) -> str:
        """The id of a position in these streams, all of which it must hold."""
        return "-".join([f"{name}{position[stream]}" for stream, name in self._named])


def decode_position(text: str) -> Position:
    """From an event id; raises BadPosition. `0` is the position before everything: an empty one."""
    if text == "0":
        return {}
    parts = text.split("-", MAX_PARTS)
    found = [_PART.fullmatch(part) for part in parts[:MAX_PARTS]]
    if len(parts) > MAX_PARTS or not all(found):
        raise BadPosition(
            "Last-Event-ID is none of ours: leave it out to begin now, or send 0 to begin with the oldest."
        )
    return {Stream(_WORLD_OF[match[1]], _KIND_OF[match[2]], int(match[3])): int(match[4]) for match in found if match}
