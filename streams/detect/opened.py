"""Rules that became true or ended, after any fact changed; and since when nothing calls for anything any more."""

from dataclasses import replace

from schemas.records.base import Hazard
from schemas.records.judged import Evidence, Phase
from streams.detect.hits import Moment, Place, evaluate, evidence_of, kind_of, level_of, places
from streams.detect.knowledge import Knowledge
from streams.detect.say import Seen
from streams.detect.state import Lifted, Opened, Watch

NOWHERE = Place("", [], {}, {})


def reopen(
    state: Watch, knowledge: Knowledge, now: Moment | None, at: int, seen: list[Seen], only: str | None = None
) -> Watch:
    """Evaluate the rules anew; what began and what ended is added to `seen`. `at`: the time of the deciding fact.

    `only`: nothing but this station's facts changed.
    """
    found = evaluate(state, knowledge, now, only)
    if found == state.open:
        return state
    before = state.open
    state = replace(state, open=found, lifted=_lifted(state, found, knowledge, at))
    by_area = {place.area: place for place in places(state, knowledge)}
    began, ended = sorted(found.keys() - before.keys()), sorted(before.keys() - found.keys())
    seen.extend(_step(key, found[key], Phase.BEGAN, found[key].at, by_area, state, knowledge) for key in began)
    seen.extend(_step(key, before[key], Phase.ENDED, at, by_area, state, knowledge) for key in ended)
    return state


def forget(state: Watch, knowledge: Knowledge, seen: list[Seen]) -> Watch:
    """Drop what event time has overtaken: reports that no longer stand, and lifted entries that were shown long enough.

    Event time is that of records with data; a tick forgets nothing.
    """
    book = knowledge.book
    fallen = {i: r for i, r in state.reports.items() if state.now - r.at > book.report_stands_h * 3600}
    lifted = {k: e for k, e in state.lifted.items() if state.now - e.at <= book.lifted_shown_h * 3600}
    if len(lifted) < len(state.lifted):
        state = replace(state, lifted=lifted)
    if not fallen:
        return state
    state = replace(state, reports={i: r for i, r in state.reports.items() if i not in fallen})
    at = max(r.at for r in fallen.values()) + int(book.report_stands_h * 3600)
    return reopen(state, knowledge, None, at, seen)


def _lifted(state: Watch, found: dict[str, Opened], knowledge: Knowledge, at: int) -> dict[str, Lifted]:
    """The latest end of any rule per area and hazard. It shows only while nothing is open there (recommend)."""
    lifted = dict(state.lifted)
    for key in state.open.keys() - found.keys():
        name, area, _ = key.split("|", 2)
        place = f"{area}|{_hazard(name, knowledge)}"
        ended = Lifted(at, state.open[key].replay)
        lifted[place] = max(lifted.get(place, ended), ended)
    return lifted


def _hazard(rule: str, knowledge: Knowledge) -> str:
    return next(r.hazard.value for r in knowledge.book.rules if r.id == rule)


def _step(
    key: str, opened: Opened, phase: Phase, at: int, by_area: dict[str, Place], state: Watch, knowledge: Knowledge
) -> Seen:
    name, area, subject = key.split("|", 2)
    rule, own = next(pair for pair in knowledge.rules_of(state.municipality) if pair[0].id == name)
    evidence: tuple[Evidence, ...] = ()
    if phase is Phase.BEGAN:
        evidence = evidence_of(rule, by_area.get(area, NOWHERE), subject, opened, knowledge)
    left = (opened.lead_low, opened.lead_high) if phase is Phase.BEGAN and opened.lead_low >= 0 else None
    level = level_of(rule, own) if phase is Phase.BEGAN else None
    hazard = Hazard(rule.hazard)
    return Seen(
        area, hazard, kind_of(rule), name, subject, phase, level, opened.since, at, evidence, left, replay=opened.replay
    )
