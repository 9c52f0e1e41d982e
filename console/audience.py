"""How many devices an order would reach, as the index counted them last. Pure.

The index publishes, per municipality and world, a heartbeat of source `audience:<municipality>` (and, where it counts
areas, `audience:<municipality>:<area>`); a drill's world counts only who opted in.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from console.words import JST, age, clock_time, jst
from schemas.records.base import World
from schemas.records.plumbing import Heartbeat

PREFIX = "audience:"
OLD = timedelta(minutes=15)
"""The index says its numbers at least every ten minutes: older ones are said to be old."""
CHANGED, FEW = 0.2, 100
"""An approval stands on a number of devices: by a fifth more or fewer, and at least a hundred, it is another one."""
Beats = Mapping[tuple[str, World | None], Heartbeat]


@dataclass(frozen=True, slots=True)
class Audience:
    """A count and how sure it is. `counted_at` is real time; None: it is the last whole plan's audience."""

    devices: int
    counted_at: datetime | None
    at_most: bool

    def is_far_from(self, devices: int) -> bool:
        """Whether so many devices are not what an officer said yes to."""
        off = abs(self.devices - devices)
        return off >= FEW and off > CHANGED * devices

    def words(self, now: datetime) -> str:
        """1,234台 with when it was counted (JST) and whether that is long ago; `now` is real time."""
        about = "最大" if self.at_most else ""
        if self.counted_at is None:
            return f"{about}約{self.devices:,}台（直近の計画）"
        late = now - self.counted_at
        old = f"。{age(self.counted_at, now)}の台数で、いまと違うことがあります" if late > OLD else ""
        today = self.counted_at.astimezone(JST).date() == now.astimezone(JST).date()
        at = clock_time(self.counted_at) if today else jst(self.counted_at)
        return f"{about}{self.devices:,}台（{at} 現在{old}）"


def audience(
    beats: Beats, world: World, municipality: str, areas: tuple[str, ...], last_plan: int | None
) -> Audience | None:
    """Who would get an order for these areas (none: all); None where nobody counted yet.

    Areas that are not counted by themselves give the municipality's number as the most that it can be.
    """
    parts = [beats.get((f"{PREFIX}{municipality}:{area}", world)) for area in areas]
    known = [beat for beat in parts if beat is not None]
    if areas and len(known) == len(areas):
        return Audience(sum(beat.records for beat in known), min(beat.made_at for beat in known), len(areas) > 1)
    whole = beats.get((f"{PREFIX}{municipality}", world))
    if whole is not None:
        return Audience(whole.records, whole.made_at, bool(areas))
    return None if last_plan is None else Audience(last_plan, None, False)
