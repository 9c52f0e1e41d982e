"""Kills processes with SIGKILL in a seeded order, in the middle of their work, and notes how long each was away."""

import asyncio
import random
import time
from dataclasses import dataclass, field

from local.processes import Supervisor
from tests.e2e.rig_pulse import Pulse

BACK_WITHIN_S = 60.0
MOST_AT_ONCE = 3
MOST_JITTER_S = 0.02


@dataclass(frozen=True, slots=True)
class Kill:
    """One SIGKILL: of what, when (real time, epoch seconds), and after how many seconds its successor was ready."""

    name: str
    at: float
    away_s: float


@dataclass(slots=True)
class Reaper:
    """Kills each of `names` `times` times, one or two at a time, the next ones as soon as these are ready again."""

    supervisor: Supervisor
    names: tuple[str, ...]
    times: int
    seed: int
    pulse: Pulse
    kills: list[Kill] = field(default_factory=list)

    def order(self) -> list[list[str]]:
        """Who is killed together with whom, in order: only the seed decides."""
        chance = random.Random(self.seed)
        left = [name for name in self.names for _ in range(self.times)]
        chance.shuffle(left)
        handfuls: list[list[str]] = []
        while left:
            wanted = chance.randint(1, MOST_AT_ONCE)
            chosen = list(dict.fromkeys(left))[:wanted]
            for name in chosen:
                left.remove(name)
            handfuls.append(chosen)
        return handfuls

    async def run(self) -> None:
        """All kills, one handful after the other; raises TimeoutError if one does not come back."""
        chance = random.Random(self.seed)
        for handful in self.order():
            await self.pulse.at_work(handful[0], chance.randrange(2))
            await asyncio.sleep(chance.uniform(0, MOST_JITTER_S))  # anywhere in its work: that is what is tested
            await self.kill(*handful)

    async def kill(self, *names: str) -> None:
        """These at once; returns when all of them are ready again."""
        killed = [(name, self.supervisor.kill(name), time.time()) for name in names]
        for name, pid, at in killed:
            await self.supervisor.back(name, pid, BACK_WITHIN_S)
            self.kills.append(Kill(name, at, time.time() - at))
