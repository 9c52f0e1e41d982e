"""Reads what detection is told: rules.toml and the reference data, as one frozen Knowledge."""

from functools import cache
from pathlib import Path

from schemas.reference import areas
from schemas.stations import Dam, Gauge, dams, gauges, rain_gauges
from schemas.zones import tsunami_zones
from streams.detect.knowledge import THRESHOLDS, AreaFacts, DamFacts, GaugeFacts, Knowledge
from streams.detect.rules import read_limits, read_rules

RULES = Path(__file__).with_name("rules.toml")
EMERGENCY = ("異常洪水時防災操作開始水位", "emergency")
"""What a dam's row may call the level from which it lets everything through."""


@cache
def load_knowledge(rules: Path = RULES) -> Knowledge:
    """The checked knowledge; raises BadRules with one sentence if rules.toml cannot be meant."""
    text = rules.read_text(encoding="utf8")
    places = {code: AreaFacts(code, area.name, area.municipality) for code, area in areas().items()}
    near_m = read_limits(text).near_overflow_m
    facts = {code: facts_of(gauge, near_m) for code, gauge in gauges().items()}
    book = read_rules(text, facts, places)
    return Knowledge(
        gauges=facts,
        areas=places,
        book=book,
        dams={code: dam_of(dam) for code, dam in dams().items()},
        rain_gauges={code: rain.name for code, rain in rain_gauges().items()},
        coast=frozenset(area for zone in tsunami_zones().values() for area in zone.areas),
    )


def facts_of(gauge: Gauge, near_m: float | None = None) -> GaugeFacts:
    """The part of a gauge that detection needs, its thresholds in ascending order of their names.

    A gauge that only knows where it begins to speak and where water leaves the river gets START and NEAR as thresholds.
    """
    known = dict(gauge.thresholds)
    if gauge.start_m is not None and "FS" in known and not {"L2", "L3", "L4"} & known.keys():
        near = known["FS"] - (near_m or 0.0)
        known |= {"START": gauge.start_m} if gauge.start_m < known["FS"] else {}
        known |= {"NEAR": near} if near_m and known.get("START", near - 1) < near else {}
    heights = tuple((name, known[name]) for name in THRESHOLDS if name in known)
    return GaugeFacts(
        *(gauge.station, gauge.name, gauge.river, gauge.river_class, gauge.areas, heights, gauge.tidal),
        start_m=gauge.start_m,
        rain=gauge.rain,
        vxko=gauge.codes.get("vxko", ""),
    )


def dam_of(dam: Dam) -> DamFacts:
    """The part of a dam that detection needs."""
    level = next((dam.thresholds[name] for name in EMERGENCY if name in dam.thresholds), None)
    return DamFacts(dam.station, dam.name, dam.areas, level)
