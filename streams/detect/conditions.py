"""Whether one condition of a clause holds in an area, since when, by which statements. One function per condition."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from streams.detect.claims import Claim, Spoken, spoken_for
from streams.detect.criteria import Clause, Danger, Due, Forecast, Official, Override, Quake, Rule, Words
from streams.detect.knowledge import THRESHOLD_LEVEL, GaugeFacts, Knowledge
from streams.detect.numbers import WORD, Number, at_night, is_near_night
from streams.detect.state import DamState, Rain, Reported, Station

NO_TSUNAMI = "no_tsunami"
TSUNAMI_WARNING = "VTSE41"


class Place(NamedTuple):
    """One area with everything that rules may ask about it. `counted`: the claims whose levels count; `spoken`: the
    hazards that these speak of; `numbered`: whether any claim states a number.
    """

    area: str
    claims: list[Claim]
    counted: list[Claim]
    stations: dict[str, Station]
    reports: dict[str, Reported]
    rain: Mapping[str, Rain]
    dams: Mapping[str, DamState]
    now: int
    spoken: frozenset[str]
    numbered: bool


class Since(NamedTuple):
    """A condition that holds: since when, and whether a replay had a part in it."""

    at: int
    replay: int


Stated = tuple[Claim, Number]


def of_area(rule: Rule, own: Override | None, clause: Clause, place: Place, knowledge: Knowledge) -> Since | None:
    """The conditions that are about the area as a whole, together; None if one of them fails."""
    if _is_unheard(clause, place) or (clause.coast and place.area not in knowledge.coast):
        return None
    if not clause.of_station and rule.river_class and not knowledge.has_class(place.area, rule.river_class):
        return None
    parts = [Since(0, 0)]
    if clause.official:
        parts += _first(officially(clause.official, place))
    if clause.reports:
        parts += _earliest([Since(r.at, r.replay) for r in reported(rule, clause, place).values()])
    if clause.dam:
        parts += _earliest([Since(d.passing, d.replay) for d in passing(place, knowledge).values()])
    for stated in _stated(rule, own, clause, place, knowledge):
        parts += _earliest([Since(at, claim.statement.replay) for at, claim, _ in stated])
    if any(part.at < 0 for part in parts):
        return None
    return Since(max(part.at for part in parts), max(part.replay for part in parts))


def officially(asked: Official, place: Place) -> Spoken:
    """The items that say it; none if the highest level is another than the one that is asked for."""
    spoken = spoken_for(place.counted, asked.hazard, asked.carriers)
    if asked.level is not None and spoken and spoken[0][1].level != asked.level:
        return []
    return [(claim, item) for claim, item in spoken if _asked(asked, item.level, item.code)]


def reported(rule: Rule, clause: Clause, place: Place) -> dict[str, Reported]:
    """The field reports that say it."""
    hazards = {hazard.value for hazard in clause.report_of or (rule.hazard,)}
    return {i: r for i, r in sorted(place.reports.items()) if r.kind in clause.reports and r.hazard in hazards}


def passing(place: Place, knowledge: Knowledge) -> dict[str, DamState]:
    """Dams above the area that let through what comes in."""
    return {c: d for c, d in place.dams.items() if d.passing and place.area in knowledge.dams[c].areas}


def raining(gauge: GaugeFacts, kind: str, place: Place, at: int, hold_min: float) -> dict[str, Rain]:
    """Rain gauges of the catchment where it rains (strongly) at that time, or did within the hold before it."""
    found = {}
    for code in gauge.rain:
        rain = place.rain.get(code)
        if rain is not None:
            since, last = (rain.strong, rain.strong_last) if kind == "strong" else (rain.falling, rain.falling_last)
            if since and at - last <= hold_min * 60:
                found[code] = rain
    return found


def forecasts(asked: Forecast, place: Place, knowledge: Knowledge, gauge: GaugeFacts | None = None) -> list[Stated]:
    """The official stage forecasts that say it, of all stations of the sections here or of one gauge's own."""
    ahead_h = knowledge.book.limits.night_ahead_h
    found = []
    for claim in place.counted:
        said = claim.statement
        for number in said.numbers:
            if gauge is not None and number.subject != gauge.vxko:
                continue
            ahead = number.at - said.at
            if number.name in ("stage_forecast", "stage_level") and 0 < ahead <= asked.within_h * 3600:
                dark = not asked.night or at_night(number.at, 0, said.at, ahead_h)
                if dark and _reaches(asked, number, claim, knowledge):
                    found.append((claim, number))
    return found


def dangers(asked: Danger, place: Place, knowledge: Knowledge) -> list[Stated]:
    """The official 危険度 that say it."""
    return [
        (claim, number)
        for claim in place.claims
        if claim.carrier.startswith(asked.carriers)
        for number in claim.statement.numbers
        if number.name == "danger" and number.hazard == asked.hazard.value and number.value >= asked.at_least
        if not asked.night or at_night(number.at, number.until, claim.statement.at, knowledge.book.limits.night_ahead_h)
    ]


def deadlines(asked: Due, own: Override | None, place: Place, knowledge: Knowledge) -> list[tuple[int, Claim, Number]]:
    """When (epoch seconds) each stated time comes near enough, whether or not that is already so."""
    minutes = asked.within_min if asked.within_min is not None else knowledge.book.lead_of(place.area, own)
    return [
        (max(claim.statement.at, number.at - int(minutes * 60)), claim, number)
        for claim in place.claims
        for number in claim.statement.numbers
        if number.name == asked.quantity and (not asked.at_least or number.value >= asked.at_least)
    ]


def quakes(asked: Quake, place: Place) -> list[Stated]:
    """Shakings, or words about a quake, on which officials have not said yet what the sea will do."""
    spoken = max((claim.statement.at for claim in place.claims if _speaks_of_tsunami(claim)), default=0)
    return [
        (claim, number)
        for claim in place.claims
        if claim.statement.at > spoken
        for number in claim.statement.numbers
        if (asked.intensity is not None and number.name == "intensity" and number.value >= asked.intensity)
        or (asked.word and number.name == WORD and number.subject == asked.word)
    ]


def worded(asked: Words, rule: Rule, place: Place, knowledge: Knowledge) -> list[Stated]:
    """Telegrams of the rule's hazard that use one of the phrases."""
    ahead_h = knowledge.book.limits.night_ahead_h
    return [
        (claim, number)
        for claim in place.counted
        for number in claim.statement.numbers
        if number.name == WORD and number.subject == asked.name and number.hazard == rule.hazard.value
        if not asked.night or is_near_night(claim.statement.at, ahead_h)
    ]


def _stated(
    rule: Rule, own: Override | None, clause: Clause, place: Place, knowledge: Knowledge
) -> Iterator[list[tuple[int, Claim, Number]]]:
    """For each condition about stated numbers: since when which one says so."""
    if clause.forecast and not clause.of_station:
        yield _dated(forecasts(clause.forecast, place, knowledge))
    if clause.danger:
        yield _dated(dangers(clause.danger, place, knowledge))
    if clause.quake:
        yield _dated(quakes(clause.quake, place))
    if clause.word:
        yield _dated(worded(clause.word, rule, place, knowledge))
    if clause.due:
        yield [due for due in deadlines(clause.due, own, place, knowledge) if due[0] <= place.now]


def _is_unheard(clause: Clause, place: Place) -> bool:
    """Whether nothing at all is here of a kind that the clause asks for: most clauses fail by that, at once."""
    if clause.official and clause.official.hazard.value not in place.spoken:
        return True
    if (clause.reports and not place.reports) or (clause.dam and not place.dams):
        return True
    forecast = clause.forecast is not None and not clause.of_station
    return not place.numbered and bool(forecast or clause.danger or clause.quake or clause.word or clause.due)


def _dated(stated: list[Stated]) -> list[tuple[int, Claim, Number]]:
    return [(claim.statement.at, claim, number) for claim, number in stated]


def _reaches(asked: Forecast, number: Number, claim: Claim, knowledge: Knowledge) -> bool:
    if asked.rising:
        return number.name == "stage_forecast" and number.value > _observed(claim, number.subject)
    if asked.stage is None:
        return False
    if number.name == "stage_level":
        return number.value >= THRESHOLD_LEVEL[asked.stage]
    height = _height(asked.stage, number.subject, claim, knowledge)
    return height is not None and number.value >= height


def _observed(claim: Claim, subject: str) -> float:
    found = [n for n in claim.statement.numbers if n.name == "stage_observed" and n.subject == subject]
    return max(found, key=lambda n: n.at).value if found else float("inf")


def _height(stage: str, subject: str, claim: Claim, knowledge: Knowledge) -> float | None:
    """A threshold of a forecast's station: as the very telegram says, or as the gauge's reference row does."""
    for number in claim.statement.numbers:
        if number.name == "criteria_stage" and number.subject == subject and number.words == stage:
            return number.value
    gauge = knowledge.by_vxko.get(subject)
    return gauge.height_of(stage) if gauge else None


def _speaks_of_tsunami(claim: Claim) -> bool:
    said = claim.statement
    return claim.carrier == TSUNAMI_WARNING or any(n.name == WORD and n.subject == NO_TSUNAMI for n in said.numbers)


def _asked(asked: Official, level: int, code: str) -> bool:
    if asked.codes:
        return code in asked.codes
    return level == asked.level if asked.level is not None else level >= (asked.at_least or 0)


def _first(spoken: Spoken) -> list[Since]:
    return _earliest([Since(item.since, claim.statement.replay) for claim, item in spoken])


def _earliest(found: list[Since]) -> list[Since]:
    """The condition holds since the first that says so; an answer in the past stands for one that does not hold."""
    return [min(found)] if found else [Since(-1, 0)]
