"""Who is woken, and until when: the officers on duty one after the other, then everybody, until one of them acts.

Times are event times of recommendations, decisions and ticks: a call escalates with the scenario's clock, too.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from schemas.levels import HAZARD_WORDS
from schemas.records.base import Origin, Trace, content_id
from schemas.records.decided import Call, CallKind, CallState, CaseStatus
from streams.decide.case import proposers
from streams.decide.model import Case, DecideState, OpenCall, Refused, Standing, grade_of

UNANSWERED = timedelta(minutes=2)
"""After so long the next officer is called, and a submission without an approver becomes a call."""
REPEATED = timedelta(minutes=10)
"""When everybody has been called and nobody answered, everybody is called again."""

Asks = tuple[CallKind, str | None]
"""What a call asks for: its kind and detail."""
ROSE: Asks = (CallKind.RECOMMENDATION_ROSE, None)
APPROVER: Asks = (CallKind.APPROVER_MISSING, None)
SENDING: Asks = (CallKind.APPROVER_MISSING, "sending_ends")


@dataclass(frozen=True, slots=True)
class Saying:
    """What a Call record needs beside the call itself."""

    at: datetime
    trace: Trace
    made_at: datetime


def wake_for_rise(
    state: DecideState, case: Case, standing: Standing, saying: Saying
) -> tuple[DecideState, tuple[Call, ...]]:
    """Call the first on duty about a recommendation that rose; an open call about the same case is replaced."""
    state, closed = close_calls(state, case.id, ROSE, CallState.CLOSED, None, saying)
    word = HAZARD_WORDS[case.hazard][0]
    level = f"警戒レベル{standing.level}相当" if standing.level is not None else "避難指示相当（津波）"
    opened = OpenCall(
        id=content_id("call", CallKind.RECOMMENDATION_ROSE, case.id, standing.recommendation_id),
        kind=CallKind.RECOMMENDATION_ROSE,
        case_id=case.id,
        hazard=case.hazard,
        grade=standing.grade,
        level=standing.level,
        recommendation_id=standing.recommendation_id,
        text=f"{word}: 判断基準が{level}に達しました。確認してください。",
        barred=(),
        step=0,
        officers=on_duty(state.duty, (), 0),
        replayed=standing.replayed,
        stepped_at=saying.at,
    )
    return replace(state, calls=(*state.calls, opened)), (*closed, record(state, opened, CallState.OPEN, None, saying))


def wake_approver(state: DecideState, case: Case, saying: Saying) -> tuple[DecideState, tuple[Call, ...]]:
    """Call those who may approve what has waited for 2 minutes."""
    barred = proposers(case)
    standing = state.standing_of(case.hazard)
    opened = OpenCall(
        id=content_id("call", CallKind.APPROVER_MISSING, case.id, case.digest, case.submitted_at),
        kind=CallKind.APPROVER_MISSING,
        case_id=case.id,
        hazard=case.hazard,
        grade=grade_of(case.proposal.order_type) if case.proposal else 0,
        level=case.proposal.level if case.proposal else None,
        recommendation_id=standing.recommendation_id if standing is not None else None,
        text=f"{HAZARD_WORDS[case.hazard][0]}: 発令案が承認を待っています。",
        barred=barred,
        step=0,
        officers=tuple(officer for officer in state.duty if officer not in barred),
        replayed=case.replayed,
        stepped_at=saying.at,
    )
    cases = tuple(replace(c, woken=True) if c is case else c for c in state.cases)
    said = (record(state, opened, CallState.OPEN, None, saying),)
    return replace(state, cases=cases, calls=(*state.calls, opened)), said


def acknowledge(
    state: DecideState, call_id: str | None, officer: str, saying: Saying
) -> tuple[DecideState, tuple[Call, ...]]:
    """Somebody is awake: the call ends, and names who took it."""
    call = next((c for c in state.calls if c.id == call_id), None)
    if call is None:
        raise Refused("unknown_call", "This call has ended already, or was never made.")
    rest = tuple(c for c in state.calls if c is not call)
    return replace(state, calls=rest), (record(state, call, CallState.ACKNOWLEDGED, officer, saying),)


def close_calls(
    state: DecideState, case_id: str, asks: Asks, ended: CallState, officer: str | None, saying: Saying
) -> tuple[DecideState, tuple[Call, ...]]:
    """End the open calls about a case that ask for one thing: it is done, or no longer asked."""
    ending = tuple(c for c in state.calls if c.case_id == case_id and (c.kind, c.detail) == asks)
    rest = tuple(c for c in state.calls if c not in ending)
    return replace(state, calls=rest), tuple(record(state, call, ended, officer, saying) for call in ending)


def after_step(
    state: DecideState, case: Case, ordered: bool, officer: str, saying: Saying
) -> tuple[DecideState, tuple[Call, ...]]:
    """What a step on a case means for its calls: who acts is awake; what is answered waits for nobody.

    `ordered`: the step changed what is in force, or its sending.
    """
    state, taken = close_calls(state, case.id, ROSE, CallState.ACKNOWLEDGED, officer, saying)
    answered = CallState.CLOSED if ordered else CallState.ACKNOWLEDGED
    state, extended = close_calls(state, case.id, SENDING, answered, officer, saying)
    taken = (*taken, *extended)
    if case.status is CaseStatus.SUBMITTED:
        return state, taken
    state, done = close_calls(state, case.id, APPROVER, CallState.CLOSED, officer, saying)
    return state, (*taken, *done)


def escalate(state: DecideState, saying: Saying) -> tuple[DecideState, tuple[Call, ...]]:
    """A tick: submissions that waited too long become calls, calls that nobody answered go on to the next.

    A clock that was put back cannot say how long somebody has waited: then it was too long.
    """
    said: list[Call] = []
    for case in state.cases:
        if _lacks_approver(case, saying.at):
            state, calls = wake_approver(state, case, saying)
            said += calls
    for call in state.calls:
        if abs(saying.at - call.stepped_at) >= (REPEATED if call.step > 0 and not call.officers else UNANSWERED):
            state, record = _next_step(state, call, saying)
            said.append(record)
    return state, tuple(said)


def _next_step(state: DecideState, call: OpenCall, saying: Saying) -> tuple[DecideState, Call]:
    step = call.step + 1
    officers = () if (call.kind, call.detail) == APPROVER else on_duty(state.duty, call.barred, step)
    stepped = replace(call, step=step, officers=officers, stepped_at=saying.at)
    calls = tuple(stepped if c is call else c for c in state.calls)
    return replace(state, calls=calls), record(state, stepped, CallState.OPEN, None, saying)


def on_duty(duty: tuple[str, ...], barred: tuple[str, ...], step: int) -> tuple[str, ...]:
    """One officer of the duty list at a time; after the last, and without a list, everybody (empty)."""
    able = [officer for officer in duty if officer not in barred]
    return tuple(able[step : step + 1])


def _lacks_approver(case: Case, at: datetime) -> bool:
    if case.status is not CaseStatus.SUBMITTED or case.woken or case.submitted_at is None:
        return False
    return abs(at - case.submitted_at) >= UNANSWERED


def record(state: DecideState, call: OpenCall, ended: CallState, officer: str | None, saying: Saying) -> Call:
    """What the world is told of a call."""
    return Call(
        id=call.id,
        world=state.world,
        origin=Origin.REPLAY if call.replayed else Origin.LIVE,
        municipality=state.municipality,
        kind=call.kind,
        state=ended,
        step=call.step,
        hazard=call.hazard,
        level=call.level,
        case_id=call.case_id,
        recommendation_id=call.recommendation_id,
        officers=call.officers,
        acknowledged_by=officer,
        text=call.text,
        called_at=saying.at,
        trace=saying.trace,
        made_at=saying.made_at,
        detail=call.detail,
    )
