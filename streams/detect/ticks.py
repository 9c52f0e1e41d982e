"""A tick says what time it is: silence, a passed deadline, an open question, and the end of waiting for old news."""

from dataclasses import replace

from schemas.records.base import Hazard
from schemas.records.judged import DetectionKind, Phase
from schemas.records.plumbing import Tick
from streams.detect.bulletins import standing
from streams.detect.conditions import deadlines
from streams.detect.hits import key_of, places
from streams.detect.knowledge import Knowledge, Tuning
from streams.detect.late import is_complete
from streams.detect.opened import reopen
from streams.detect.questions import raised
from streams.detect.readings import SILENCE
from streams.detect.say import Seen
from streams.detect.series import seconds
from streams.detect.silence import ASLEEP, LOST, Quiet, rung_of
from streams.detect.state import Station, Watch, awaited_from_replay
from streams.detect.statements import release


def take_tick(state: Watch, tick: Tick, knowledge: Knowledge) -> tuple[Watch, list[Seen]]:
    """What the tick's event time says; the very same state if that is no news. Time never lowers a level."""
    now = seconds(tick.at)
    seen: list[Seen] = []
    if is_complete(state.late, now, knowledge.book.limits):
        state, seen = release(state, knowledge)
    state = _due(state, now, knowledge, seen)
    state = raised(state, now, knowledge, seen)
    return _silenced(state, now, knowledge, seen), seen


def _due(state: Watch, now: int, knowledge: Knowledge, seen: list[Seen]) -> Watch:
    """Rules that wait for an officially stated time which has come near enough. They begin at that very moment."""
    passed = []
    waiting = [asked for asked in knowledge.asked(state.municipality, False) if asked[3].due] if state.slots else []
    for place in places(state, knowledge) if waiting else ():
        for rule, own, _, clause in waiting:
            if clause.due and key_of(rule.id, place.area, place.area) not in state.open:
                passed += [at for at, *_ in deadlines(clause.due, own, place, knowledge) if state.now < at <= now]
    if not passed:
        return state
    return reopen(replace(state, now=max(passed)), knowledge, None, max(passed), seen)


def _silenced(state: Watch, now: int, knowledge: Knowledge, seen: list[Seen]) -> Watch:
    quiet = _quiet(state, now, knowledge)
    if quiet == state.quiet:
        return state
    awaited = awaited_from_replay(state)
    for code in sorted(quiet.keys() & state.stations.keys()):
        before, after = state.quiet.get(code), quiet[code]
        if before is None or before.rung < after.rung:
            limit = int(limits_of(code, state.stations[code], knowledge)[after.rung == LOST] * 60)
            for area in knowledge.areas_in(code, state.municipality):
                phase = Phase.BEGAN if before is None else Phase.ROSE
                where = (area, Hazard.FLOOD, DetectionKind.SILENCE, SILENCE, code, phase, None)
                replay = max(awaited, state.stations[code].replay)
                seen.append(Seen(*where, after.since, after.since + limit, replay=replay))
    return replace(state, quiet=quiet)


def limits_of(code: str, station: Station, knowledge: Knowledge) -> tuple[float, float]:
    """Minutes until a gauge is stale, and lost. One that says nothing below its start level has patience of its own."""
    tuning = knowledge.book.tuning_of(code)
    return _calm(tuning) if _may_be_silent(code, station, knowledge) else (tuning.stale_min, tuning.lost_min)


def _calm(tuning: Tuning) -> tuple[float, float]:
    return tuning.crisis_stale_min, tuning.crisis_lost_min


def _may_be_silent(code: str, station: Station, knowledge: Knowledge) -> bool:
    """A gauge that never spoke, or whose source says that it fell below its start level (closed, not broken).

    One that fell asleep from a threshold, which stays open therefore, is missed as any other.
    """
    gauge = knowledge.gauges.get(code)
    if gauge is None or gauge.start_m is None:
        return False
    asleep = station.note == ASLEEP and not station.crossings.over
    return not station.series or station.series[-1][1] < gauge.start_m or asleep


def _quiet(state: Watch, now: int, knowledge: Knowledge) -> dict[str, Quiet]:
    """All that is quiet now. What was quiet stays so until data says otherwise, also if a tick comes late."""
    found = dict(state.quiet)
    for code, station in state.stations.items():
        _mark(found, code, station.last, rung_of(station.last, now, *limits_of(code, station, knowledge)), station.note)
    tuning = knowledge.book.tuning
    for source, (last, _) in state.sources.items():
        _mark(found, source, last, rung_of(last, now, tuning.stale_min, tuning.lost_min), "")
    carriers, stands_s = knowledge.book.carriers, knowledge.book.limits.statement_stands_h * 3600
    unasked = (*carriers.event, *carriers.lasting)
    for key, slot in state.slots.items():
        statement, _ = standing(slot)
        if statement.items and now - statement.at > stands_s and not key.split("|")[1].startswith(unasked):
            found[key] = Quiet(statement.at, LOST, "")
    return found


def _mark(found: dict[str, Quiet], subject: str, last: int, rung: int, note: str) -> None:
    before = found.get(subject)
    if rung and (before is None or before.since < last or before.rung < rung):
        found[subject] = Quiet(last, max(rung, before.rung if before else 0), note)
