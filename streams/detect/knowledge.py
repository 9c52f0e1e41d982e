"""What detection is told and never looks up: gauges, areas, rules and their parameters, as frozen values."""

import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from hashlib import sha256

from schemas.records.base import Hazard
from schemas.records.observed import ReportKind

THRESHOLDS = ("L1", "L2", "L3", "L4", "FS")
THRESHOLD_LEVEL = {"L1": 1, "L2": 2, "L3": 3, "L4": 4, "FS": 5}
# Official names, domain.md §4.3 [S49][S50].
THRESHOLD_NAME = {
    "L1": "水防団待機水位",
    "L2": "氾濫注意水位",
    "L3": "避難判断水位",
    "L4": "氾濫危険水位",
    "FS": "氾濫開始相当水位",
}
RIVER_CLASSES = ("洪水予報河川", "水位周知河川", "その他河川")
TRENDS = ("rapid", "rising")


@dataclass(frozen=True, slots=True)
class Tuning:
    """Every number that judging one station depends on. Metres, minutes; rules.toml says where each comes from."""

    hysteresis_m: float = 0.10
    hold_min: float = 30.0
    spike_m: float = 0.30
    spike_follow: float = 1.5
    window_min: float = 60.0
    min_samples: int = 4
    rapid_dh10_m: float = 0.30
    rapid_rise_1h_m: float = 1.00
    rapid_to_l4_min: float = 60.0
    horizon_min: float = 60.0
    shortest_min: float = 20.0
    trust_power: float = 1.5
    bound_min: float = 90.0
    stale_min: float = 20.0
    lost_min: float = 40.0
    ahead_min: float = 10.0
    lowest_m: float = -20.0
    highest_m: float = 100.0


@dataclass(frozen=True, slots=True)
class GaugeFacts:
    """One gauge as detection needs it. `thresholds` ascend: (name, metres above the station's own zero)."""

    station: str
    name: str
    river: str
    river_class: str
    areas: tuple[str, ...]
    thresholds: tuple[tuple[str, float], ...]
    tidal: bool = False

    def height_of(self, name: str) -> float | None:
        """Metres of one threshold; None where the gauge has none of that name."""
        return dict(self.thresholds).get(name)


@dataclass(frozen=True, slots=True)
class AreaFacts:
    """One class20 area and the municipality (5 digits) that answers for it."""

    code: str
    name: str
    municipality: str


@dataclass(frozen=True, slots=True)
class Official:
    """What officials must say: the highest level not withdrawn is `level` or at least `at_least`, or a code stands."""

    hazard: Hazard
    level: int | None = None
    at_least: int | None = None
    codes: tuple[str, ...] = ()
    carriers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Clause:
    """Conditions that must hold together. `stage` and `trend` make it about one station, else it is about the area."""

    stage: str | None = None
    trend: str | None = None
    official: Official | None = None
    reports: tuple[ReportKind, ...] = ()

    @property
    def of_station(self) -> bool:
        """True if one gauge decides."""
        return self.stage is not None


@dataclass(frozen=True, slots=True)
class Rule:
    """One published criterion: true when any of its clauses is. `level` null: a tsunami order, which has no number.

    `needs` names inputs that are not ingested yet; without `when` the row is only listed, never evaluated.
    """

    id: str
    hazard: Hazard
    level: int | None
    when: tuple[Clause, ...]
    river_class: str | None
    source: str
    verified: bool
    text: str
    municipal_override: bool
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Override:
    """A municipality's own version of a rule that allows it."""

    municipality: str
    rule: str
    level: int | None
    note: str


@dataclass(frozen=True, slots=True)
class RuleBook:
    """rules.toml, checked."""

    tuning: Tuning
    stations: Mapping[str, Tuning]
    transition_carriers: tuple[str, ...]
    report_stands_h: float
    statement_stands_h: float
    lifted_shown_h: float
    rules: tuple[Rule, ...]
    overrides: tuple[Override, ...]

    def tuning_of(self, station: str) -> Tuning:
        """The station's own numbers, or everybody's."""
        return self.stations.get(station, self.tuning)

    def not_yet_evaluable(self) -> tuple[Rule, ...]:
        """Rows none of whose inputs are ingested yet."""
        return tuple(rule for rule in self.rules if not rule.when)


@dataclass(frozen=True, slots=True)
class Track:
    """One gauge with everything that each of its samples is compared with, ready at hand.

    `lowest`: its lowest threshold (infinite without any). `trend_from`: index of the first threshold over which a rule
    asks for a trend; the number of thresholds where none does.
    """

    gauge: GaugeFacts
    tuning: Tuning
    heights: tuple[float, ...]
    lowest: float
    trend_from: int


def track_of(gauge: GaugeFacts, tuning: Tuning, rules: tuple[Rule, ...] = ()) -> Track:
    """What the samples of one gauge are compared with."""
    asked = {c.stage for rule in rules if rule.river_class in (None, gauge.river_class) for c in rule.when if c.trend}
    heights = tuple(height for _, height in gauge.thresholds)
    first = next((i for i, (name, _) in enumerate(gauge.thresholds) if name in asked), len(heights))
    return Track(gauge, tuning, heights, heights[0] if heights else math.inf, first)


@dataclass(frozen=True)
class Knowledge:
    """Everything that detection knows about the world beforehand. Equal knowledge gives equal answers."""

    gauges: Mapping[str, GaugeFacts]
    areas: Mapping[str, AreaFacts]
    book: RuleBook
    _in: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict, repr=False, compare=False)
    _rules: dict[str, tuple[tuple[Rule, Override | None], ...]] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def digest(self) -> str:
        """Names the numbers that state depends on: another digest, another layout."""
        parts = [repr(asdict(self.book.tuning)), repr(sorted((k, asdict(v)) for k, v in self.book.stations.items()))]
        parts += [repr(rule) for rule in self.book.rules]
        parts += [repr((g.station, g.river_class, g.areas, g.thresholds)) for _, g in sorted(self.gauges.items())]
        return sha256("\n".join(re.sub(r"\s+", " ", part) for part in parts).encode()).hexdigest()[:12]

    @cached_property
    def tracks(self) -> dict[str, Track]:
        """Every gauge, ready to be compared with."""
        book = self.book
        return {code: track_of(gauge, book.tuning_of(code), book.rules) for code, gauge in self.gauges.items()}

    def rules_of(self, municipality: str) -> tuple[tuple[Rule, Override | None], ...]:
        """The rules that can be evaluated, each with what this municipality changed in it."""
        if municipality not in self._rules:
            own = {o.rule: o for o in self.book.overrides if o.municipality == municipality}
            self._rules[municipality] = tuple((rule, own.get(rule.id)) for rule in self.book.rules if rule.when)
        return self._rules[municipality]

    def areas_in(self, station: str, municipality: str) -> tuple[str, ...]:
        """The areas of this municipality that a gauge stands for."""
        key = (station, municipality)
        if key not in self._in:
            codes = self.gauges[station].areas if station in self.gauges else ()
            self._in[key] = tuple(c for c in codes if c in self.areas and self.areas[c].municipality == municipality)
        return self._in[key]

    def areas_of(self, municipality: str) -> tuple[str, ...]:
        """All areas of a municipality."""
        return tuple(code for code, area in self.areas.items() if area.municipality == municipality)

    def area_name(self, area: str) -> str:
        """The area's name, or its code where it is not in the reference data."""
        return self.areas[area].name if area in self.areas else area
