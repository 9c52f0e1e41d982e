"""What would change a call: the next threshold with its distance, the next official level, and what ends each rule.

Sentences for staff. They state facts and rules, no forecast: nothing here says that something will happen.
"""

from collections.abc import Iterable, Iterator

from schemas.records.base import Hazard
from schemas.records.judged import RuleHit
from streams.detect.criteria import Clause, Override, Rule
from streams.detect.hits import level_of
from streams.detect.knowledge import THRESHOLD_NAME, GaugeFacts, Knowledge
from streams.detect.lifting import missing
from streams.detect.state import Station, Watch

TOP = 5
CARRIERS = {
    Hazard.FLOOD: "VXKO",
    Hazard.HEAVY_RAIN: "VPWW55",
    Hazard.LANDSLIDE: "VPWW56・VXWW50",
    Hazard.STORM_SURGE: "VPWW57",
    Hazard.TSUNAMI: "VTSE41",
}


def would_change(
    area: str, hazard: Hazard, hits: Iterable[RuleHit], state: Watch, knowledge: Knowledge
) -> tuple[str, ...]:
    """What would raise, lower or end what is called for; where nothing is, what stands against lifting."""
    hits = tuple(hits)
    if not hits:
        return tuple(f"解除の条件まで: {sentence}" for sentence in missing(area, hazard, state, knowledge))
    level = max((hit.level for hit in hits if hit.level is not None), default=TOP)
    rules = [pair for pair in knowledge.rules_of(state.municipality) if pair[0].hazard is hazard]
    raises = (*_by_stage(area, level, rules, state, knowledge), *_by_officials(hazard, level, rules))
    return tuple(dict.fromkeys((*raises, *_ends(area, hazard, hits, state, knowledge))))


def _by_stage(
    area: str, level: int, rules: list[tuple[Rule, Override | None]], state: Watch, knowledge: Knowledge
) -> Iterator[str]:
    """Per gauge that is up, the nearest threshold above it that alone would call for more."""
    calls = [
        (rule.river_class, clause.stage, called, rule.id)
        for rule, own in rules
        for clause in rule.when
        if clause.stage and clause == Clause(stage=clause.stage) and (called := level_of(rule, own) or 0) > level
    ]
    for code, station in sorted(state.stations.items()):
        gauge = knowledge.gauges.get(code)
        if gauge is None or area not in gauge.areas or not station.crossings.over:
            continue
        steps = [
            (height - station.judged.value, name, called, rule_id)
            for name, height in gauge.thresholds
            if height > station.judged.value
            for river_class, stage, called, rule_id in calls
            if stage == name and river_class in (None, gauge.river_class)
        ]
        if steps:
            rise, name, called, rule_id = min(steps)
            where = f"{gauge.river} {gauge.name}".strip()
            yield f"{where}があと {rise:.2f} m 上がり{THRESHOLD_NAME[name]}に達すると、レベル{called}({rule_id})"


def _by_officials(hazard: Hazard, level: int, rules: list[tuple[Rule, Override | None]]) -> Iterator[str]:
    """The next official level that would call for more."""
    steps = sorted(
        (called, rule.id, clause.official.level)
        for rule, own in rules
        for clause in rule.when
        if clause.official and clause.official.level and clause.official.hazard is hazard and clause.stage is None
        if (called := level_of(rule, own) or 0) > level
    )
    if steps:
        called, rule_id, official = steps[0]
        yield f"{CARRIERS.get(hazard, '電文')}で警戒レベル{official}相当が発表されると、レベル{called}({rule_id})"


def _ends(area: str, hazard: Hazard, hits: tuple[RuleHit, ...], state: Watch, knowledge: Knowledge) -> Iterator[str]:
    rules = {rule.id: rule for rule, _ in knowledge.rules_of(state.municipality)}
    names = {hit.rule for hit in hits}
    for key, opened in sorted(state.open.items()):
        name, place, subject = key.split("|", 2)
        if place == area and name in names and rules[name].hazard is hazard:
            yield f"{name}は、{_end(rules[name].when[opened.clause], subject, state, knowledge)}と終わる"


def _end(clause: Clause, subject: str, state: Watch, knowledge: Knowledge) -> str:
    if clause.stage and subject in knowledge.gauges:
        parts = [_below(clause.stage, knowledge.gauges[subject], state.stations[subject], knowledge)]
    elif clause.reports:
        parts = [f"報告から{knowledge.book.limits.report_stands_h:g}時間たつ"]
    elif clause.dam:
        parts = ["ダムの放流量が流入量を下回るか、貯水位が下がる"]
    else:
        parts = []
    if clause.official and clause.official.codes:
        parts.append(f"{CARRIERS[clause.official.hazard]}で切り替えられるか解除される")
    elif clause.official:
        parts.append(f"{CARRIERS.get(clause.official.hazard, '電文')}の引き下げか解除が届く")
    elif clause.quake:
        parts.append("津波の有無が発表される")
    elif any((clause.forecast and not clause.stage, clause.danger, clause.due, clause.word)):
        parts.append("同じ種類の新しい電文で、この条件が示されなくなる")
    return "、または".join(parts) or "新しい発表がある"


def _below(stage: str, gauge: GaugeFacts, station: Station, knowledge: Knowledge) -> str:
    tuning = knowledge.book.tuning_of(gauge.station)
    limit = (gauge.height_of(stage) or 0.0) - tuning.hysteresis_m
    where = f"{gauge.river} {gauge.name}(いま {station.judged.value:.2f} m)".strip()
    return f"{where}で {limit:.2f} m を下回る値が{tuning.hold_min:g}分続く"
