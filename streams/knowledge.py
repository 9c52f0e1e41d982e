"""Reads what detection is told: rules.toml and the reference data, as one frozen Knowledge."""

from functools import cache
from pathlib import Path

from schemas.reference import areas
from schemas.stations import Gauge, gauges
from streams.detect.knowledge import THRESHOLDS, AreaFacts, GaugeFacts, Knowledge
from streams.detect.rules import read_rules

RULES = Path(__file__).with_name("rules.toml")


@cache
def load_knowledge(rules: Path = RULES) -> Knowledge:
    """The checked knowledge; raises BadRules with one sentence if rules.toml cannot be meant."""
    facts = {code: facts_of(gauge) for code, gauge in gauges().items()}
    book = read_rules(rules.read_text(encoding="utf8"), facts)
    places = {code: AreaFacts(code, area.name, area.municipality) for code, area in areas().items()}
    return Knowledge(facts, places, book)


def facts_of(gauge: Gauge) -> GaugeFacts:
    """The part of a gauge that detection needs, its thresholds in ascending order of their names."""
    heights = tuple((name, gauge.thresholds[name]) for name in THRESHOLDS if name in gauge.thresholds)
    return GaugeFacts(gauge.station, gauge.name, gauge.river, gauge.river_class, gauge.areas, heights, gauge.tidal)
