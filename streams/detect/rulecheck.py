"""What only the whole of rules.toml, beside the reference data, can show: rules that contradict or can never fire."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from streams.detect.clauses import BadRules
from streams.detect.criteria import Rule, is_verified
from streams.detect.knowledge import AreaFacts, GaugeFacts, RuleBook
from streams.detect.own import own_numbers

KNOWN_CARRIERS = ("VXKO", "VXWW50", "VPWW5", "VPWW6", "VPWP50", "VPWS50", "VTSE", "VXSE", "VPTW", "VPNO50", "VPOA50")
"""Beginnings of data types that connectors read (docs/sources.md)."""


def check_together(book: RuleBook, gauges: Mapping[str, GaugeFacts], areas: Mapping[str, AreaFacts] | None) -> None:
    """Raises BadRules with one sentence."""
    ids = [rule.id for rule in book.rules]
    if twice := {i for i in ids if ids.count(i) > 1}:
        raise BadRules(f"{min(twice)} is there twice")
    if unknown := set(book.stations) - set(gauges):
        raise BadRules(f"[station.{min(unknown)}] is no known gauge; see schemas/reference")
    _check_levels(book.rules)
    _check_sources(book.rules)
    _check_carriers(book.rules)
    _check_overrides(book)
    _check_gauges(gauges)
    _check_stages(book.rules, gauges)
    if areas is not None:
        _check_places(book, areas)


def _check_levels(rules: Iterable[Rule]) -> None:
    """The same condition may not call for two levels, or which one would hold?"""
    seen: dict[tuple[object, ...], Rule] = {}
    for rule in rules:
        for clause in rule.when:
            other = seen.setdefault((rule.hazard, rule.river_class, replace(clause, source="")), rule)
            if other.level != rule.level:
                raise BadRules(f"{other.id} and {rule.id} call for different levels under the same condition")


def _check_sources(rules: Iterable[Rule]) -> None:
    """A published source vouches for its words, not for the numbers that we put in their place."""
    for rule in rules:
        for clause in rule.when:
            source = clause.source or rule.source
            if is_verified(source) and (ours := own_numbers(clause)):
                raise BadRules(
                    f"{rule.id}: {ours[0]} is a number of our own, and {source!r} reads as if it were published; "
                    f'give the condition `source = "{source},R"`'
                )


def _check_carriers(rules: Iterable[Rule]) -> None:
    for rule in rules:
        for clause in rule.when:
            named = (
                *(clause.official.carriers if clause.official else ()),
                *(clause.danger.carriers if clause.danger else ()),
            )
            for carrier in named:
                if not any(carrier.startswith(k) or k.startswith(carrier) for k in KNOWN_CARRIERS):
                    raise BadRules(f"{rule.id}: no telegram that is read is called {carrier!r}, so it can never fire")


def _check_overrides(book: RuleBook) -> None:
    pairs = [(o.municipality, o.rule) for o in book.overrides]
    if twice := {p for p in pairs if pairs.count(p) > 1}:
        raise BadRules(f"[[override]] of {min(twice)[1]} for {min(twice)[0]} is there twice")
    if wrong := [area for area, minutes in book.lead_min.items() if minutes <= 0]:
        raise BadRules(f"[lead] of {wrong[0]} must exceed 0 minutes")


def _check_gauges(gauges: Mapping[str, GaugeFacts]) -> None:
    for gauge in gauges.values():
        heights = [height for _, height in gauge.thresholds]
        if heights != sorted(set(heights)):
            raise BadRules(
                f"gauge {gauge.station}: its thresholds do not ascend, so levels would contradict each other"
            )


def _check_stages(rules: Iterable[Rule], gauges: Mapping[str, GaugeFacts]) -> None:
    """A threshold that no gauge of the class has: the row must say that it waits, with `needs`."""
    there = {(river, name) for g in gauges.values() for name, _ in g.thresholds for river in (None, g.river_class)}
    for rule in rules:
        for clause in rule.when:
            if gauges and clause.stage and (rule.river_class, clause.stage) not in there and not rule.needs:
                whose = rule.river_class or "any river"
                raise BadRules(
                    f"{rule.id}: no gauge of {whose} has the threshold {clause.stage}, so it can never fire; "
                    "say in `needs` what it waits for, or add the threshold in schemas/reference"
                )


def _check_places(book: RuleBook, areas: Mapping[str, AreaFacts]) -> None:
    if unknown := set(book.lead_min) - set(areas):
        raise BadRules(f"[lead] {min(unknown)} is no known area; see schemas/reference/municipalities.toml")
    towns = {area.municipality for area in areas.values()}
    if lost := [o for o in book.overrides if o.municipality not in towns]:
        raise BadRules(f"[[override]] of {lost[0].rule}: there is no municipality {lost[0].municipality}")
