"""Signed policies: two signatures, exactly what was signed, once per episode, never over a person's head."""

from dataclasses import replace
from datetime import timedelta

import pytest

from schemas.records.base import Hazard, Origin
from schemas.records.decided import Action, CaseStatus, DecisionKind, Policy, Verdict
from tests.unit.streams.decide.town import (
    AREA,
    EVENT,
    FUJISAWA,
    NORTH,
    REAL,
    SOUTH,
    TEXTS,
    VI,
    YOKOHAMA,
    Town,
    called,
    digest,
    policy,
)


def signed_town(signed: Policy | None = None, municipality: str = FUJISAWA) -> Town:
    """A town whose policy two persons signed."""
    town, content = Town(municipality), signed or policy()
    town.decide("sato", DecisionKind.SIGN_POLICY, policy=content)
    approved = town.decide("suzuki", DecisionKind.APPROVE_POLICY, policy_id=content.id, digest=digest(content))
    assert approved.accepted
    assert approved.policies == (content,)
    return town


def test_a_signed_policy_orders_by_itself_and_is_named() -> None:
    """No officer is named on the order; the verdict names the policy."""
    town = signed_town()
    said = town.recommend(called(4))
    order = town.orders()[0]
    assert (order.policy_id, order.decided_by, order.revision) == ("night-landslide", (), 1)
    assert (order.areas, order.texts, order.level) == ((AREA,), TEXTS, 4)
    assert order.deliver_until == REAL + timedelta(minutes=60)
    assert order.issued_at == EVENT
    verdict = next(record for record in said if isinstance(record, Verdict))
    assert (verdict.accepted, verdict.code, verdict.policy_id, verdict.officer) == (
        True,
        "policy",
        order.policy_id,
        None,
    )
    assert verdict.case is not None
    assert verdict.case.status is CaseStatus.IN_FORCE


def test_one_signature_orders_nothing() -> None:
    """The second person has not signed yet."""
    town = Town()
    town.decide("sato", DecisionKind.SIGN_POLICY, policy=policy())
    town.recommend(called(4))
    assert town.orders() == []


def test_the_second_signature_is_another_persons_and_of_the_same_content() -> None:
    """Sato cannot sign twice; a policy changed after Suzuki read it is not approved."""
    town = Town()
    town.decide("sato", DecisionKind.SIGN_POLICY, policy=policy())
    own = town.decide("sato", DecisionKind.APPROVE_POLICY, policy_id="night-landslide", digest=digest(policy()))
    assert own.code == "same_person"
    changed = replace(policy(), texts=(*TEXTS, VI))
    town.decide("sato", DecisionKind.SIGN_POLICY, policy=changed)
    stale = town.decide("suzuki", DecisionKind.APPROVE_POLICY, policy_id="night-landslide", digest=digest(policy()))
    assert stale.code == "stale_digest"
    assert town.state.policies == ()


def test_one_person_revokes() -> None:
    """Taking back power takes one."""
    town = signed_town()
    assert town.decide("tanaka", DecisionKind.REVOKE_POLICY, policy_id="night-landslide").accepted
    assert town.decide("tanaka", DecisionKind.REVOKE_POLICY, policy_id="night-landslide").code == "unknown_policy"
    town.recommend(called(4))
    assert town.orders() == []


@pytest.mark.parametrize(
    "item",
    [
        called(3),
        called(5),
        called(4, rules=("LS-4b",)),
        called(4, hazard=Hazard.FLOOD),
        called(4, area="1420700"),
    ],
)
def test_a_policy_orders_only_for_its_rule_hazard_area_and_level(item: object) -> None:
    """Anything else is for people; level 5 is more than was signed, level 3 is less."""
    town = signed_town()
    town.recommend(item)  # type: ignore[arg-type]  # parametrized Called
    assert town.orders() == []


def test_only_the_areas_where_the_rule_is_true_are_ordered() -> None:
    """Signed for all of Yokohama, true in the north: the south is not told."""
    town = signed_town(policy(municipality=YOKOHAMA, areas=()), YOKOHAMA)
    town.recommend(called(4, area=NORTH), called(2, area=SOUTH))
    assert town.orders()[0].areas == (NORTH,)


def test_a_policy_adds_an_area_where_its_rule_becomes_true() -> None:
    """The north's bulletin came first; the south's makes the order larger, as its revision."""
    town = signed_town(policy(municipality=YOKOHAMA, areas=()), YOKOHAMA)
    town.recommend(called(4, area=NORTH))
    town.recommend(called(4, area=NORTH), called(4, area=SOUTH))
    assert [(order.revision, order.areas) for order in town.orders()] == [(1, (NORTH,)), (2, (NORTH, SOUTH))]


def test_what_people_halted_a_policy_does_not_send_again() -> None:
    """One more area becomes true while the sending stands halted: people decide."""
    town = signed_town(policy(municipality=YOKOHAMA, areas=()), YOKOHAMA)
    town.recommend(called(4, area=NORTH))
    order = town.orders()[0]
    assert town.decide("sato", DecisionKind.HALT, case_id=order.case_id, hazard=order.hazard).accepted
    town.recommend(called(4, area=NORTH), called(4, area=SOUTH))
    assert [order.revision for order in town.orders()] == [1, 1]


def test_a_policy_past_its_last_day_is_silent() -> None:
    """Event time decides."""
    town = signed_town()
    town.recommend(called(4), at=EVENT + timedelta(days=101))
    assert town.orders() == []


def test_a_policy_raises_a_lower_order_as_its_revision() -> None:
    """Two persons ordered level 3; the rule calls for 4."""
    town = signed_town()
    first = town.ordered(level=3)
    town.recommend(called(4))
    order = town.orders()[-1]
    assert (order.id, order.revision, order.action) == (first.id, 2, Action.REVISE)


@pytest.mark.parametrize("level", [4, 5])
def test_an_order_as_grave_or_graver_is_left_alone(level: int) -> None:
    """Nothing to add, and nothing is ever lowered."""
    town = signed_town()
    order = town.ordered(level=level)
    town.recommend(called(4))
    assert town.orders() == [order]


def test_a_policy_takes_no_order_away_from_an_area() -> None:
    """Level 3 holds in both areas, the rule is true in one: a revision would drop the other. People decide."""
    town = signed_town(policy(municipality=YOKOHAMA, areas=()), YOKOHAMA)
    town.ordered(level=3, areas=(NORTH, SOUTH))
    town.recommend(called(4, area=NORTH))
    assert len(town.orders()) == 1


def test_after_people_lifted_it_a_policy_stays_quiet_until_its_rule_has_ended() -> None:
    """The officers know better: the same episode does not order again. The next one does."""
    town = signed_town()
    town.recommend(called(4))
    town.ordered(action=Action.LIFT)
    town.recommend(called(4))
    assert len(town.orders()) == 2
    town.recommend()
    town.recommend(called(4))
    assert len(town.orders()) == 3
    assert town.orders()[-1].id != town.orders()[0].id


def test_a_submission_under_which_the_order_changed_must_be_submitted_anew() -> None:
    """Suzuki was about to approve when the policy ordered: the draft stays, the submission does not."""
    town = signed_town()
    town.ordered(level=3)
    case = town.submitted(level=5, action=Action.REVISE).case
    assert case is not None
    town.recommend(called(4))
    assert town.decide("suzuki", DecisionKind.APPROVE, case_id=case.id, digest=case.digest).code == "wrong_state"
    again = town.decide("sato", DecisionKind.SUBMIT, case_id=case.id, digest=case.digest)
    assert again.accepted
    assert town.decide("suzuki", DecisionKind.APPROVE, case_id=case.id, digest=case.digest).accepted
    assert [order.revision for order in town.orders()] == [1, 2, 3]


def test_a_replayed_recommendation_makes_a_replay_order() -> None:
    """It can reach loopback endpoints only."""
    town = signed_town()
    town.recommend(called(4), origin=Origin.REPLAY)
    assert town.orders()[0].origin is Origin.REPLAY


def test_the_same_recommendation_again_orders_nothing_more() -> None:
    """At least once, everywhere."""
    town = signed_town()
    town.recommend(called(4), id="same", number=7)
    town.recommend(called(4), id="same", number=7)
    assert len(town.orders()) == 1
