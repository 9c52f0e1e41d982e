"""Official telegrams and field reports into the state."""

from collections.abc import Iterable
from dataclasses import replace

from schemas.records.base import Hazard, Origin
from schemas.records.judged import DetectionKind, Phase
from schemas.records.observed import Bulletin, Report, ReportKind
from streams.detect.bulletins import Slot, Statement, file, slot_key, statement_of
from streams.detect.claims import Claim, claims_in, counting, official_level, spoken_for
from streams.detect.evidence import of_claim
from streams.detect.knowledge import Knowledge
from streams.detect.late import hold, is_late
from streams.detect.opened import reopen
from streams.detect.questions import answered
from streams.detect.say import Seen, phase_of
from streams.detect.series import seconds
from streams.detect.state import NOTHING_HELD, Reported, Rung, Watch

TEXT = 300
NONE = Rung(-1, 0)
LOWEST_SHOWN = 2
"""A level of 1 or 0 is no statement that anything is under way."""
Filed = dict[str, tuple[Statement, ...]]


def take_bulletin(state: Watch, bulletin: Bulletin, knowledge: Knowledge) -> tuple[Watch, list[Seen]]:
    """One carrier's statement about one area. A repeat or a straggler changes nothing; old news waits for the rest."""
    key, received = slot_key(bulletin), seconds(bulletin.received_at)
    statement = statement_of(bulletin, knowledge.book.carriers)
    state = replace(state, now=max(state.now, received))
    if is_late(statement.at, received, knowledge.book.limits):
        if file(state.slots.get(key, ()), statement, False) is not state.slots.get(key, ()):
            state = replace(state, late=hold(state.late, key, statement, received))
        return state, []
    return _filed(state, {key: (statement,)}, knowledge)


def release(state: Watch, knowledge: Knowledge) -> tuple[Watch, list[Seen]]:
    """All old news that was held, filed in one step."""
    return _filed(replace(state, late=NOTHING_HELD), state.late.slots, knowledge)


def take_report(state: Watch, report: Report, knowledge: Knowledge) -> tuple[Watch, list[Seen]]:
    """What a person saw. The same report again changes nothing."""
    at = seconds(report.observed_at)
    state = replace(state, now=max(state.now, at))
    if report.id in state.reports:
        return state, []
    replay = int(report.origin is Origin.REPLAY)
    word = report.detail if report.kind is ReportKind.OTHER and report.detail else report.kind.value
    reported = Reported(report.area, report.hazard.value, word, report.text[:TEXT], at, replay)
    seen: list[Seen] = []
    state = replace(state, reports={**state.reports, report.id: reported})
    return reopen(state, knowledge, None, at, seen), seen


def _filed(state: Watch, statements: Filed, knowledge: Knowledge) -> tuple[Watch, list[Seen]]:
    slots, seen = _remembered(state, knowledge), list[Seen]()
    touched: dict[str, list[Statement]] = {}
    for key, found in statements.items():
        after = _with(slots.get(key, ()), found, key.split("|")[1].startswith(knowledge.book.carriers.transition))
        if after is not slots.get(key, ()):
            slots[key] = after
            touched.setdefault(key.split("|", 1)[0], []).extend(found)
    if not touched:
        return state, seen
    changed = {key for key in slots if slots[key] is not state.slots.get(key)}
    state = replace(state, slots=slots, quiet={k: q for k, q in state.quiet.items() if k not in changed})
    for area, news in sorted(touched.items()):
        state = _climb(state, area, news, knowledge, seen)
    at = max(statement.at for news in touched.values() for statement in news)
    state = answered(state, sorted(touched), at, knowledge, seen)
    return reopen(state, knowledge, None, at, seen), seen


def _remembered(state: Watch, knowledge: Knowledge) -> dict[str, Slot]:
    """Without what told of an event long ago (each quake is a subject of its own), where nothing is open or asked."""
    oldest = state.now - knowledge.book.limits.statement_stands_h * 3600
    busy = {key.split("|")[1] for key in (*state.open, *(k for k in state.quiet if k.startswith(("XC|", "XT|"))))}
    events = knowledge.book.carriers.event
    return {
        key: slot
        for key, slot in state.slots.items()
        if slot[-1].at >= oldest or key.split("|", 1)[0] in busy or not key.split("|")[1].startswith(events)
    }


def _with(slot: Slot, statements: Iterable[Statement], transition: bool) -> Slot:
    for statement in sorted(statements):
        slot = file(slot, statement, transition)
    return slot


def _climb(state: Watch, area: str, news: list[Statement], knowledge: Knowledge, seen: list[Seen]) -> Watch:
    """The ladder of each hazard in the area: how far officials have gone."""
    claims = counting(claims_in(state.slots, area), knowledge.book.carriers)
    at, replay = max(s.at for s in news), max(s.replay for s in news)
    rungs = dict(state.rungs)
    for hazard in Hazard:
        key = f"{area}|{hazard.value}"
        before = rungs.get(key, NONE)
        level = _shown(claims, hazard)
        phase = phase_of(before.level, level)
        if phase is None:
            continue
        rungs[key] = Rung(level, at if phase is Phase.BEGAN else before.began)
        evidence = tuple(of_claim(claim, item) for claim, item in spoken_for(claims, hazard))
        began = rungs[key].began
        shown = level if level > 0 else None
        seen.append(
            Seen(
                *(area, hazard, DetectionKind.BULLETIN, f"BU-{hazard.value}", area, phase, shown, began, at, evidence),
                ladder="BU",
                replay=max([replay, *(claim.statement.replay for claim in claims if claim.statement.items)]),
            )
        )
        if phase is Phase.ENDED:
            del rungs[key]
    return replace(state, rungs=rungs) if rungs != state.rungs else state


def _shown(claims: list[Claim], hazard: Hazard) -> int:
    """The level to show: 0 stands for a warning in force whose kind has no level (tsunami), -1 for nothing."""
    level, _ = official_level(claims, hazard)
    if level >= LOWEST_SHOWN:
        return level
    return 0 if hazard is Hazard.TSUNAMI and spoken_for(claims, hazard) else -1
