"""Which published rules are true now. Standing facts keep a rule true; a passing one (a rise, rain) only opens it.

A rule that a rapid rise opened stays true while its stage condition stands, because a river that pauses above its
threshold has not become safer.
"""

from collections.abc import Iterator
from typing import NamedTuple

from schemas.records.judged import DetectionKind
from streams.detect.claims import claims_in, counting
from streams.detect.conditions import Place, Since, forecasts, of_area, raining
from streams.detect.criteria import Clause, Override, Rule
from streams.detect.knowledge import Asked, Knowledge, Tuning
from streams.detect.silence import ASLEEP
from streams.detect.state import Opened, Station, Watch
from streams.detect.trend import Trend


class Moment(NamedTuple):
    """What one accepted sample says of its station's rise."""

    station: str
    at: int
    value: float
    trend: Trend
    rapid: bool
    lead: tuple[float, float] | None


def key_of(rule: str, area: str, subject: str) -> str:
    """The name of one hit: rule, area, and the station or area that it is about."""
    return f"{rule}|{area}|{subject}"


def evaluate(state: Watch, knowledge: Knowledge, now: Moment | None, only: str | None = None) -> dict[str, Opened]:
    """Every rule that is true, by key; `now` is the sample that was just accepted, if one was.

    With `only`, what is about other stations and about whole areas is taken over as it was.
    """
    found = {key: opened for key, opened in state.open.items() if only is not None and not key.endswith(f"|{only}")}
    town = state.municipality
    for place in places(state, knowledge, only):
        if only is None:
            for asked in knowledge.asked(town, False):
                _note_area(found, state, place, asked, knowledge)
        for asked in knowledge.asked(town, True):
            _note_stations(found, state, place, asked, knowledge, now)
    return found


def kind_of(clause: Clause) -> DetectionKind:
    """What a rule was opened by: stage, stage and trend, officials; or several of these, or people, rain and dams."""
    facts = set(_facts(clause))
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
        dams = {c: d for c, d in state.dams.items() if d.passing}
        if over or claims or reports or dams:
            counted = counting(claims, knowledge.book.carriers)
            heard = frozenset(item.hazard for claim in counted for item in claim.statement.items)
            numbered = any(claim.statement.numbers for claim in claims)
            yield Place(area, claims, counted, over, reports, state.rain, dams, state.now, heard, numbered)


def level_of(rule: Rule, own: Override | None) -> int | None:
    """The rule's level, or what this municipality made of it."""
    return own.level if own and own.level is not None else rule.level


def _facts(clause: Clause) -> Iterator[str]:
    if clause.stage:
        yield "stage"
    if clause.trend:
        yield "trend"
    if any((clause.official, clause.forecast, clause.danger, clause.due, clause.quake, clause.word)):
        yield "said"
    if any((clause.reports, clause.rain, clause.dam)):
        yield "seen"


def _note_area(found: dict[str, Opened], state: Watch, place: Place, asked: Asked, knowledge: Knowledge) -> None:
    rule, own, number, clause = asked
    since = of_area(rule, own, clause, place, knowledge)
    if since is not None:
        key = key_of(rule.id, place.area, place.area)
        found[key] = _earlier(found.get(key), _opened(number, clause, since, state.open.get(key), None))


def _note_stations(
    found: dict[str, Opened], state: Watch, place: Place, asked: Asked, knowledge: Knowledge, now: Moment | None
) -> None:
    rule, own, number, clause = asked
    if not place.stations:
        return
    rest = of_area(rule, own, clause, place, knowledge)
    if rest is None:
        return
    for code, station in place.stations.items():
        gauge = knowledge.gauges[code]
        over = _over_since(station, [name for name, _ in gauge.thresholds], clause.stage)
        if over and rule.river_class in (None, gauge.river_class):
            key = key_of(rule.id, place.area, code)
            before = state.open.get(key)
            passing = _passing(number, clause, code, place, knowledge, before, now)
            if passing is not None:
                since = Since(max(over, rest.at, passing.at), max(station.replay, rest.replay, passing.replay))
                found[key] = _earlier(found.get(key), _opened(number, clause, since, before, now))


def _passing(
    number: int,
    clause: Clause,
    code: str,
    place: Place,
    knowledge: Knowledge,
    before: Opened | None,
    now: Moment | None,
) -> Since | None:
    """The facts that only open a rule: since when they hold, or that it is open by them already; else None."""
    if not clause.only_opens or (before is not None and before.clause == number):
        return Since(0, 0)
    parts = [Since(0, 0)]
    if clause.trend:
        here = now is not None and now.station == code
        moves = now is not None and here and _moves(clause.trend, now, knowledge.book.tuning_of(code))
        parts.append(Since(now.at, 0) if now is not None and moves else NEVER)
    gauge, at = knowledge.gauges[code], place.stations[code].judged.at
    if clause.rain:
        wet = raining(gauge, clause.rain, place, at, knowledge.book.limits.rain_hold_min)
        strong = clause.rain == "strong"
        parts.append(min((Since(r.strong if strong else r.falling, r.replay) for r in wet.values()), default=NEVER))
    if clause.forecast:
        said = forecasts(clause.forecast, place, knowledge, gauge) if gauge.vxko else []
        parts.append(min((Since(c.statement.at, c.statement.replay) for c, _ in said), default=NEVER))
    if any(part.at < 0 for part in parts):
        return None
    return Since(max(part.at for part in parts), max(part.replay for part in parts))


NEVER = Since(-1, 0)
START = "START"


def _over_since(station: Station, names: list[str], stage: str | None) -> int:
    """Since when the threshold counts as exceeded; 0 if it does not, or the gauge has none of that name.

    A gauge whose source says that it fell asleep is under its start level: it will not say so itself.
    """
    if stage not in names or (stage == START and station.note == ASLEEP):
        return 0
    return station.crossings.over[names.index(stage)]


def _moves(trend: str, now: Moment, tuning: Tuning) -> bool:
    if trend == "rapid":
        return now.rapid
    if trend == "steep":
        return now.trend.dh10 >= tuning.rapid_dh10_m or now.trend.rise_1h >= tuning.rapid_rise_1h_m
    return now.trend.slope > 0


def _opened(number: int, clause: Clause, since: Since, before: Opened | None, now: Moment | None) -> Opened:
    """Standing facts say since when by themselves; what passes is remembered as it was when it opened the rule."""
    fresh = Opened(since.at, since.at, replay=since.replay, clause=number)
    if before is not None and before.clause == number and _is_remembered(clause):
        return before
    if not clause.trend or now is None:
        return fresh
    low, high = now.lead or (-1.0, -1.0)
    return fresh._replace(
        at=now.at, value=now.value, dh10=now.trend.dh10, rise_1h=now.trend.rise_1h, lead_low=low, lead_high=high
    )


def _is_remembered(clause: Clause) -> bool:
    """True where a later statement would make the rule look younger than it is, or the fact has passed."""
    return clause.only_opens or any((clause.forecast, clause.danger, clause.due, clause.quake, clause.word))


def _earlier(one: Opened | None, other: Opened) -> Opened:
    """Of two conditions of one rule the one that held first."""
    return other if one is None or other.since < one.since else one
