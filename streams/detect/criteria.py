"""A published criterion as a value: which facts must hold together, and what it calls for. rules.toml, typed."""

from dataclasses import dataclass

from schemas.records.base import Hazard
from schemas.records.observed import ReportKind

TRENDS = ("rapid", "steep", "rising")
"""rapid: steep, or near the dangerous stage at the present pace; steep: by what was measured alone; rising: at all."""
RAINS = ("falling", "strong")
REPORT_DETAILS = (
    "gate_stopped",
    "pump_stopped",
    "cracks",
    "seawall_failed",
    "wave_overtopping",
    "inundation",
    "shaking",
)
"""`Report.detail`: what is finer than a kind, which is then `other`."""
REPORT_WORDS = (*(kind.value for kind in ReportKind if kind is not ReportKind.OTHER), *REPORT_DETAILS)
"""Everything that an officer can enter and a rule can ask for."""
DUE_QUANTITIES = ("criteria_level", "storm_zone")


@dataclass(frozen=True, slots=True)
class Official:
    """What officials must say: the highest level not withdrawn is `level` or at least `at_least`, or a code stands."""

    hazard: Hazard
    level: int | None = None
    at_least: int | None = None
    codes: tuple[str, ...] = ()
    carriers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Forecast:
    """What an official stage forecast must say: at or over `stage` within so many hours, or higher than now (`rising`).

    `night`: only times of the coming night count.
    """

    stage: str | None = None
    rising: bool = False
    within_h: float = 6.0
    night: bool = False


@dataclass(frozen=True, slots=True)
class Danger:
    """What an official 危険度 must say: a level of at least `at_least` now, or (`night`) in the coming night."""

    hazard: Hazard
    at_least: int
    carriers: tuple[str, ...]
    night: bool = False


@dataclass(frozen=True, slots=True)
class Due:
    """An officially stated time that is near: within so many minutes, or (None) within the area's own lead time."""

    quantity: str
    at_least: int = 0
    within_min: float | None = None


@dataclass(frozen=True, slots=True)
class Quake:
    """Shaking of at least `intensity`, or a word in a quake's telegram; true until officials speak of the tsunami."""

    intensity: float | None = None
    word: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """A telegram in force must use one of the phrases called `name`; `night`: and be made when the night is near."""

    name: str
    night: bool = False


@dataclass(frozen=True, slots=True)
class Clause:
    """Conditions that must hold together. `stage` makes it about one station, else it is about the area.

    `trend`, `rain` and a rising forecast only open: once open, the standing stage keeps the rule true.
    `source`: the clause's own, where it is not the rule's. `coast`: only areas by the sea.
    """

    stage: str | None = None
    trend: str | None = None
    official: Official | None = None
    reports: tuple[str, ...] = ()
    report_of: tuple[Hazard, ...] = ()
    forecast: Forecast | None = None
    danger: Danger | None = None
    due: Due | None = None
    quake: Quake | None = None
    word: Words | None = None
    rain: str | None = None
    dam: bool = False
    coast: bool = False
    source: str = ""

    @property
    def of_station(self) -> bool:
        """True if one gauge decides."""
        return self.stage is not None

    @property
    def only_opens(self) -> bool:
        """True if it holds a fact that passes: while the stage stands, the rule stays true without it."""
        return self.of_station and bool(self.trend or self.rain or self.forecast)


@dataclass(frozen=True, slots=True)
class Rule:
    """One published criterion: true when any of its clauses is. `level` null: a tsunami order, which has no number.

    `needs` names inputs that no feed has; without `when` the row is only listed, as "not evaluated".
    """

    id: str
    hazard: Hazard
    level: int | None
    when: tuple[Clause, ...]
    river_class: str | None
    source: str
    text: str
    municipal_override: bool
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Override:
    """A municipality's own version of a rule that allows it: never a lower level; maybe a lead time (minutes)."""

    municipality: str
    rule: str
    level: int | None
    note: str
    lead_min: float | None = None
    districts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lifting:
    """What must hold before lifting conditions count as met for a hazard.

    `official`: hazards whose official level must be at most `at_most`; `stage_below`: of the area's gauges;
    `dry`: no catchment rain now, and no 危険度 of level 3 still to come.
    """

    hazard: Hazard
    official: tuple[Hazard, ...]
    at_most: int
    stage_below: str | None
    dry: bool
    source: str


UNSOURCED = frozenset({"K", "R"})
"""Tags for what was written from memory or is our own proposal: such a rule is shown as unverified."""


def is_verified(source: str) -> bool:
    """Whether every part of a rule was found in a published table."""
    return not UNSOURCED & {part.strip() for part in source.split(",")}
