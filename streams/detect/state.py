"""What detection remembers of one municipality: compact, frozen, and the same however its inputs were batched."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from schemas.records.base import World
from streams.detect.block import Block
from streams.detect.bulletins import Slot
from streams.detect.guard import Judged
from streams.detect.knowledge import Knowledge
from streams.detect.series import Series
from streams.detect.silence import Quiet
from streams.detect.threshold import CALM, Crossings
from streams.detect.trend import STILL, Rising


class Station(NamedTuple):
    """One gauge. `heard`: when a source first answered for it; `note`: the quality of what came instead of a value.

    `steep`: no step of the series climbs faster (m/s); `steep_at` is when that step ended.
    """

    heard: int
    series: Series = ()
    judged: Judged = Judged()
    crossings: Crossings = CALM
    rising: Rising = STILL
    note: str = ""
    steep: float = 0.0
    steep_at: int = 0

    @property
    def last(self) -> int:
        """When the newest usable value was observed (epoch seconds), or since when one is awaited."""
        return self.series[-1][0] if self.series else self.heard

    @property
    def replay(self) -> int:
        """1 if any reading of the last hour came from a replay."""
        return max((sample[3] for sample in self.series), default=0)


class Reported(NamedTuple):
    """One field report, as long as it stands."""

    area: str
    hazard: str
    kind: str
    text: str
    at: int
    replay: int


class Opened(NamedTuple):
    """A rule that is true: since when, and what was measured when it opened. Metres and minutes; lead -1 for none.

    `clause`: the number of the condition in the rule that made it true first.
    """

    since: int
    at: int
    value: float = 0.0
    dh10: float = 0.0
    rise_1h: float = 0.0
    lead_low: float = -1.0
    lead_high: float = -1.0
    replay: int = 0
    clause: int = 0


class Rung(NamedTuple):
    """How far officials have gone for one hazard in one area, and when that episode began. `level` -1: no level."""

    level: int
    began: int


class Lifted(NamedTuple):
    """Since when nothing calls for anything any more, and (0: not yet) since when the lifting conditions are met."""

    at: int
    replay: int
    met: int = 0


class Rain(NamedTuple):
    """One rain gauge (mm, -1 for none), since when it rains (strongly), and when it last did; 0 for not."""

    at: int
    mm_10min: float = -1.0
    mm_1h: float = -1.0
    falling: int = 0
    falling_last: int = 0
    strong: int = 0
    strong_last: int = 0
    replay: int = 0


class DamState(NamedTuple):
    """One dam (m3/s, m, %; -1 for none), and since when what comes in goes out, and when it last did; 0 for not."""

    at: int
    inflow: float = -1.0
    outflow: float = -1.0
    level: float = -1.0
    storage: float = -1.0
    passing: int = 0
    passing_last: int = 0
    replay: int = 0


class Late(NamedTuple):
    """Old news that is held until all of it is there: by slot, and when (epoch seconds) its first and newest came."""

    first: int = 0
    newest: int = 0
    slots: dict[str, Slot] = {}  # noqa: RUF012  # a default that nobody changes: states are replaced, never edited


NOTHING_HELD = Late()


class Deferred:
    """Polls that `stations` does not hold yet, in columns; by who was asked and who answered. Never written.

    `settled`: the stations with them, once anybody asked for these.
    """

    __slots__ = ("blocks", "knowledge", "settled")

    def __init__(self, knowledge: Knowledge, blocks: dict[tuple[tuple[str, ...], tuple[str, ...]], Block]) -> None:
        self.knowledge, self.blocks = knowledge, blocks
        self.settled: dict[str, Station] | None = None


@dataclass(frozen=True, slots=True)
class Watch:
    """The state. Keys: stations by id, sources by name → (last answer, replay), slots by area|carrier|scope,

    reports by id, open by rule|area|subject, rungs and lifted by area|hazard, quiet by subject, rain and dams by
    station. `now`: the newest event time that any record with data spoke of, or a deadline that a tick found passed.
    With `deferred`, only `deferred.settled` may look at the stations.
    """

    world: World
    municipality: str
    now: int = 0
    stations: dict[str, Station] = field(default_factory=dict)
    sources: dict[str, tuple[int, int]] = field(default_factory=dict)
    slots: dict[str, Slot] = field(default_factory=dict)
    reports: dict[str, Reported] = field(default_factory=dict)
    open: dict[str, Opened] = field(default_factory=dict)
    rungs: dict[str, Rung] = field(default_factory=dict)
    lifted: dict[str, Lifted] = field(default_factory=dict)
    quiet: dict[str, Quiet] = field(default_factory=dict)
    rain: dict[str, Rain] = field(default_factory=dict)
    dams: dict[str, DamState] = field(default_factory=dict)
    late: Late = NOTHING_HELD
    deferred: Deferred | None = field(default=None, compare=False, repr=False)


def moment(seconds: int) -> datetime:
    """Epoch seconds as an aware time."""
    return datetime.fromtimestamp(seconds, UTC)


def awaited_from_replay(state: Watch) -> int:
    """1 if a source that answers here is a replay: a station that has not spoken yet is awaited from it."""
    return max((replay for _, replay in state.sources.values()), default=0)
