"""rules.toml → typed rules. What is ambiguous, contradictory, unknown or can never fire is refused at load."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from typing import Any

from schemas.records.base import Hazard
from schemas.records.observed import ReportKind
from streams.detect.knowledge import (
    RIVER_CLASSES,
    THRESHOLDS,
    TRENDS,
    Clause,
    GaugeFacts,
    Official,
    Override,
    Rule,
    RuleBook,
    Tuning,
)

ROW = {"id", "hazard", "level", "when", "river_class", "source", "text", "municipal_override", "needs"}
CLAUSE = {"stage", "trend", "official", "report"}
OFFICIAL = {"hazard", "level", "at_least", "codes", "carriers"}
TOP = {"tuning", "station", "bulletins", "reports", "recommendation", "rule", "override"}
UNSOURCED = {"K", "R"}
"""Tags for what was written from memory or is our own proposal: such a rule is shown as unverified."""


class BadRules(ValueError):
    """rules.toml says something that cannot be meant; the text says where and what to do."""


def read_rules(text: str, gauges: Mapping[str, GaugeFacts]) -> RuleBook:
    """The checked rules; raises BadRules with one sentence."""
    data = _load(text)
    tuning, stations = read_tunings(text)
    rules = tuple(_rule(row) for row in data.get("rule", ()))
    book = RuleBook(
        tuning=tuning,
        stations=stations,
        transition_carriers=tuple(data["bulletins"]["transition"]),
        report_stands_h=float(data["reports"]["stands_h"]),
        statement_stands_h=float(data["bulletins"]["stands_h"]),
        lifted_shown_h=float(data["recommendation"]["lifted_shown_h"]),
        rules=rules,
        overrides=tuple(_override(row, {r.id: r for r in rules}) for row in data.get("override", ())),
    )
    _check_together(book, gauges)
    return book


def read_tunings(text: str) -> tuple[Tuning, dict[str, Tuning]]:
    """Everybody's numbers, and those of stations that have their own; raises BadRules with one sentence."""
    data = _load(text)
    tuning = _tuning("tuning", Tuning(), data.get("tuning", {}))
    return tuning, {code: _tuning(f"station.{code}", tuning, row) for code, row in data.get("station", {}).items()}


def _load(text: str) -> dict[str, Any]:
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadRules(f"rules.toml is not TOML: {error}") from None
    _known("rules.toml", data, TOP)
    return data


def _tuning(where: str, base: Tuning, row: Mapping[str, Any]) -> Tuning:
    _known(f"[{where}]", row, {f.name for f in fields(Tuning)})
    bad = [k for k, v in row.items() if isinstance(v, bool) or not isinstance(v, int | float)]
    if bad:
        raise BadRules(f"[{where}] {bad[0]} must be a number")
    tuned = replace(base, **row)
    positive = ("hold_min", "window_min", "horizon_min", "stale_min", "spike_m", "rapid_dh10_m", "rapid_rise_1h_m")
    wrong = [name for name in positive if getattr(tuned, name) <= 0]
    if wrong or tuned.min_samples < 3 or tuned.hysteresis_m < 0:
        raise BadRules(f"[{where}] {(wrong or ['min_samples or hysteresis_m'])[0]} is too small to mean anything")
    if tuned.lost_min <= tuned.stale_min or tuned.bound_min < tuned.horizon_min:
        raise BadRules(f"[{where}] lost_min must exceed stale_min, and bound_min must not lie under horizon_min")
    return tuned


def _rule(row: Mapping[str, Any]) -> Rule:
    name = str(row.get("id", "a rule without id"))
    _known(name, row, ROW)
    missing = {"id", "hazard", "source", "text"} - row.keys()
    if missing:
        raise BadRules(f"{name} lacks {min(missing)}")
    hazard, level = _hazard(name, row["hazard"]), row.get("level")
    if level not in {3, 4, 5} and not (level is None and hazard is Hazard.TSUNAMI):
        raise BadRules(f"{name}: level must be 3, 4 or 5 (only a tsunami order has none)")
    if (river := row.get("river_class")) not in (None, *RIVER_CLASSES):
        raise BadRules(f"{name}: river_class {river!r} is none of {', '.join(RIVER_CLASSES)}")
    when, needs = tuple(_clause(name, c) for c in row.get("when", ())), tuple(row.get("needs", ()))
    if not when and not needs:
        raise BadRules(f"{name} has no condition and would never fire; give it `when`, or `needs` for what is missing")
    return Rule(
        *(name, hazard, level, when, river, row["source"], not UNSOURCED & _sources(row["source"])),
        *(row["text"], bool(row.get("municipal_override", False)), needs),
    )


def _clause(rule: str, row: Mapping[str, Any]) -> Clause:
    _known(rule, row, CLAUSE)
    if not row:
        raise BadRules(f"{rule}: an empty condition is always true")
    stage, trend = row.get("stage"), row.get("trend")
    if stage is not None and stage not in THRESHOLDS:
        raise BadRules(f"{rule}: no threshold is called {stage!r}; there are {', '.join(THRESHOLDS)}")
    if trend is not None and (trend not in TRENDS or stage is None):
        raise BadRules(f"{rule}: trend must be one of {', '.join(TRENDS)}, beside a `stage` of the same station")
    reports = [r for r in row.get("report", ()) if r not in set(ReportKind)]
    if reports or row.get("report") == []:
        raise BadRules(f"{rule}: report {reports[:1] or 'without a kind'} can never come in")
    official = _official(rule, row["official"]) if "official" in row else None
    return Clause(stage, trend, official, tuple(ReportKind(r) for r in row.get("report", ())))


def _official(rule: str, row: Mapping[str, Any]) -> Official:
    _known(rule, row, OFFICIAL)
    given = [key for key in ("level", "at_least", "codes") if row.get(key) not in (None, [])]
    if len(given) != 1:
        raise BadRules(f"{rule}: an official statement is asked for by exactly one of level, at_least and codes")
    number = row.get("level", row.get("at_least", 2))
    if number not in {2, 3, 4, 5}:
        raise BadRules(f"{rule}: no official statement has level {number!r}; 2 to 5 exist")
    return Official(
        *(_hazard(rule, row.get("hazard")), row.get("level"), row.get("at_least")),
        *(tuple(row.get("codes", ())), tuple(row.get("carriers", ()))),
    )


def _override(row: Mapping[str, Any], rules: Mapping[str, Rule]) -> Override:
    _known("[[override]]", row, {"municipality", "rule", "level", "note"})
    rule = rules.get(str(row.get("rule")))
    if rule is None or not rule.municipal_override:
        raise BadRules(f"[[override]] of {row.get('rule')!r}: there is no such rule that a municipality may change")
    code = str(row.get("municipality", ""))
    if len(code) != 5 or not code.isdigit() or row.get("level") not in {None, 3, 4, 5}:
        raise BadRules(f"[[override]] of {rule.id}: needs a municipality of 5 digits, and a level of 3 to 5 or none")
    return Override(code, rule.id, row.get("level"), str(row.get("note", "")))


def _check_together(book: RuleBook, gauges: Mapping[str, GaugeFacts]) -> None:
    ids = [rule.id for rule in book.rules]
    if twice := {i for i in ids if ids.count(i) > 1}:
        raise BadRules(f"{min(twice)} is there twice")
    if unknown := set(book.stations) - set(gauges):
        raise BadRules(f"[station.{min(unknown)}] is no known gauge; see schemas/reference")
    _check_levels(book.rules)
    for gauge in gauges.values():
        heights = [height for _, height in gauge.thresholds]
        if heights != sorted(set(heights)):
            raise BadRules(
                f"gauge {gauge.station}: its thresholds do not ascend, so levels would contradict each other"
            )


def _check_levels(rules: Iterable[Rule]) -> None:
    """The same condition may not call for two levels, or which one would hold?"""
    seen: dict[tuple[object, ...], Rule] = {}
    for rule in rules:
        for clause in rule.when:
            other = seen.setdefault((rule.hazard, rule.river_class, clause), rule)
            if other.level != rule.level:
                raise BadRules(f"{other.id} and {rule.id} call for different levels under the same condition")


def _known(where: str, row: Mapping[str, Any], allowed: set[str]) -> None:
    if unknown := set(row) - allowed:
        raise BadRules(f"{where}: {min(unknown)!r} is not known; {', '.join(sorted(allowed))} are")


def _hazard(rule: str, name: object) -> Hazard:
    try:
        return Hazard(str(name))
    except ValueError:
        raise BadRules(f"{rule}: no hazard is called {name!r}; there are {', '.join(Hazard)}") from None


def _sources(source: str) -> set[str]:
    return {part.strip() for part in source.split(",")}
