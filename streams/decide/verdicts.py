"""What the desk reads after a step: the verdict, with the case as it stands now."""

from schemas.records.base import Origin, content_id
from schemas.records.decided import CaseView, Decision, DecisionKind, Order, Verdict
from schemas.records.judged import Recommendation
from streams.decide.calls import Saying
from streams.decide.model import Case, DecideState, Remembered

ACCEPTED = "accepted"
_TEXTS = {
    DecisionKind.PROPOSE: "The draft is saved.",
    DecisionKind.SUBMIT: "Submitted: another officer must approve it.",
    DecisionKind.APPROVE: "Approved.",
    DecisionKind.RETURN: "Returned for another officer to edit.",
    DecisionKind.REJECT: "The draft is rejected; what is in force stays in force.",
    DecisionKind.HALT: "The sending of this revision is halted; the order itself stays as it is.",
    DecisionKind.ACKNOWLEDGE: "The call is yours.",
    DecisionKind.SET_DUTY: "The duty list is set.",
    DecisionKind.SIGN_POLICY: "Signed: another officer must approve the policy.",
    DecisionKind.APPROVE_POLICY: "The policy is in force.",
    DecisionKind.REVOKE_POLICY: "The policy is revoked.",
}


def accepted_text(kind: DecisionKind) -> str:
    """What an accepted step means, in one sentence."""
    return _TEXTS[kind]


def verdict_of(state: DecideState, decision: Decision, answer: Remembered, saying: Saying) -> Verdict:
    """The answer to a decision; a repeat of the decision gets the same one, with the case as it stands by then."""
    case = state.case_of(answer.hazard) if answer.hazard is not None else None
    return Verdict(
        id=content_id("verdict", decision.id),
        world=state.world,
        origin=decision.origin,
        municipality=state.municipality,
        decision_id=decision.id,
        decision_kind=decision.kind,
        policy_id=decision.policy_id,
        officer=decision.officer,
        accepted=answer.accepted,
        code=answer.code,
        text=answer.text,
        case=view_of(state, case) if case is not None else None,
        duty=state.duty,
        policies=state.policies,
        at=saying.at,
        trace=saying.trace,
        made_at=saying.made_at,
    )


def policy_verdict(
    state: DecideState, case: Case, order: Order, recommendation: Recommendation, saying: Saying
) -> Verdict:
    """That a signed policy approved: it names the policy, and no officer."""
    return Verdict(
        id=content_id("verdict", order.policy_id, order.id, order.revision),
        world=state.world,
        origin=Origin.REPLAY if recommendation.origin is Origin.REPLAY else Origin.LIVE,
        municipality=state.municipality,
        decision_id=None,
        decision_kind=None,
        policy_id=order.policy_id,
        officer=None,
        accepted=True,
        code="policy",
        text=f"Ordered by the signed policy {order.policy_id}, on recommendation {recommendation.number}.",
        case=view_of(state, case),
        duty=state.duty,
        policies=state.policies,
        at=saying.at,
        trace=saying.trace,
        made_at=saying.made_at,
    )


def view_of(state: DecideState, case: Case) -> CaseView:
    """The case as the desk shows it."""
    standing, order = state.standing_of(case.hazard), case.order
    return CaseView(
        id=case.id,
        hazard=case.hazard,
        status=case.status,
        recommended_level=standing.level if standing is not None else None,
        recommendation_id=standing.recommendation_id if standing is not None else None,
        proposal=case.proposal,
        digest=case.digest,
        authors=case.authors,
        submitted_by=case.submitted_by,
        returned_by=case.returned_by,
        order_id=order.id if order is not None else None,
        revision=order.revision if order is not None else 0,
        order_type=order.order_type if order is not None else None,
        order_level=order.level if order is not None else None,
        order_areas=order.areas if order is not None else (),
        in_force=case.in_force is not None,
        halted=order is not None and order.halted,
        updated_at=case.updated_at,
    )
