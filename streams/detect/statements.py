"""Official telegrams and field reports into the state."""

from dataclasses import replace

from schemas.records.base import Hazard, Origin
from schemas.records.judged import DetectionKind, Phase
from schemas.records.observed import Bulletin, Report
from streams.detect.bulletins import Claim, claims_in, file, official_level, slot_key, spoken_for, statement_of
from streams.detect.evidence import of_claim
from streams.detect.knowledge import Knowledge
from streams.detect.opened import reopen
from streams.detect.say import Seen, phase_of
from streams.detect.series import seconds
from streams.detect.state import Reported, Rung, Watch

TEXT = 300
NONE = Rung(-1, 0)
LOWEST_SHOWN = 2
"""A level of 1 or 0 is no statement that anything is under way."""


def take_bulletin(state: Watch, bulletin: Bulletin, knowledge: Knowledge) -> tuple[Watch, list[Seen]]:
    """One carrier's statement about one area. A repeat or a straggler changes nothing that is acted on."""
    key = slot_key(bulletin)
    transition = bulletin.carrier.startswith(knowledge.book.transition_carriers)
    state = replace(state, now=max(state.now, seconds(bulletin.received_at)))
    before = state.slots.get(key, ())
    after = file(before, bulletin, transition)
    if after is before:
        return state, []
    seen: list[Seen] = []
    state = replace(state, slots={**state.slots, key: after}, quiet={k: q for k, q in state.quiet.items() if k != key})
    at = statement_of(bulletin).at
    state = _climb(state, bulletin.area, at, int(bulletin.origin is Origin.REPLAY), seen)
    return reopen(state, knowledge, None, at, seen), seen


def take_report(state: Watch, report: Report, knowledge: Knowledge) -> tuple[Watch, list[Seen]]:
    """What a person saw. The same report again changes nothing."""
    at = seconds(report.observed_at)
    state = replace(state, now=max(state.now, at))
    if report.id in state.reports:
        return state, []
    replay = int(report.origin is Origin.REPLAY)
    reported = Reported(report.area, report.hazard.value, report.kind.value, report.text[:TEXT], at, replay)
    seen: list[Seen] = []
    state = replace(state, reports={**state.reports, report.id: reported})
    return reopen(state, knowledge, None, at, seen), seen


def _climb(state: Watch, area: str, at: int, replay: int, seen: list[Seen]) -> Watch:
    """The ladder of each hazard in the area: how far officials have gone."""
    claims = claims_in(state.slots, area)
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
