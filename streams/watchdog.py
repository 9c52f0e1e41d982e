"""Ends a worker that looks alive but no longer moves: an input grows and nothing of it is handled for a minute."""

import asyncio
import time
from dataclasses import dataclass, field

from schemas.kafka import Where
from streams.inputs import Inputs, check_same
from streams.kafka_side import SideReader
from streams.ownership import Ownership
from streams.state import States

LOOK_EVERY_S, STUCK_AFTER_S, SAME_EVERY_S = 5.0, 60.0, 30.0
Part = tuple[str, int]


class Stuck(RuntimeError):
    """An input partition grows and is not handled."""


@dataclass(slots=True)
class Progress:
    """Since when each input partition has been behind its end at the same position."""

    behind: dict[Part, tuple[int, float]] = field(default_factory=dict)

    def look(self, positions: dict[Part, int], ends: dict[Part, int], now: float) -> list[Part]:
        """The partitions that have been behind, without moving, for a minute. `now` is monotonic seconds."""
        lagging = {part: positions.get(part, -1) for part, end in ends.items() if positions.get(part, -1) < end}
        was = self.behind
        self.behind = {p: was[p] if p in was and was[p][0] == at else (at, now) for p, at in lagging.items()}
        return [part for part, (_, since) in self.behind.items() if now - since >= STUCK_AFTER_S]


class Watchdog:
    """Looks every 5 s; every 30 s it also checks that the topics are still the same ones."""

    def __init__(self, inputs: Inputs, owned: Ownership, states: States, reader: SideReader, where: Where) -> None:
        self._inputs, self._owned, self._states = inputs, owned, states
        self._reader, self._where = reader, where
        self._progress = Progress()

    async def run(self) -> None:
        """Look until cancelled; raises Stuck, or NeedsPerson."""
        checked = time.monotonic()
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            await self.look(time.monotonic())
            if time.monotonic() - checked >= SAME_EVERY_S:
                await check_same(self._inputs, self._where)
                checked = time.monotonic()

    async def look(self, now: float) -> None:
        """Raises Stuck if one of the owned partitions does not move."""
        ends = await self._reader.ends(self._inputs.rows, self._owned.partitions)
        held = self._states.held().values()
        positions = {(topic, part.number): at for part in held for topic, at in part.positions.items()}
        stuck = self._progress.look(positions, ends, now)
        if stuck:
            raise Stuck(", ".join(f"{topic}-{number}" for topic, number in stuck))
