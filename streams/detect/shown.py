"""The rules that are true, with every fact that they rest on now, as a person can check them."""

from collections.abc import Iterator

from schemas.records.base import Hazard
from schemas.records.judged import Evidence, RuleHit
from streams.detect.conditions import (
    Place,
    Stated,
    dangers,
    deadlines,
    forecasts,
    officially,
    passing,
    quakes,
    raining,
    reported,
    worded,
)
from streams.detect.criteria import Clause, Override, Rule, is_verified
from streams.detect.evidence import of_claim, of_dam, of_number, of_rain, of_report, of_rise, of_stage
from streams.detect.hits import level_of, places
from streams.detect.knowledge import Knowledge
from streams.detect.own import own_words
from streams.detect.state import Opened, Watch, moment

HitsByPlace = dict[tuple[str, Hazard], list[RuleHit]]


def rule_hits(state: Watch, knowledge: Knowledge) -> HitsByPlace:
    """What is true now with its evidence as of now, by area and hazard; the highest level first."""
    rules = {rule.id: (rule, own) for rule, own in knowledge.rules_of(state.municipality)}
    by_area = {place.area: place for place in places(state, knowledge)}
    hits: HitsByPlace = {}
    for key, opened in sorted(state.open.items()):
        name, area, subject = key.split("|", 2)
        rule, own = rules[name]
        evidence = evidence_of(rule, own, by_area[area], subject, opened, knowledge)
        text = _text(rule, own) + _numbers(rule, own, area, subject, opened, knowledge)
        hits.setdefault((area, rule.hazard), []).append(_hit(rule, own, opened, text, evidence))
    for found in hits.values():
        found.sort(key=lambda hit: (-(hit.level or 9), hit.rule))
    return hits


def evidence_of(
    rule: Rule, own: Override | None, place: Place, subject: str, opened: Opened, knowledge: Knowledge
) -> tuple[Evidence, ...]:
    """Every fact that the rule rests on now."""
    found: list[Evidence] = []
    for clause in rule.when:
        if not clause.of_station:
            found += _of_area(rule, own, clause, place, knowledge)
        elif subject in place.stations:
            found += _of_station(clause, place, subject, opened, knowledge)
            found += _of_area(rule, own, clause, place, knowledge)
    return tuple(dict.fromkeys(found))


def _hit(rule: Rule, own: Override | None, opened: Opened, text: str, evidence: tuple[Evidence, ...]) -> RuleHit:
    source = rule.when[opened.clause].source or rule.source
    level, since = level_of(rule, own), moment(opened.since)
    return RuleHit(rule.id, level, source, is_verified(source), text, since, evidence)


def _numbers(rule: Rule, own: Override | None, area: str, subject: str, opened: Opened, knowledge: Knowledge) -> str:
    """The numbers of our own by which the condition that made the rule true was judged."""
    return own_words(rule.when[opened.clause], knowledge.book, area, knowledge.gauges.get(subject), own)


def _text(rule: Rule, own: Override | None) -> str:
    """The rule's words, and what the municipality says about it."""
    if own is None:
        return rule.text
    districts = f"(対象: {'、'.join(own.districts)})" if own.districts else ""
    return f"{rule.text} {own.note}{districts}".rstrip()


def _of_station(clause: Clause, place: Place, code: str, opened: Opened, knowledge: Knowledge) -> Iterator[Evidence]:
    gauge, station = knowledge.gauges[code], place.stations[code]
    if clause.stage is None or gauge.height_of(clause.stage) is None:
        return
    yield of_stage(gauge, station, clause.stage)
    if clause.trend and (opened.dh10 or opened.rise_1h):
        yield of_rise(gauge, opened)
    if clause.rain:
        wet = raining(gauge, clause.rain, place, station.judged.at, knowledge.book.limits.rain_hold_min)
        yield from (of_rain(c, r, knowledge) for c, r in sorted(wet.items()))
    if clause.forecast and gauge.vxko:
        yield from _of_stated(forecasts(clause.forecast, place, knowledge, gauge))


def _of_area(
    rule: Rule, own: Override | None, clause: Clause, place: Place, knowledge: Knowledge
) -> Iterator[Evidence]:
    if clause.official:
        yield from (of_claim(claim, item) for claim, item in officially(clause.official, place))
    if clause.reports:
        yield from (of_report(i, r) for i, r in reported(rule, clause, place).items())
    if clause.dam:
        yield from (of_dam(code, dam, knowledge) for code, dam in sorted(passing(place, knowledge).items()))
    if clause.forecast and not clause.of_station:
        yield from _of_stated(forecasts(clause.forecast, place, knowledge))
    if clause.danger:
        yield from _of_stated(dangers(clause.danger, place, knowledge))
    if clause.quake:
        yield from _of_stated(quakes(clause.quake, place))
    if clause.word:
        yield from _of_stated(worded(clause.word, rule, place, knowledge))
    if clause.due:
        due = deadlines(clause.due, own, place, knowledge)
        yield from _of_stated([(claim, number) for at, claim, number in due if at <= place.now])


def _of_stated(stated: list[Stated]) -> Iterator[Evidence]:
    return (of_number(claim, number) for claim, number in stated)
