"""`decisions` is a log per municipality: this folds it, with what is recommended and with time, into orders."""

from dataclasses import replace
from datetime import datetime

from schemas.records.decided import Decision
from schemas.records.judged import Recommendation
from schemas.records.plumbing import Tick
from streams.decide.behind import hear, release
from streams.decide.calls import Saying, escalate
from streams.decide.model import REMEMBERED, DecideState, Knowledge, Refused, Remembered
from streams.decide.reminders import remind
from streams.decide.steps import STEPS, Done, Said
from streams.decide.verdicts import ACCEPTED, accepted_text, verdict_of

Input = Decision | Recommendation | Tick
_NOT_SIGNED = "The console did not sign this step: sign in again and repeat it."


def fold(state: DecideState, record: Input, knowledge: Knowledge, made_at: datetime) -> tuple[DecideState, Said]:
    """Fold one record. A refused decision only leaves the memory that it was answered. `made_at` is real time."""
    match record:
        case Decision():
            return _decide(state, record, knowledge, Saying(record.decided_at, record.trace, made_at))
        case Recommendation():
            return hear(state, record, knowledge, Saying(record.at, record.trace, made_at))
        case Tick():
            saying = Saying(record.at, record.trace, made_at)
            state, released = release(state, record.made_at, knowledge, saying)
            state, reminders = remind(state, record.made_at, saying)
            state, calls = escalate(state, saying)
            return state, (*released, *reminders, *calls)


def _decide(state: DecideState, decision: Decision, knowledge: Knowledge, saying: Saying) -> tuple[DecideState, Said]:
    """A verdict first, then what follows. What nobody signed is not remembered: the real one may yet come."""
    if not knowledge.is_signed(decision):
        answer = _answer(decision, Refused("not_signed", _NOT_SIGNED), None)
        return state, (verdict_of(state, decision, answer, saying),)
    before = next((one for one in state.remembered if one.decision_id == decision.id), None)
    if before is not None:
        return state, (verdict_of(state, decision, before, saying),)
    done, refusal = _tried(state, decision, knowledge, saying)
    answer = _answer(decision, refusal, done)
    state = replace(done.state, remembered=(*done.state.remembered, answer)[-REMEMBERED:])
    return state, (verdict_of(state, decision, answer, saying), *done.said)


def _tried(state: DecideState, decision: Decision, knowledge: Knowledge, saying: Saying) -> tuple[Done, Refused | None]:
    try:
        return STEPS[decision.kind](state, decision, knowledge, saying), None
    except Refused as refusal:
        named = next((case for case in state.cases if case.id == decision.case_id), None)
        return Done(state, named), refusal


def _answer(decision: Decision, refusal: Refused | None, done: Done | None) -> Remembered:
    case = done.case if done is not None else None
    return Remembered(
        decision_id=decision.id,
        accepted=refusal is None,
        code=refusal.code if refusal is not None else ACCEPTED,
        text=refusal.text if refusal is not None else accepted_text(decision.kind),
        hazard=case.hazard if case is not None else decision.hazard,
    )
