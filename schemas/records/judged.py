"""What we saw and what the rules call for: evidence, detections, recommendations."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from schemas.records.base import Hazard, Origin, Trace, World


class DetectionKind(StrEnum):
    """Threshold, trend, bulletin and compound (a rule of several facts) come from inputs; silence comes from ticks."""

    THRESHOLD = "threshold"
    TREND = "trend"
    BULLETIN = "bulletin"
    SILENCE = "silence"
    COMPOUND = "compound"


class Phase(StrEnum):
    """Where a detection's episode stands."""

    BEGAN = "began"
    ROSE = "rose"
    EASED = "eased"
    ENDED = "ended"


class Change(StrEnum):
    """How a recommended level moved against the recommendation before it."""

    NEW = "new"
    RAISED = "raised"
    SAME = "same"
    LOWERED = "lowered"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One checkable fact. `ref` is a station, bulletin id or report id; value in `unit`; `observed_at`: event time."""

    kind: str
    ref: str
    name: str
    text: str
    observed_at: datetime
    value: float | None = None
    unit: str | None = None
    threshold: float | None = None
    threshold_name: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Detection:
    """A rule became true, rose, eased or ended in an area. `subject` is a station, a carrier's subject or the area.

    `at` is the event time of the fact that decided; `lead_min_low/high` is the time to the next threshold as a range in
    minutes, for staff only. The id derives from world, municipality, area, rule, subject, phase, level and `at`.
    """

    id: str
    world: World
    origin: Origin
    municipality: str
    area: str
    hazard: Hazard
    kind: DetectionKind
    rule: str
    subject: str
    phase: Phase
    level: int | None
    episode: str
    began_at: datetime
    at: datetime
    lead_min_low: float | None
    lead_min_high: float | None
    evidence: tuple[Evidence, ...]
    trace: Trace
    made_at: datetime


@dataclass(frozen=True, slots=True)
class RuleHit:
    """One rule that is true now, with its level, where the rule comes from, and whether that source was checked."""

    rule: str
    level: int | None
    source: str
    verified: bool
    text: str
    since: datetime
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Called:
    """What the rules call for in one area for one hazard. `level` null with hits: a tsunami order without a number.

    `order_type` is the order's value that this level corresponds to, or null below level 3. `would_change`: what
    would raise, lower or end it, a sentence each.
    """

    area: str
    area_name: str
    hazard: Hazard
    level: int | None
    previous_level: int | None
    change: Change
    order_type: str | None
    hits: tuple[RuleHit, ...]
    lifting_met_since: datetime | None = None
    would_change: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Silence:
    """A source of facts that has gone quiet: its last value is kept, and never read as an all-clear."""

    subject: str
    name: str
    since: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Recommendation:
    """What the published criteria call for in one municipality: all areas and hazards that are open. It never orders.

    `number` counts up per municipality. `as_of` is the event time of the newest fact that it rests on.
    """

    id: str
    world: World
    origin: Origin
    municipality: str
    number: int
    at: datetime
    as_of: datetime
    called: tuple[Called, ...]
    silences: tuple[Silence, ...]
    trace: Trace
    made_at: datetime
