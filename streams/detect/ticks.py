"""A tick says what time it is: nothing but silence can follow from that."""

from dataclasses import replace

from schemas.records.base import Hazard
from schemas.records.judged import DetectionKind, Phase
from schemas.records.plumbing import Tick
from streams.detect.bulletins import standing
from streams.detect.knowledge import Knowledge
from streams.detect.readings import SILENCE
from streams.detect.say import Seen
from streams.detect.series import seconds
from streams.detect.silence import LOST, Quiet, rung_of
from streams.detect.state import Watch, awaited_from_replay


def take_tick(state: Watch, tick: Tick, knowledge: Knowledge) -> tuple[Watch, list[Seen]]:
    """Who is quiet at the tick's event time; the very same state if that is no news."""
    quiet = _quiet(state, seconds(tick.at), knowledge)
    if quiet == state.quiet:
        return state, []
    seen: list[Seen] = []
    awaited = awaited_from_replay(state)
    for code in sorted(quiet.keys() & state.stations.keys()):
        before, after = state.quiet.get(code), quiet[code]
        if before is None or before.rung < after.rung:
            limit = _limit(code, after, knowledge)
            for area in knowledge.areas_in(code, state.municipality):
                phase = Phase.BEGAN if before is None else Phase.ROSE
                where = (area, Hazard.FLOOD, DetectionKind.SILENCE, SILENCE, code, phase, None)
                replay = max(awaited, state.stations[code].replay)
                seen.append(Seen(*where, after.since, after.since + limit, replay=replay))
    return replace(state, quiet=quiet), seen


def _quiet(state: Watch, now: int, knowledge: Knowledge) -> dict[str, Quiet]:
    """All that is quiet now. What was quiet stays so until data says otherwise, also if a tick comes late."""
    found = dict(state.quiet)
    for code, station in state.stations.items():
        tuning = knowledge.book.tuning_of(code)
        _mark(found, code, station.last, rung_of(station.last, now, tuning.stale_min, tuning.lost_min), station.note)
    tuning = knowledge.book.tuning
    for source, (last, _) in state.sources.items():
        _mark(found, source, last, rung_of(last, now, tuning.stale_min, tuning.lost_min), "")
    for key, slot in state.slots.items():
        statement, _ = standing(slot)
        if statement.items and now - statement.at > knowledge.book.statement_stands_h * 3600:
            found[key] = Quiet(statement.at, LOST, "")
    return found


def _mark(found: dict[str, Quiet], subject: str, last: int, rung: int, note: str) -> None:
    before = found.get(subject)
    if rung and (before is None or before.since < last or before.rung < rung):
        found[subject] = Quiet(last, max(rung, before.rung if before else 0), note)


def _limit(code: str, quiet: Quiet, knowledge: Knowledge) -> int:
    tuning = knowledge.book.tuning_of(code)
    return int((tuning.lost_min if quiet.rung == LOST else tuning.stale_min) * 60)
