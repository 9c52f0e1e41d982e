"""rules.toml → typed rules. What is ambiguous, contradictory, unknown or can never fire is refused at load."""

import tomllib
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from schemas.records.base import Hazard
from streams.detect.clauses import BadRules, clause_of, hazard_of, known
from streams.detect.criteria import Lifting, Override, Rule
from streams.detect.knowledge import RIVER_CLASSES, THRESHOLDS, AreaFacts, GaugeFacts, RuleBook, Tuning
from streams.detect.limits import Carriers, Limits
from streams.detect.rulecheck import check_together

ROW = {"id", "hazard", "level", "when", "river_class", "source", "text", "municipal_override", "needs"}
TOP = {"tuning", "station", "carriers", "words", "limits", "lead", "rule", "override", "lifting"}
OVERRIDE = {"municipality", "rule", "level", "note", "lead_min", "districts"}


def read_rules(text: str, gauges: Mapping[str, GaugeFacts], areas: Mapping[str, AreaFacts] | None = None) -> RuleBook:
    """The checked rules; raises BadRules with one sentence. Without `areas`, names of places are not checked."""
    data = _load(text)
    tuning, stations = read_tunings(text)
    rules = tuple(_rule(row, data.get("words", {})) for row in data.get("rule", ()))
    by_id = {rule.id: rule for rule in rules}
    lifting = [_lifting(row) for row in data.get("lifting", ())]
    if len({row.hazard for row in lifting}) < len(lifting):
        raise BadRules("[[lifting]]: one row for each hazard, or which one would hold?")
    book = RuleBook(
        tuning=tuning,
        stations=stations,
        carriers=_carriers(data.get("carriers", {}), data.get("words", {})),
        limits=read_limits(text),
        lead_min={str(area): float(minutes) for area, minutes in data.get("lead", {}).items()},
        rules=rules,
        overrides=tuple(_override(row, by_id) for row in data.get("override", ())),
        lifting={row.hazard: row for row in lifting},
    )
    check_together(book, gauges, areas)
    return book


def read_tunings(text: str) -> tuple[Tuning, dict[str, Tuning]]:
    """Everybody's numbers, and those of stations that have their own; raises BadRules with one sentence."""
    data = _load(text)
    tuning = _tuning("tuning", Tuning(), data.get("tuning", {}))
    return tuning, {code: _tuning(f"station.{code}", tuning, row) for code, row in data.get("station", {}).items()}


def read_limits(text: str) -> Limits:
    """The numbers that belong to no single gauge; raises BadRules with one sentence."""
    row = _load(text).get("limits", {})
    _numbers("limits", row, {f.name for f in fields(Limits)})
    limits = Limits(**{name: float(value) for name, value in row.items()})
    wrong = [f.name for f in fields(Limits) if getattr(limits, f.name) <= 0]
    if wrong:
        raise BadRules(f"[limits] {wrong[0]} is too small to mean anything")
    return limits


def _load(text: str) -> dict[str, Any]:
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadRules(f"rules.toml is not TOML: {error}") from None
    known("rules.toml", data, TOP)
    return data


def _tuning(where: str, base: Tuning, row: Mapping[str, Any]) -> Tuning:
    _numbers(where, row, {f.name for f in fields(Tuning)})
    tuned = replace(base, **row)
    positive = ("hold_min", "window_min", "horizon_min", "stale_min", "spike_m", "rapid_dh10_m", "rapid_rise_1h_m")
    wrong = [name for name in positive if getattr(tuned, name) <= 0]
    if wrong or tuned.min_samples < 3 or tuned.hysteresis_m < 0:
        raise BadRules(f"[{where}] {(wrong or ['min_samples or hysteresis_m'])[0]} is too small to mean anything")
    if tuned.lost_min <= tuned.stale_min or tuned.bound_min < tuned.horizon_min:
        raise BadRules(f"[{where}] lost_min must exceed stale_min, and bound_min must not lie under horizon_min")
    if tuned.crisis_lost_min <= tuned.crisis_stale_min or tuned.crisis_stale_min < tuned.stale_min:
        raise BadRules(f"[{where}] a gauge that sleeps is patient: stale_min <= crisis_stale_min < crisis_lost_min")
    weights = tuned.pace_last, tuned.pace_before, tuned.pace_hour
    if min(weights) < 0 or not sum(weights) or not 0 < tuned.soonest <= tuned.latest or tuned.swing_weight < 0:
        raise BadRules(f"[{where}] a pace needs a weight, none below 0; soonest must lie between 0 and latest")
    return tuned


def _numbers(where: str, row: Mapping[str, Any], names: set[str]) -> None:
    known(f"[{where}]", row, names)
    bad = [k for k, v in row.items() if isinstance(v, bool) or not isinstance(v, int | float)]
    if bad:
        raise BadRules(f"[{where}] {bad[0]} must be a number")


def _carriers(row: Mapping[str, Any], words: Mapping[str, Any]) -> Carriers:
    lists = ("transition", "snapshot", "forecast", "check", "event", "lasting")
    known("[carriers]", row, {*lists, "current"})
    if empty := [name for name, phrases in words.items() if not phrases or not all(phrases)]:
        raise BadRules(f"[words] {empty[0]} has no phrase, or an empty one, which every telegram contains")
    if both := [one for one in row.get("lasting", ()) if one.startswith(tuple(row.get("event", ())))]:
        raise BadRules(f"[carriers] {both[0]} is under `lasting` and under `event`: it stands, or it is forgotten")
    current = {carrier: hazard_of("[carriers] current", name) for carrier, name in row.get("current", {}).items()}
    return Carriers(
        **{name: tuple(row.get(name, ())) for name in lists},
        current=current,
        words={name: tuple(phrases) for name, phrases in words.items()},
    )


def _rule(row: Mapping[str, Any], words: Mapping[str, Any]) -> Rule:
    name = str(row.get("id", "a rule without id"))
    known(name, row, ROW)
    missing = {"id", "hazard", "source", "text"} - row.keys()
    if missing:
        raise BadRules(f"{name} lacks {min(missing)}")
    hazard, level = hazard_of(name, row["hazard"]), row.get("level")
    if level not in {3, 4, 5} and not (level is None and hazard is Hazard.TSUNAMI):
        raise BadRules(f"{name}: level must be 3, 4 or 5 (only a tsunami order has none)")
    if hazard is Hazard.TSUNAMI and level not in {None, 3}:
        raise BadRules(f"{name}: a tsunami order has no level number; only 3, far ahead of the wave, exists")
    if (river := row.get("river_class")) not in (None, *RIVER_CLASSES):
        raise BadRules(f"{name}: river_class {river!r} is none of {', '.join(RIVER_CLASSES)}")
    when, needs = tuple(clause_of(name, c, words) for c in row.get("when", ())), tuple(row.get("needs", ()))
    if not when and not needs:
        raise BadRules(f"{name} has no condition and would never fire; give it `when`, or `needs` for what is missing")
    override = bool(row.get("municipal_override", False))
    return Rule(name, hazard, level, when, river, row["source"], row["text"], override, needs)


def _override(row: Mapping[str, Any], rules: Mapping[str, Rule]) -> Override:
    known("[[override]]", row, OVERRIDE)
    rule = rules.get(str(row.get("rule")))
    if rule is None or not rule.municipal_override:
        raise BadRules(f"[[override]] of {row.get('rule')!r}: there is no such rule that a municipality may change")
    code, level = str(row.get("municipality", "")), row.get("level")
    if len(code) != 5 or not code.isdigit() or level not in {None, 3, 4, 5}:
        raise BadRules(f"[[override]] of {rule.id}: needs a municipality of 5 digits, and a level of 3 to 5 or none")
    if level is not None and (rule.level is None or level < rule.level):
        raise BadRules(f"[[override]] of {rule.id}: a municipality may go beyond level {rule.level}, not below it")
    minutes = row.get("lead_min")
    if minutes is not None and (minutes <= 0 or not any(c.due and c.due.within_min is None for c in rule.when)):
        raise BadRules(f"[[override]] of {rule.id}: lead_min must exceed 0, for a rule that waits for a lead time")
    if not {"level", "note", "lead_min", "districts"} & row.keys():
        raise BadRules(f"[[override]] of {rule.id} changes nothing; give it a level, note, lead_min or districts")
    districts = tuple(str(name) for name in row.get("districts", ()))
    return Override(code, rule.id, level, str(row.get("note", "")), minutes, districts)


def _lifting(row: Mapping[str, Any]) -> Lifting:
    known("[[lifting]]", row, {"hazard", "official", "at_most", "stage_below", "dry", "source"})
    name = f"[[lifting]] of {row.get('hazard')!r}"
    stage, at_most = row.get("stage_below"), row.get("at_most", 2)
    if stage not in (None, *THRESHOLDS) or at_most not in {1, 2}:
        raise BadRules(f"{name}: stage_below is one of {', '.join(THRESHOLDS)}, at_most 1 or 2")
    official = tuple(hazard_of(name, hazard) for hazard in row.get("official", ()))
    if not official or not row.get("source"):
        raise BadRules(f"{name}: names the hazards whose warnings must be over (`official`), and its source")
    dry = bool(row.get("dry", False))
    return Lifting(hazard_of(name, row.get("hazard")), official, at_most, stage, dry, str(row["source"]))
