"""Which kill a repeated push comes from: what devices got and when, as the virtual push service wrote it down."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import httpx

from tests.e2e.rig_reaper import Kill

IN_FLIGHT_S = 1.0
"""Whatever was answered so soon after a kill had been sent before it: even a busy push service answers within that."""


@dataclass(frozen=True, slots=True)
class Push:
    """One accepted push (epoch seconds). Pushes about one order share a topic; `new` is whether it showed something,
    `repeats` how often the device has got a revision again so far: an older one that a newer overtook is none."""

    device: str
    topic: str
    at: float
    new: bool
    repeats: int


@dataclass(frozen=True, slots=True)
class Repeat:
    """A push that its device had got before: when first, and when again."""

    first: float
    at: float


@dataclass(slots=True)
class Pushes:
    """All pushes so far; `follow` reads only those that it does not know."""

    url: str
    all: list[Push] = field(default_factory=list)
    _read: int = 0

    async def follow(self) -> None:
        """Read on."""
        async with httpx.AsyncClient(base_url=self.url, timeout=30) as push:
            happened = (await push.get("/pushes", params={"after": self._read})).raise_for_status().json()
        self._read += len(happened)
        self.all += [
            Push(
                one["device"],
                one["topic"],
                datetime.fromisoformat(one["at"]).timestamp(),
                one["shown"] is not None,
                one["repeats"],
            )
            for one in happened
            if one["status"] == 201
        ]

    def repeats(self) -> list[Repeat]:
        """Every push of a revision that its device had got before."""
        first: dict[tuple[str, str], float] = {}
        known: dict[str, int] = defaultdict(int)
        found = []
        for push in self.all:
            if push.new:
                first[push.device, push.topic] = push.at
            elif push.repeats > known[push.device]:
                found.append(Repeat(first[push.device, push.topic], push.at))
            known[push.device] = push.repeats
        return found

    def within(self, begin: float, end: float) -> int:
        """How many were answered between these moments."""
        return sum(begin <= push.at <= end for push in self.all)


def by_kill(repeats: Iterable[Repeat], kills: Sequence[Kill], senders: frozenset[str]) -> dict[int, list[Repeat]]:
    """Repeats by the number of the kill that explains them; -1 where none does.

    That is the first kill of one of `senders` since the device got it, while it was on its way, or until the killed one
    was back: its partitions move to another worker and back, and what waits for an index does so at both. Without one,
    of any other.
    """
    explained: dict[int, list[Repeat]] = defaultdict(list)
    for repeat in repeats:
        since = [n for n, kill in enumerate(kills) if repeat.first - IN_FLIGHT_S - kill.away_s <= kill.at < repeat.at]
        sending = [n for n in since if kills[n].name in senders]
        explained[next(iter([*sending, *since]), -1)].append(repeat)
    return explained
