"""A case from draft to lift: two persons, exact digests, reasons, revisions."""

from dataclasses import replace
from datetime import timedelta

import pytest

from schemas.records.base import Hazard, OrderType, Origin
from schemas.records.decided import Action, CaseStatus, CaseView, DecisionKind, Verdict
from tests.unit.streams.decide.town import REAL, TEXTS, VI, Town, proposal


def case_of(verdict: Verdict) -> CaseView:
    """The case of a verdict that has one."""
    assert verdict.case is not None
    return verdict.case


def test_two_persons_bring_an_order_into_force() -> None:
    """Sato writes and submits, Suzuki approves exactly that."""
    town = Town()
    order = town.ordered("sato", "suzuki")
    assert (order.revision, order.in_force, order.halted) == (1, True, False)
    assert order.decided_by == ("sato", "suzuki")
    assert order.texts == TEXTS
    assert (order.municipality_name, order.order_type, order.level) == ("藤沢市", OrderType.EVACUATION_ORDER, 4)
    assert town.state.cases[0].status is CaseStatus.IN_FORCE


@pytest.mark.parametrize("officer", ["sato", "tanaka"])
def test_who_wrote_or_submitted_cannot_approve(officer: str) -> None:
    """Sato wrote, Tanaka submitted: a third person must approve."""
    town = Town()
    case = case_of(town.drafted("sato"))
    town.decide("tanaka", DecisionKind.SUBMIT, case_id=case.id, digest=case.digest)
    refused = town.decide(officer, DecisionKind.APPROVE, case_id=case.id, digest=case.digest)
    assert (refused.accepted, refused.code) == (False, "same_person")
    assert town.decide("suzuki", DecisionKind.APPROVE, case_id=case.id, digest=case.digest).accepted
    assert town.orders()[0].decided_by == ("sato", "tanaka", "suzuki")


def test_every_author_of_the_draft_is_barred_not_only_the_last() -> None:
    """Sato wrote, Tanaka changed and submitted it: Sato's words are in it, so Sato cannot approve."""
    town = Town()
    case = case_of(town.drafted("sato"))
    changed = town.decide("tanaka", DecisionKind.PROPOSE, case_id=case.id, proposal=proposal(districts=("辻堂",)))
    digest = case_of(changed).digest
    town.decide("tanaka", DecisionKind.SUBMIT, case_id=case.id, digest=digest)
    assert town.decide("sato", DecisionKind.APPROVE, case_id=case.id, digest=digest).code == "same_person"


def test_a_change_after_submission_voids_it() -> None:
    """Suzuki read version one; Sato changed a word meanwhile; Suzuki's approval is refused."""
    town = Town()
    case = case_of(town.submitted("sato"))
    town.decide("sato", DecisionKind.PROPOSE, case_id=case.id, proposal=proposal(texts=(*TEXTS, VI)))
    assert town.decide("suzuki", DecisionKind.APPROVE, case_id=case.id, digest=case.digest).code == "wrong_state"
    again = town.decide("sato", DecisionKind.SUBMIT, case_id=case.id, digest=town.state.cases[0].digest)
    assert again.accepted
    assert town.decide("suzuki", DecisionKind.APPROVE, case_id=case.id, digest=case.digest).code == "stale_digest"
    assert town.orders() == []


@pytest.mark.parametrize("kind", [DecisionKind.SUBMIT, DecisionKind.APPROVE])
def test_a_step_without_the_digest_is_refused(kind: DecisionKind) -> None:
    """Nobody submits or approves without naming what."""
    town = Town()
    case = case_of(town.drafted() if kind is DecisionKind.SUBMIT else town.submitted())
    assert town.decide("suzuki", kind, case_id=case.id).code == "stale_digest"


def test_who_returned_a_draft_does_not_edit_it_next() -> None:
    """Suzuki returns with a reason; Suzuki cannot edit or submit; Sato edits; Suzuki may approve."""
    town = Town()
    case = case_of(town.submitted("sato"))
    returned = town.decide("suzuki", DecisionKind.RETURN, case_id=case.id, reason="地区が違う")
    assert case_of(returned).returned_by == "suzuki"
    edit = town.decide("suzuki", DecisionKind.PROPOSE, case_id=case.id, proposal=proposal(districts=("辻堂",)))
    assert edit.code == "returner"
    assert town.decide("suzuki", DecisionKind.SUBMIT, case_id=case.id, digest=case.digest).code == "returner"
    edited = case_of(town.decide("sato", DecisionKind.PROPOSE, case_id=case.id, proposal=proposal(districts=("辻堂",))))
    town.decide("sato", DecisionKind.SUBMIT, case_id=case.id, digest=edited.digest)
    assert town.decide("suzuki", DecisionKind.APPROVE, case_id=case.id, digest=edited.digest).accepted


@pytest.mark.parametrize("kind", [DecisionKind.RETURN, DecisionKind.REJECT])
@pytest.mark.parametrize("reason", [None, "", "   "])
def test_returning_and_rejecting_need_a_reason(kind: DecisionKind, reason: str | None) -> None:
    """The author must know what to change."""
    town = Town()
    case = case_of(town.submitted())
    assert town.decide("suzuki", kind, case_id=case.id, reason=reason).code == "reason_missing"


def test_the_author_cannot_return_their_own_draft() -> None:
    """They would bar themselves from editing it."""
    town = Town()
    case = case_of(town.submitted("sato"))
    assert town.decide("sato", DecisionKind.RETURN, case_id=case.id, reason="x").code == "same_person"


def test_rejecting_a_revision_leaves_the_order_in_force() -> None:
    """What residents were told stays true until two persons change it."""
    town = Town()
    order = town.ordered()
    case = case_of(town.submitted(level=5, action=Action.REVISE))
    rejected = town.decide("suzuki", DecisionKind.REJECT, case_id=case.id, reason="まだ早い")
    assert case_of(rejected).status is CaseStatus.IN_FORCE
    assert town.orders() == [order]


def test_a_higher_order_is_a_revision_of_the_same_order() -> None:
    """高齢者等避難, then 避難指示: the same order, revision 2, the same case."""
    town = Town()
    first = town.ordered(level=3)
    second = town.ordered(level=4, action=Action.REVISE)
    assert (second.id, second.case_id) == (first.id, first.case_id)
    assert (first.revision, second.revision) == (1, 2)


def test_a_lift_closes_the_case_and_the_next_order_is_a_new_one() -> None:
    """After 解除 the same hazard starts again with its own order id."""
    town = Town()
    first = town.ordered()
    lift = town.ordered(action=Action.LIFT)
    assert (lift.id, lift.revision, lift.in_force) == (first.id, 2, False)
    assert town.state.cases[0].status is CaseStatus.LIFTED
    again = town.ordered()
    assert again.id != first.id
    assert again.revision == 1


def test_a_lifted_case_takes_no_more_drafts() -> None:
    """Its id stays closed; a proposal without a case opens the next."""
    town = Town()
    order = town.ordered()
    town.ordered(action=Action.LIFT)
    refused = town.decide("sato", DecisionKind.PROPOSE, case_id=order.case_id, proposal=proposal())
    assert refused.code == "wrong_state"


@pytest.mark.parametrize("action", [Action.REVISE, Action.CORRECT, Action.LIFT])
def test_nothing_in_force_cannot_be_revised_corrected_or_lifted(action: Action) -> None:
    """There is no order yet."""
    assert Town().drafted(action=action).code == "wrong_state"


def test_an_order_in_force_is_not_issued_again() -> None:
    """One hazard in one municipality has one order."""
    town = Town()
    town.ordered()
    assert town.drafted(action=Action.ISSUE).code == "wrong_state"


@pytest.mark.parametrize("action", [Action.CORRECT, Action.LIFT])
def test_corrections_and_lifts_keep_the_orders_type_and_areas(action: Action) -> None:
    """Other words, or its end: anything else is a revision."""
    town = Town()
    town.ordered(level=3)
    assert town.drafted(level=4, action=action).code == "order_type_mismatch"
    assert town.drafted(level=3, action=action, areas=()).code == "area_mismatch"


def test_one_person_halts_the_sending_and_the_order_stays() -> None:
    """The same revision again, halted: what is in force is not touched, and the deadline is kept."""
    town = Town()
    order = town.ordered()
    verdict = town.decide("tanaka", DecisionKind.HALT, case_id=order.case_id)
    halted = town.orders()[-1]
    assert verdict.accepted
    assert case_of(verdict).status is CaseStatus.HALTED
    assert halted == replace(order, halted=True, trace=halted.trace, made_at=halted.made_at)
    assert town.decide("tanaka", DecisionKind.HALT, case_id=order.case_id).code == "wrong_state"


def test_a_revision_after_a_halt_is_sent_again() -> None:
    """Halting stops one revision, not the order."""
    town = Town()
    order = town.ordered()
    town.decide("tanaka", DecisionKind.HALT, case_id=order.case_id)
    revised = town.ordered(level=5, action=Action.REVISE)
    assert (revised.revision, revised.halted) == (2, False)


def test_two_officers_who_press_at_once_get_one_draft_and_one_clear_refusal() -> None:
    """The second proposal for the same hazard names the first one's author."""
    town = Town()
    assert town.drafted("sato").accepted
    refused = town.drafted("tanaka")
    assert refused.code == "case_exists"
    assert "sato" in refused.text


def test_two_approvals_at_once_make_one_order() -> None:
    """The second finds nothing to approve."""
    town = Town()
    case = case_of(town.submitted("sato"))
    assert town.decide("suzuki", DecisionKind.APPROVE, case_id=case.id, digest=case.digest).accepted
    assert town.decide("tanaka", DecisionKind.APPROVE, case_id=case.id, digest=case.digest).code == "wrong_state"
    assert len(town.orders()) == 1


def test_an_approval_that_comes_after_the_deadline_is_refused() -> None:
    """Nobody approves what could not be sent any more."""
    town = Town()
    case = case_of(town.submitted())
    town.real = REAL + timedelta(hours=2)
    refused = town.decide("suzuki", DecisionKind.APPROVE, case_id=case.id, digest=case.digest)
    assert refused.code == "deliver_until_past"


def test_cases_of_two_hazards_do_not_touch_each_other() -> None:
    """Flood and landslide, each with its own order."""
    town = Town()
    landslide = town.ordered()
    flood = town.ordered(hazard=Hazard.FLOOD)
    assert landslide.id != flood.id
    assert {case.hazard for case in town.state.cases} == {Hazard.LANDSLIDE, Hazard.FLOOD}


def test_a_step_of_a_replay_makes_a_replay_order() -> None:
    """A rehearsed decision never becomes a live order."""
    town = Town()
    drafted = town.feed(
        town.decision("sato", DecisionKind.PROPOSE, hazard=Hazard.FLOOD, proposal=proposal(), origin=Origin.REPLAY)
    )[0]
    case = case_of(drafted)
    town.decide("sato", DecisionKind.SUBMIT, case_id=case.id, digest=case.digest)
    town.decide("suzuki", DecisionKind.APPROVE, case_id=case.id, digest=case.digest)
    assert town.orders()[0].origin is Origin.REPLAY
