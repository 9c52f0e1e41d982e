"""The case state machine: open → drafted → submitted → in force → … → lifted, by two persons.

Each step is a function of the case and the decision that gives the new case, or raises Refused. Whoever wrote the draft
or submitted it does not approve it; an approval names exactly what was submitted; any change voids it; who returned a
draft does not edit it next; a halt takes one person.
"""

from dataclasses import replace
from datetime import datetime

from schemas.records.base import Origin, content_id
from schemas.records.decided import Action, CaseStatus, Decision, Order, Proposal
from streams.decide.checks import check_action, check_deliver_until, check_proposal, check_texts, need_reason
from streams.decide.model import Case, Knowledge, Refused, Standing


def propose(case: Case, decision: Decision, standing: Standing | None, knowledge: Knowledge, made_at: datetime) -> Case:
    """A new draft, or a new version of it. Anything submitted before is void. `standing`: what is recommended now."""
    proposal = _proposal_of(decision)
    if case.returned_by == decision.officer:
        raise Refused("returner", "You returned this draft: another officer must edit it.")
    check_proposal(proposal, case.hazard, knowledge.place(decision.municipality), decision.world, made_at)
    check_action(proposal, case.in_force)
    return replace(
        case,
        status=CaseStatus.DRAFTED,
        updated_at=decision.decided_at,
        proposal=proposal,
        digest=knowledge.digest_of(proposal),
        authors=_with(case.authors, decision.officer),
        submitted_by=None,
        submitted_at=None,
        returned_by=None,
        replayed=case.replayed or decision.origin is Origin.REPLAY or _rests_on_replay(proposal, standing),
    )


def submit(case: Case, decision: Decision, made_at: datetime) -> Case:
    """Ask the second person. The officer who submits cannot approve either."""
    draft = _draft_in(case, CaseStatus.DRAFTED, "submit")
    _need_digest(case, decision)
    if case.returned_by == decision.officer:
        raise Refused("returner", "You returned this draft: another officer must edit and submit it.")
    check_texts(draft.texts, decision.world)
    check_deliver_until(draft.deliver_until, made_at)
    return replace(
        case,
        status=CaseStatus.SUBMITTED,
        updated_at=decision.decided_at,
        submitted_by=decision.officer,
        submitted_at=decision.decided_at,
        woken=False,
        replayed=case.replayed or decision.origin is Origin.REPLAY,
    )


def approve(case: Case, decision: Decision, municipality_name: str, made_at: datetime) -> Case:
    """The second person says yes to exactly what was submitted: the case's new order is in force (or lifted)."""
    draft = _draft_in(case, CaseStatus.SUBMITTED, "approve")
    _need_second_person(case, decision, "approve")
    _need_digest(case, decision)
    check_action(draft, case.in_force)
    check_texts(draft.texts, decision.world)
    check_deliver_until(draft.deliver_until, made_at)
    replayed = case.replayed or decision.origin is Origin.REPLAY
    order = Order(
        id=content_id("order", case.id),
        revision=next_revision(case),
        world=decision.world,
        origin=Origin.REPLAY if replayed else Origin.LIVE,
        municipality=decision.municipality,
        municipality_name=municipality_name,
        case_id=case.id,
        hazard=case.hazard,
        action=draft.action,
        order_type=draft.order_type,
        level=draft.level,
        areas=draft.areas,
        districts=draft.districts,
        texts=draft.texts,
        in_force=draft.action is not Action.LIFT,
        halted=False,
        issued_at=decision.decided_at,
        deliver_until=draft.deliver_until,
        decided_by=(*proposers(case), decision.officer),
        policy_id=None,
        recommendation_id=draft.recommendation_id,
        trace=decision.trace,
        made_at=made_at,
    )
    return with_order(case, order)


def send_back(case: Case, decision: Decision) -> Case:
    """The second person wants it changed, and says why. It is a draft again, for another officer to edit."""
    _draft_in(case, CaseStatus.SUBMITTED, "return")
    _need_second_person(case, decision, "return")
    need_reason(decision.reason)
    return replace(
        case,
        status=CaseStatus.DRAFTED,
        updated_at=decision.decided_at,
        submitted_by=None,
        submitted_at=None,
        returned_by=decision.officer,
    )


def reject(case: Case, decision: Decision) -> Case:
    """The draft is dropped, with a reason; what is in force stays in force."""
    if case.proposal is None:
        raise Refused("wrong_state", "There is no draft to reject.")
    need_reason(decision.reason)
    return without_draft(case, decision.decided_at)


def halt(case: Case, decision: Decision, made_at: datetime) -> Case:
    """Stop sending the last revision, by one person. The order stays what it is; only a revision is sent again."""
    if case.order is None:
        raise Refused("wrong_state", "Nothing was issued here: there is nothing to halt.")
    if case.order.halted:
        raise Refused("wrong_state", "The sending of this revision is halted already.")
    order = replace(case.order, halted=True, trace=decision.trace, made_at=made_at)
    halted = replace(case, order=order, updated_at=decision.decided_at)
    return replace(halted, status=halted.resting) if case.proposal is None else halted


def proposers(case: Case) -> tuple[str, ...]:
    """Who wrote the draft or submitted it: they cannot approve it."""
    return case.authors if case.submitted_by is None else _with(case.authors, case.submitted_by)


def unsubmitted(case: Case) -> Case:
    """The draft as a draft again: what is in force changed under it, so it must be looked at and submitted anew."""
    if case.status is not CaseStatus.SUBMITTED:
        return case
    return replace(case, status=CaseStatus.DRAFTED, submitted_by=None, submitted_at=None)


def with_order(case: Case, order: Order) -> Case:
    """The case with a new revision issued, and no draft."""
    issued = without_draft(replace(case, order=order), order.issued_at)
    return issued if order.in_force else replace(issued, status=CaseStatus.LIFTED)


def without_draft(case: Case, at: datetime) -> Case:
    """The case without what was drafted or submitted."""
    bare = replace(
        case,
        proposal=None,
        digest=None,
        authors=(),
        submitted_by=None,
        submitted_at=None,
        returned_by=None,
        updated_at=at,
    )
    return replace(bare, status=bare.resting, replayed=False)


def next_revision(case: Case) -> int:
    """Revisions of an order count 1, 2, 3 …; a lift is one of them."""
    return 1 if case.order is None else case.order.revision + 1


def _proposal_of(decision: Decision) -> Proposal:
    if decision.proposal is None:
        raise Refused("proposal_missing", "This step proposes nothing: send it with the proposal.")
    return decision.proposal


def _rests_on_replay(proposal: Proposal, standing: Standing | None) -> bool:
    return proposal.recommendation_id is not None and standing is not None and standing.replayed


def _draft_in(case: Case, status: CaseStatus, step: str) -> Proposal:
    if case.status is not status or case.proposal is None:
        raise Refused("wrong_state", f"This case is {case.status}: there is nothing to {step}. Look at it anew.")
    return case.proposal


def _need_digest(case: Case, decision: Decision) -> None:
    if decision.digest is None or decision.digest != case.digest:
        raise Refused("stale_digest", "The draft changed since you read it: read it again before you decide.")


def _need_second_person(case: Case, decision: Decision, step: str) -> None:
    if decision.officer in proposers(case):
        raise Refused("same_person", f"You wrote or submitted this: another officer must {step} it.")


def _with(officers: tuple[str, ...], officer: str) -> tuple[str, ...]:
    return officers if officer in officers else (*officers, officer)
