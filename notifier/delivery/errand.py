"""One job on its way: who of its recipients waits, who is under way, and what became of the others."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from notifier.delivery.letters import Letters
from notifier.delivery.remembered import Alike
from notifier.delivery.sheet import Sheet
from notifier.delivery.tell import tell
from notifier.webpush.lane import Priority
from notifier.webpush.send import Ended, Later
from schemas.records.base import World
from schemas.records.delivered import PERHAPS_SENT, DeliveryJob

NOWHERE = "-"
_CALM_LEVEL = 3


class Site(NamedTuple):
    """Whom requests go to: an origin, under one of our VAPID keys. `host` is how metrics name it, `declarative` the
    form its devices understand best."""

    origin: str
    host: str
    key_id: str
    declarative: bool


@dataclass(slots=True, eq=False)
class Errand:
    """A job while it runs. `out` is set once nobody waits for a lane, `over` once nobody is under way either.

    `again`: a worker that died may have begun it.
    """

    job: DeliveryJob
    letters: Letters
    sheet: Sheet
    priority: Priority
    topic: str
    again: bool = False
    waiting: int = 0
    under_way: int = 0
    out: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def ended(self, names: list[str], host: str, ended: Ended, at: datetime) -> None:
        """These reached their end, alike."""
        tell(self.job, host, ended, len(names), at)
        # Who is stopped now may have been reached before: the lift must not pass them by.
        perhaps = (self.again or self.job.attempt > 0) and ended.label.startswith("guard_")
        detail = f"{PERHAPS_SENT}; {ended.detail}" if perhaps else ended.detail
        self.sheet.ended(Alike(tuple(names), ended.end, ended.status, detail, at))

    def later(self, names: list[str], host: str, later: Later) -> None:
        """These are tried again in a job of their own."""
        tell(self.job, host, later, len(names))
        self.sheet.later(names, later.at)

    def left(self, count: int) -> None:
        """So many left their lanes for the network."""
        self.under_way += count
        self.gone(count)

    def gone(self, count: int) -> None:
        """So many left their lanes."""
        self.waiting -= count
        self.settle()

    def heard(self, count: int) -> None:
        """So many requests were answered."""
        self.under_way -= count
        self.settle()

    def settle(self) -> None:
        """Say what is reached."""
        if self.waiting == 0:
            self.out.set()
            if self.under_way == 0:
                self.over.set()


class Chunk(NamedTuple):
    """Requests that left together. Times: real, and steady seconds."""

    errand: Errand
    site: Site
    until: datetime
    left_at: float


def priority_of(job: DeliveryJob, overtakes: bool) -> Priority:
    """Levels 4 and 5, tsunami orders and calls first, then level 3, then drills; of two alike the newer order first."""
    level = job.order.level if job.order is not None else None
    calm = level == _CALM_LEVEL and not overtakes
    made_at = job.order.issued_at if job.order is not None else job.made_at
    return (2 if job.world != World.ACTUAL else 0) + calm, -made_at.timestamp()
