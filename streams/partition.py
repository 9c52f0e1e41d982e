"""One partition as a worker holds it: its municipalities' states, how far each input was handled, the waiting tick."""

from dataclasses import dataclass, field
from typing import Any

from schemas.records.plumbing import Tick
from streams.fold import Output


@dataclass(slots=True)
class Held:
    """One municipality's state, and the last offset of each input (by physical topic) that it includes."""

    state: Any
    offsets: dict[str, int] = field(default_factory=dict)

    def includes(self, topic: str, offset: int) -> bool:
        """Whether this input is already part of the state: a repeat."""
        return offset <= self.offsets.get(topic, -1)


@dataclass(frozen=True, slots=True)
class PendingTick:
    """A tick that was read and waits until the inputs it names are handled."""

    tick: Tick
    topic: str
    offset: int


@dataclass(slots=True)
class Partition:
    """`positions` are the next offsets to handle, by physical topic; only what was handled moves them.

    `owed` is what a rebuilt state calls for and nobody was told yet; `untold` are those whom the tick `ticking` did not
    reach yet.
    """

    number: int
    held: dict[str, Held]
    positions: dict[str, int]
    seen: set[str] = field(default_factory=set)
    pending: PendingTick | None = None
    ticking: PendingTick | None = None
    untold: list[str] = field(default_factory=list)
    owed: list[Output] = field(default_factory=list)

    def handled(self, topic: str, offset: int) -> None:
        """This input has reached its end: folded, recognised as a repeat, or parked."""
        self.positions[topic] = max(self.positions.get(topic, 0), offset + 1)
        self.seen.add(topic)

    def skips(self, topic: str, offset: int) -> bool:
        """Whether offsets between the last handled one and this one never arrived since this partition was assigned."""
        return topic in self.seen and offset > self.positions[topic]

    def take_due_tick(self) -> PendingTick | None:
        """The waiting tick, once every input that it names was handled up to the offset it names."""
        waiting = self.pending
        if waiting is None or any(self.positions.get(i.topic, 0) < i.offset for i in waiting.tick.inputs):
            return None
        self.pending = None
        return waiting

    def next_told(self) -> tuple[PendingTick, str] | None:
        """A due tick and the next municipality that it is for; a newer tick begins once all had the one before."""
        if not self.untold and (due := self.take_due_tick()) is not None:
            self.ticking, self.untold = due, list(self.held)
        return None if self.ticking is None or not self.untold else (self.ticking, self.untold.pop())
