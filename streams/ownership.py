"""Which partitions this worker owns. All inputs of one partition must be here together: the state needs every one."""

import asyncio
import time
from collections.abc import Iterable

from streams.faults import NeedsPerson
from streams.inputs import Inputs


class Stale(RuntimeError):
    """What the group dealt out is from when a topic was missing. It deals anew once it has forgotten its members."""


class Ownership:
    """Set by the app when the group assigns, read by ticker and watchdog."""

    def __init__(self, inputs: Inputs) -> None:
        self._inputs = inputs
        self.partitions: frozenset[int] = frozenset()
        self.known = False
        self.since = time.monotonic()
        self.changed = asyncio.Event()

    def assign(self, parts: Iterable[tuple[str, int]]) -> None:
        """The group's new assignment, as (topic, partition).

        Raises Stale where a whole topic is missing, and NeedsPerson where one partition's inputs are split.
        """
        given = set(parts)
        absent = self._inputs.rows.keys() - {topic for topic, _ in given} if given else set()
        if absent:
            raise Stale(f"the group dealt out nothing of {sorted(absent)}: no such topic was there at that moment")
        numbers = {number for _, number in given}
        missing = {(topic, number) for topic in self._inputs.rows for number in numbers} - given
        if missing:
            raise NeedsPerson(
                f"the group split one partition's inputs between workers: {sorted(missing)} are elsewhere"
            )
        self.partitions, self.known, self.since = frozenset(numbers), True, time.monotonic()
        self.changed.set()

    async def is_known(self) -> bool:
        """Whether the group has assigned since the last revocation: what readiness asks."""
        return self.known

    def revoke(self) -> None:
        """Nothing is owned until the next assignment."""
        self.partitions, self.known = frozenset(), False
