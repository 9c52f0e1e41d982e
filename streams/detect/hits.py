"""Which published rules are true now. Standing facts keep a rule true; a trend only opens it.

A rule that a rapid rise opened stays true while its stage condition stands, because a river that pauses above its
threshold has not become safer.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from schemas.records.base import Hazard
from schemas.records.judged import DetectionKind, Evidence, RuleHit
from streams.detect.bulletins import Claim, claims_in, spoken_for
from streams.detect.evidence import of_claim, of_report, of_rise, of_stage
from streams.detect.knowledge import Clause, Knowledge, Official, Override, Rule
from streams.detect.state import Opened, Reported, Station, Watch, moment
from streams.detect.trend import Trend


class Moment(NamedTuple):
    """What one accepted sample says of its station's rise."""

    station: str
    at: int
    value: float
    trend: Trend
    rapid: bool
    lead: tuple[float, float] | None


class Place(NamedTuple):
    """One area with everything that rules may ask about it."""

    area: str
    claims: list[Claim]
    stations: dict[str, Station]
    reports: dict[str, Reported]


class Since(NamedTuple):
    """A condition that holds: since when, and whether a replay had a part in it."""

    at: int
    replay: int


def key_of(rule: str, area: str, subject: str) -> str:
    """The name of one hit: rule, area, and the station or area that it is about."""
    return f"{rule}|{area}|{subject}"


def evaluate(state: Watch, knowledge: Knowledge, now: Moment | None, only: str | None = None) -> dict[str, Opened]:
    """Every rule that is true, by key; `now` is the sample that was just accepted, if one was.

    With `only`, what is about other stations and about whole areas is taken over as it was.
    """
    found = {key: opened for key, opened in state.open.items() if only is not None and not key.endswith(f"|{only}")}
    for place in places(state, knowledge, only):
        for rule, _ in knowledge.rules_of(state.municipality):
            for clause in rule.when:
                if only is None or clause.of_station:
                    for subject, since in _subjects(rule, clause, place, state, knowledge, now):
                        key = key_of(rule.id, place.area, subject)
                        found[key] = _earlier(found.get(key), _opened(clause, since, state.open.get(key), now))
    return found


def kind_of(rule: Rule) -> DetectionKind:
    """What a rule rests on: stage, stage and trend, officials; or several of these, or people."""
    facts = {
        name
        for clause in rule.when
        for name, asked in (
            ("stage", clause.stage),
            ("trend", clause.trend),
            ("said", clause.official),
            ("seen", clause.reports),
        )
        if asked
    }
    if facts == {"stage"}:
        return DetectionKind.THRESHOLD
    if facts == {"stage", "trend"}:
        return DetectionKind.TREND
    return DetectionKind.BULLETIN if facts == {"said"} else DetectionKind.COMPOUND


def places(state: Watch, knowledge: Knowledge, only: str | None = None) -> Iterator[Place]:
    """The areas of the municipality about which there is anything to ask; `only`: those of one station."""
    spoken = {key.split("|", 1)[0] for key in state.slots}
    here = state.municipality
    areas = (*knowledge.areas_of(here), *sorted(spoken)) if only is None else knowledge.areas_in(only, here)
    stations = state.stations if only is None else {only: state.stations[only]}
    for area in dict.fromkeys(areas):
        over = {c: s for c, s in stations.items() if s.crossings.over and area in knowledge.areas_in(c, here)}
        claims = claims_in(state.slots, area) if area in spoken else []
        reports = {i: r for i, r in state.reports.items() if r.area in ("", area, here)}
        if over or claims or reports:
            yield Place(area, claims, over, reports)


def rule_hits(state: Watch, knowledge: Knowledge) -> dict[tuple[str, Hazard], list[RuleHit]]:
    """What is true now with its evidence as of now, by area and hazard; the highest level first."""
    rules = {rule.id: (rule, own) for rule, own in knowledge.rules_of(state.municipality)}
    by_area = {place.area: place for place in places(state, knowledge)}
    hits: dict[tuple[str, Hazard], list[RuleHit]] = {}
    for key, opened in sorted(state.open.items()):
        name, area, subject = key.split("|", 2)
        rule, own = rules[name]
        evidence = evidence_of(rule, by_area[area], subject, opened, knowledge)
        hits.setdefault((area, rule.hazard), []).append(_hit(rule, own, opened, evidence))
    for found in hits.values():
        found.sort(key=lambda hit: (-(hit.level or 9), hit.rule))
    return hits


def level_of(rule: Rule, own: Override | None) -> int | None:
    """The rule's level, or what this municipality made of it."""
    return own.level if own and own.level is not None else rule.level


def evidence_of(rule: Rule, place: Place, subject: str, opened: Opened, knowledge: Knowledge) -> tuple[Evidence, ...]:
    """Every fact that the rule rests on now."""
    found: list[Evidence] = []
    for clause in rule.when:
        if clause.stage and subject in place.stations:
            gauge = knowledge.gauges[subject]
            found.append(of_stage(gauge, place.stations[subject], clause.stage))
            found += [of_rise(gauge, opened)] if clause.trend else []
        if clause.official:
            asked = clause.official
            said = spoken_for(place.claims, asked.hazard, asked.carriers)
            found += [of_claim(claim, item) for claim, item in said if _asked(asked, item.level, item.code)]
        if clause.reports:
            found += [of_report(i, r) for i, r in sorted(place.reports.items()) if r.kind in clause.reports]
    return tuple(dict.fromkeys(found))


def _hit(rule: Rule, own: Override | None, opened: Opened, evidence: tuple[Evidence, ...]) -> RuleHit:
    text = f"{rule.text} {own.note}".rstrip() if own else rule.text
    return RuleHit(rule.id, level_of(rule, own), rule.source, rule.verified, text, moment(opened.since), evidence)


def _subjects(
    rule: Rule, clause: Clause, place: Place, state: Watch, knowledge: Knowledge, now: Moment | None
) -> Iterator[tuple[str, Since]]:
    """The stations (or the area) for which the clause holds."""
    rest = _of_area(rule, clause, place, knowledge)
    if rest is None:
        return
    if not clause.of_station:
        yield place.area, rest
        return
    for code, station in place.stations.items():
        gauge = knowledge.gauges[code]
        since = _over_since(station, [name for name, _ in gauge.thresholds], clause.stage)
        if since and rule.river_class in (None, gauge.river_class):
            is_open = key_of(rule.id, place.area, code) in state.open
            if is_open or clause.trend is None or _moves(clause.trend, code, now):
                opened = now.at if clause.trend and now else 0
                yield code, Since(max(since, rest.at, opened), max(station.replay, rest.replay))


def _of_area(rule: Rule, clause: Clause, place: Place, knowledge: Knowledge) -> Since | None:
    """The conditions that are about the area as a whole; None if one of them fails."""
    parts = [Since(0, 0)]
    if clause.official:
        parts.append(_said(clause.official, place.claims) or Since(-1, 0))
    if clause.reports:
        parts.append(_seen(clause, rule.hazard, place.reports) or Since(-1, 0))
    if not clause.of_station and rule.river_class and not _has_class(place.area, rule.river_class, knowledge):
        return None
    if any(part.at < 0 for part in parts):
        return None
    return Since(max(part.at for part in parts), max(part.replay for part in parts))


def _said(asked: Official, claims: list[Claim]) -> Since | None:
    spoken = spoken_for(claims, asked.hazard, asked.carriers)
    if asked.level is not None and spoken and spoken[0][1].level != asked.level:
        return None
    fitting = [(item.since, claim.statement.replay) for claim, item in spoken if _asked(asked, item.level, item.code)]
    return Since(*min(fitting)) if fitting else None


def _asked(asked: Official, level: int, code: str) -> bool:
    if asked.codes:
        return code in asked.codes
    return level == asked.level if asked.level is not None else level >= (asked.at_least or 0)


def _seen(clause: Clause, hazard: Hazard, reports: Mapping[str, Reported]) -> Since | None:
    fitting = [(r.at, r.replay) for r in reports.values() if r.kind in clause.reports and r.hazard == hazard.value]
    return Since(*min(fitting)) if fitting else None


def _has_class(area: str, river_class: str, knowledge: Knowledge) -> bool:
    return any(area in g.areas and g.river_class == river_class for g in knowledge.gauges.values())


def _over_since(station: Station, names: list[str], stage: str | None) -> int:
    """Since when the threshold counts as exceeded; 0 if it does not, or the gauge has none of that name."""
    return station.crossings.over[names.index(stage)] if stage in names else 0


def _moves(trend: str, station: str, now: Moment | None) -> bool:
    if now is None or now.station != station:
        return False
    return now.rapid if trend == "rapid" else now.trend.slope > 0


def _opened(clause: Clause, since: Since, before: Opened | None, now: Moment | None) -> Opened:
    """Standing facts say since when by themselves; a rise is remembered as it was measured."""
    if not clause.trend:
        return Opened(since.at, since.at, replay=since.replay)
    if before is not None or now is None:
        return before or Opened(since.at, since.at, replay=since.replay)
    low, high = now.lead or (-1.0, -1.0)
    return Opened(since.at, now.at, now.value, now.trend.dh10, now.trend.rise_1h, low, high, since.replay)


def _earlier(one: Opened | None, other: Opened) -> Opened:
    return other if one is None or other.since < one.since else one
