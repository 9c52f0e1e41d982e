"""Rules that became true or ended, after any fact changed; and since when nothing calls for anything any more."""

from dataclasses import replace

from schemas.records.base import Hazard
from schemas.records.judged import Evidence, Phase
from streams.detect.conditions import Place
from streams.detect.hits import Moment, evaluate, kind_of, level_of, places
from streams.detect.knowledge import Knowledge
from streams.detect.lifting import missing
from streams.detect.say import Seen
from streams.detect.shown import evidence_of
from streams.detect.state import Lifted, Opened, Watch

NOWHERE = Place("", [], [], {}, {}, {}, {}, 0, frozenset(), numbered=False)


def reopen(
    state: Watch, knowledge: Knowledge, now: Moment | None, at: int, seen: list[Seen], only: str | None = None
) -> Watch:
    """Evaluate the rules anew; what began and what ended is added to `seen`. `at`: the time of the deciding fact.

    `only`: nothing but this station's facts changed.
    """
    found = evaluate(state, knowledge, now, only)
    lifted = _lifted(state, found, knowledge, at)
    if found == state.open:
        return state if lifted == state.lifted else replace(state, lifted=lifted)
    before = state.open
    state = replace(state, open=found, lifted=lifted)
    by_area = {place.area: place for place in places(state, knowledge)}
    began, ended = sorted(found.keys() - before.keys()), sorted(before.keys() - found.keys())
    seen.extend(_step(key, found[key], Phase.BEGAN, found[key].at, by_area, state, knowledge) for key in began)
    seen.extend(_step(key, before[key], Phase.ENDED, at, by_area, state, knowledge) for key in ended)
    return state


def forget(state: Watch, knowledge: Knowledge, seen: list[Seen]) -> Watch:
    """Drop what event time has overtaken: reports that no longer stand, and lifted entries that were shown long enough.

    Event time is that of records with data; a tick forgets nothing.
    """
    limits = knowledge.book.limits
    fallen = {i: r for i, r in state.reports.items() if state.now - r.at > limits.report_stands_h * 3600}
    lifted = {k: e for k, e in state.lifted.items() if state.now - (e.met or e.at) <= limits.lifted_shown_h * 3600}
    if len(lifted) < len(state.lifted):
        state = replace(state, lifted=lifted)
    if not fallen:
        return state
    state = replace(state, reports={i: r for i, r in state.reports.items() if i not in fallen})
    at = max(r.at for r in fallen.values()) + int(limits.report_stands_h * 3600)
    return reopen(state, knowledge, None, at, seen)


def _lifted(state: Watch, found: dict[str, Opened], knowledge: Knowledge, at: int) -> dict[str, Lifted]:
    """The latest end of any rule per area and hazard, and since when it may be lifted.

    It shows only while nothing is open there (recommend).
    """
    ended = state.open.keys() - found.keys()
    if not ended and not state.lifted:
        return state.lifted
    lifted = dict(state.lifted)
    for key in ended:
        name, area, _ = key.split("|", 2)
        place = f"{area}|{knowledge.hazard_of(name).value}"
        entry = Lifted(at, state.open[key].replay)
        lifted[place] = max(lifted.get(place, entry)._replace(met=0), entry)
    for place, entry in lifted.items():
        area, hazard = place.split("|", 1)
        met = 0 if missing(area, Hazard(hazard), state, knowledge) else entry.met or max(at, entry.at)
        lifted[place] = entry._replace(met=met)
    return lifted


def _step(
    key: str, opened: Opened, phase: Phase, at: int, by_area: dict[str, Place], state: Watch, knowledge: Knowledge
) -> Seen:
    name, area, subject = key.split("|", 2)
    rule, own = next(pair for pair in knowledge.rules_of(state.municipality) if pair[0].id == name)
    evidence: tuple[Evidence, ...] = ()
    if phase is Phase.BEGAN:
        evidence = evidence_of(rule, own, by_area.get(area, NOWHERE), subject, opened, knowledge)
    left = (opened.lead_low, opened.lead_high) if phase is Phase.BEGAN and opened.lead_low >= 0 else None
    level = level_of(rule, own) if phase is Phase.BEGAN else None
    where = (area, rule.hazard, kind_of(rule.when[opened.clause]), name, subject)
    return Seen(*where, phase, level, opened.since, at, evidence, left, replay=opened.replay)
