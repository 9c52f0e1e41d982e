"""What each kind of decision does to the municipality's state. Every step gives the new state or raises Refused."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from schemas.records.decided import Call, Decision, DecisionKind, Order, Verdict
from streams.decide import case as cases_of
from streams.decide import policy
from streams.decide.calls import Saying, acknowledge, after_step
from streams.decide.cases import case_to_draft, named_case, put_case
from streams.decide.model import Case, DecideState, Knowledge

Said = tuple[Verdict | Order | Call, ...]


@dataclass(frozen=True, slots=True)
class Done:
    """The state after an accepted decision, the case it was about, and what is to be said beside the verdict."""

    state: DecideState
    case: Case | None = None
    said: Said = ()


Step = Callable[[DecideState, Decision, Knowledge, Saying], Done]


def _propose(state: DecideState, decision: Decision, knowledge: Knowledge, saying: Saying) -> Done:
    state, case = case_to_draft(state, decision)
    standing = state.standing_of(case.hazard)
    return _stepped(
        state, case, cases_of.propose(case, decision, standing, knowledge, saying.made_at), decision, saying
    )


def _submit(state: DecideState, decision: Decision, _knowledge: Knowledge, saying: Saying) -> Done:
    case = named_case(state, decision)
    return _stepped(state, case, cases_of.submit(case, decision, saying.made_at), decision, saying)


def _approve(state: DecideState, decision: Decision, knowledge: Knowledge, saying: Saying) -> Done:
    case = named_case(state, decision)
    place = knowledge.place(state.municipality)
    return _stepped(state, case, cases_of.approve(case, decision, place.name, saying.made_at), decision, saying)


def _return(state: DecideState, decision: Decision, _knowledge: Knowledge, saying: Saying) -> Done:
    case = named_case(state, decision)
    return _stepped(state, case, cases_of.send_back(case, decision), decision, saying)


def _reject(state: DecideState, decision: Decision, _knowledge: Knowledge, saying: Saying) -> Done:
    case = named_case(state, decision)
    return _stepped(state, case, cases_of.reject(case, decision), decision, saying)


def _halt(state: DecideState, decision: Decision, _knowledge: Knowledge, saying: Saying) -> Done:
    case = named_case(state, decision)
    return _stepped(state, case, cases_of.halt(case, decision, saying.made_at), decision, saying)


def _acknowledge(state: DecideState, decision: Decision, _knowledge: Knowledge, saying: Saying) -> Done:
    state, said = acknowledge(state, decision.call_id, decision.officer, saying)
    return Done(state, None, said)


def _set_duty(state: DecideState, decision: Decision, _knowledge: Knowledge, _saying: Saying) -> Done:
    return Done(replace(state, duty=tuple(dict.fromkeys(decision.duty))))


def _sign_policy(state: DecideState, decision: Decision, knowledge: Knowledge, _saying: Saying) -> Done:
    return Done(policy.sign_policy(state, decision, knowledge))


def _approve_policy(state: DecideState, decision: Decision, _knowledge: Knowledge, _saying: Saying) -> Done:
    return Done(policy.approve_policy(state, decision))


def _revoke_policy(state: DecideState, decision: Decision, _knowledge: Knowledge, _saying: Saying) -> Done:
    return Done(policy.revoke_policy(state, decision))


def _stepped(state: DecideState, before: Case, after: Case, decision: Decision, saying: Saying) -> Done:
    """The case after a step, its order if the step made or halted one, and what the step means for the open calls."""
    issued: Said = () if after.order is None or after.order is before.order else (after.order,)
    state, calls = after_step(put_case(state, after), after, bool(issued), decision.officer, saying)
    return Done(state, after, (*issued, *calls))


STEPS: dict[DecisionKind, Step] = {
    DecisionKind.PROPOSE: _propose,
    DecisionKind.SUBMIT: _submit,
    DecisionKind.APPROVE: _approve,
    DecisionKind.RETURN: _return,
    DecisionKind.REJECT: _reject,
    DecisionKind.HALT: _halt,
    DecisionKind.ACKNOWLEDGE: _acknowledge,
    DecisionKind.SET_DUTY: _set_duty,
    DecisionKind.SIGN_POLICY: _sign_policy,
    DecisionKind.APPROVE_POLICY: _approve_policy,
    DecisionKind.REVOKE_POLICY: _revoke_policy,
}
