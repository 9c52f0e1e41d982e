"""What detection is told and never looks up: gauges, areas, rules and their parameters, as frozen values."""

import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from hashlib import sha256

from schemas.records.base import Hazard
from streams.detect.criteria import Clause, Lifting, Override, Rule
from streams.detect.limits import Carriers, Limits

THRESHOLDS = ("START", "L1", "L2", "L3", "L4", "NEAR", "FS")
"""START and NEAR belong to gauges that only know where they begin to speak and where water leaves the river."""
THRESHOLD_LEVEL = {"START": 1, "L1": 1, "L2": 2, "L3": 3, "L4": 4, "NEAR": 4, "FS": 5}
# Official names [S49][S50] (docs/detection.md).
THRESHOLD_NAME = {
    "START": "観測開始水位",
    "NEAR": "氾濫開始水位の手前",
    "L1": "水防団待機水位",
    "L2": "氾濫注意水位",
    "L3": "避難判断水位",
    "L4": "氾濫危険水位",
    "FS": "氾濫開始相当水位",
}
ROOM_M = 50.0
"""So far above its highest threshold a stage is still plausible."""
RIVER_CLASSES = ("洪水予報河川", "水位周知河川", "その他河川")


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
    horizon_min: float = 64.0
    shortest_min: float = 27.0
    swing_weight: float = 4.0
    pace_last: float = 0.6
    pace_before: float = 0.3
    pace_hour: float = 0.1
    soonest: float = 0.65
    latest: float = 2.4
    frozen_min: float = 20.0
    bound_min: float = 90.0
    stale_min: float = 20.0
    lost_min: float = 40.0
    crisis_stale_min: float = 43_200.0
    crisis_lost_min: float = 86_400.0
    ahead_min: float = 10.0
    lowest_m: float = -20.0
    highest_m: float = 100.0


@dataclass(frozen=True, slots=True)
class GaugeFacts:
    """One gauge as detection needs it. `thresholds` ascend: (name, metres above the station's own zero).

    `start_m`: it says nothing below this stage, and that is no fault. `rain`: rain gauges of its catchment; `vxko`: its
    number in official forecasts.
    """

    station: str
    name: str
    river: str
    river_class: str
    areas: tuple[str, ...]
    thresholds: tuple[tuple[str, float], ...]
    tidal: bool = False
    start_m: float | None = None
    rain: tuple[str, ...] = ()
    vxko: str = ""

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
class DamFacts:
    """One dam as detection needs it. `emergency_m`: the level from which 異常洪水時防災操作 begins, if it is known."""

    station: str
    name: str
    areas: tuple[str, ...]
    emergency_m: float | None = None


@dataclass(frozen=True, slots=True)
class RuleBook:
    """rules.toml, checked."""

    tuning: Tuning
    stations: Mapping[str, Tuning]
    carriers: Carriers
    limits: Limits
    lead_min: Mapping[str, float]
    rules: tuple[Rule, ...]
    overrides: tuple[Override, ...]
    lifting: Mapping[Hazard, Lifting]

    def tuning_of(self, station: str) -> Tuning:
        """The station's own numbers, or everybody's."""
        return self.stations.get(station, self.tuning)

    def lead_of(self, area: str, own: Override | None) -> float:
        """Minutes that leaving takes: the municipality's own for this rule, the area's, or everybody's."""
        if own is not None and own.lead_min is not None:
            return own.lead_min
        return self.lead_min.get(area, self.limits.lead_min)

    def not_evaluated(self) -> tuple[Rule, ...]:
        """Rows whose input is in no feed; each says which."""
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
    if heights and heights[-1] + ROOM_M > tuning.highest_m:  # some gauges count from the level of the sea
        tuning = replace(tuning, highest_m=heights[-1] + ROOM_M)
    return Track(gauge, tuning, heights, heights[0] if heights else math.inf, first)


Asked = tuple[Rule, Override | None, int, Clause]
"""One clause with its rule, what the municipality made of the rule, and the clause's number in it."""


@dataclass(frozen=True)
class Knowledge:
    """Everything that detection knows about the world beforehand. Equal knowledge gives equal answers."""

    gauges: Mapping[str, GaugeFacts]
    areas: Mapping[str, AreaFacts]
    book: RuleBook
    dams: Mapping[str, DamFacts] = field(default_factory=dict)
    rain_gauges: Mapping[str, str] = field(default_factory=dict)
    coast: frozenset[str] = frozenset()
    _in: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict, repr=False, compare=False)
    _rules: dict[str, tuple[tuple[Rule, Override | None], ...]] = field(default_factory=dict, repr=False, compare=False)
    _asked: dict[tuple[str, bool], tuple[Asked, ...]] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def digest(self) -> str:
        """Names the numbers that state depends on: another digest, another layout."""
        parts = [repr(asdict(self.book.tuning)), repr(sorted((k, asdict(v)) for k, v in self.book.stations.items()))]
        book = self.book
        parts += [repr(rule) for rule in book.rules]
        parts += [repr((asdict(book.limits), asdict(book.carriers), sorted(book.lead_min.items())))]
        parts += [repr(o) for o in (*book.overrides, *book.lifting.values())]
        parts += [repr(replace(gauge, name="", river="")) for _, gauge in sorted(self.gauges.items())]
        parts += [repr((sorted(self.dams.items()), sorted(self.rain_gauges), sorted(self.coast)))]
        return sha256("\n".join(re.sub(r"\s+", " ", part) for part in parts).encode()).hexdigest()[:12]

    @cached_property
    def tracks(self) -> dict[str, Track]:
        """Every gauge, ready to be compared with."""
        book = self.book
        return {code: track_of(gauge, book.tuning_of(code), book.rules) for code, gauge in self.gauges.items()}

    @cached_property
    def _with_own(self) -> frozenset[str]:
        """Municipalities that changed a rule; all others share one answer."""
        return frozenset(override.municipality for override in self.book.overrides)

    def rules_of(self, municipality: str) -> tuple[tuple[Rule, Override | None], ...]:
        """The rules that can be evaluated, each with what this municipality changed in it."""
        town = municipality if municipality in self._with_own else ""
        if town not in self._rules:
            own = {o.rule: o for o in self.book.overrides if o.municipality == town}
            self._rules[town] = tuple((rule, own.get(rule.id)) for rule in self.book.rules if rule.when)
        return self._rules[town]

    def asked(self, municipality: str, of_station: bool) -> tuple[Asked, ...]:
        """Every clause that is evaluated here, those about a single gauge or those about an area."""
        key = (municipality if municipality in self._with_own else "", of_station)
        if key not in self._asked:
            self._asked[key] = tuple(
                (rule, own, number, clause)
                for rule, own in self.rules_of(municipality)
                for number, clause in enumerate(rule.when)
                if clause.of_station is of_station
            )
        return self._asked[key]

    @cached_property
    def beside(self) -> frozenset[str]:
        """Stations that are no river gauges and that rules ask about: rain gauges of catchments, and dams."""
        return frozenset(self.dams) | {code for gauge in self.gauges.values() for code in gauge.rain}

    @cached_property
    def sleepers(self) -> frozenset[str]:
        """Gauges that say nothing below their start level."""
        return frozenset(code for code, gauge in self.gauges.items() if gauge.start_m is not None)

    @cached_property
    def by_vxko(self) -> dict[str, GaugeFacts]:
        """Gauges by their number in official forecasts."""
        return {gauge.vxko: gauge for gauge in self.gauges.values() if gauge.vxko}

    @cached_property
    def classes(self) -> frozenset[tuple[str, str]]:
        """Every (area, river class) of a gauge."""
        return frozenset((area, gauge.river_class) for gauge in self.gauges.values() for area in gauge.areas)

    def has_class(self, area: str, river_class: str) -> bool:
        """Whether a gauge of such a river stands for the area."""
        return (area, river_class) in self.classes

    @cached_property
    def _hazards(self) -> dict[str, Hazard]:
        return {rule.id: rule.hazard for rule in self.book.rules}

    def hazard_of(self, rule: str) -> Hazard:
        """What a rule is about."""
        return self._hazards[rule]

    def areas_in(self, station: str, municipality: str) -> tuple[str, ...]:
        """The areas of this municipality that a gauge stands for."""
        key = (station, municipality)
        if key not in self._in:
            codes = self.gauges[station].areas if station in self.gauges else ()
            self._in[key] = tuple(c for c in codes if c in self.areas and self.areas[c].municipality == municipality)
        return self._in[key]

    def areas_of(self, municipality: str) -> tuple[str, ...]:
        """All areas of a municipality."""
        return self._areas_by_town.get(municipality, ())

    @cached_property
    def _areas_by_town(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {}
        for code, area in self.areas.items():
            found.setdefault(area.municipality, []).append(code)
        return {town: tuple(codes) for town, codes in found.items()}

    @cached_property
    def catchments(self) -> dict[str, frozenset[str]]:
        """The rain gauges of an area's rivers, where it has any."""
        found: dict[str, set[str]] = {}
        for gauge in self.gauges.values():
            for area in gauge.areas if gauge.rain else ():
                found.setdefault(area, set()).update(gauge.rain)
        return {area: frozenset(codes) for area, codes in found.items()}

    def area_name(self, area: str) -> str:
        """The area's name, or its code where it is not in the reference data."""
        return self.areas[area].name if area in self.areas else area
