"""Signed policies: what a municipality decided beforehand, by two people, for a rule, an area and a level.

A policy orders only what a rule calls for at exactly its own level, only where it was signed for, and once per episode:
after people lifted or changed what it ordered, it stays quiet until its rule has ended and become true again.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from schemas.records.base import Origin, content_id
from schemas.records.decided import Action, Decision, Order, Policy
from schemas.records.judged import Called, Recommendation
from streams.decide.case import next_revision
from streams.decide.checks import check_policy, check_texts
from streams.decide.model import Case, DecideState, DraftPolicy, Knowledge, Place, Refused, grade_of


@dataclass(frozen=True, slots=True)
class Match:
    """A policy whose rule is true now, in these areas."""

    policy: Policy
    areas: tuple[str, ...]


def sign_policy(state: DecideState, decision: Decision, knowledge: Knowledge) -> DecideState:
    """The first signature. Signing the same id again replaces the draft and voids that signature."""
    if decision.policy is None:
        raise Refused("policy_missing", "This step signs nothing: send it with the policy.")
    place = knowledge.place(state.municipality)
    check_policy(decision.policy, state.municipality, place, state.world, decision.decided_at)
    draft = DraftPolicy(decision.policy, knowledge.digest_of(decision.policy), decision.officer)
    others = tuple(d for d in state.drafts if d.policy.id != decision.policy.id)
    return replace(state, drafts=(*others, draft))


def approve_policy(state: DecideState, decision: Decision) -> DecideState:
    """The second signature, by another person, of exactly what the first one signed."""
    draft = next((d for d in state.drafts if d.policy.id == decision.policy_id), None)
    if draft is None:
        raise Refused("unknown_policy", "No policy of this name waits for a second signature.")
    if draft.signed_by == decision.officer:
        raise Refused("same_person", "You signed this policy: another officer must approve it.")
    if decision.digest != draft.digest:
        raise Refused("stale_digest", "The policy changed since you read it: read it again before you sign.")
    if draft.policy.valid_until <= decision.decided_at:
        raise Refused("policy_expired", "The policy's last day has passed: sign one with a later day.")
    check_texts(draft.policy.texts, state.world)
    others = tuple(p for p in state.policies if p.id != draft.policy.id)
    drafts = tuple(d for d in state.drafts if d is not draft)
    return replace(state, policies=(*others, draft.policy), drafts=drafts)


def revoke_policy(state: DecideState, decision: Decision) -> DecideState:
    """One person may take back a policy or its draft at any time."""
    policies = tuple(p for p in state.policies if p.id != decision.policy_id)
    drafts = tuple(d for d in state.drafts if d.policy.id != decision.policy_id)
    if len(policies) == len(state.policies) and len(drafts) == len(state.drafts):
        raise Refused("unknown_policy", "No policy of this name is signed: there is nothing to revoke.")
    return replace(state, policies=policies, drafts=drafts)


def matches(state: DecideState, recommendation: Recommendation, place: Place) -> tuple[Match, ...]:
    """The valid policies whose rule is true in the recommendation, at the policy's own level, gravest first."""
    found = [Match(p, _areas_of(p, recommendation, place)) for p in state.policies if p.valid_until > recommendation.at]
    true = [match for match in found if match.areas]
    return tuple(sorted(true, key=lambda match: (-grade_of(match.policy.order_type), match.policy.id)))


def may_order(match: Match, case: Case | None) -> bool:
    """Whether the policy may order now: nothing as grave is in force, and no area would lose what is in force.

    Its own order grows when its rule becomes true in one more area.
    """
    order = case.in_force if case is not None else None
    if order is None:
        return True
    covered = bool(order.areas) and set(order.areas) <= set(match.areas)
    return grows(match, case) or (covered and grade_of(order.order_type) < grade_of(match.policy.order_type))


def grows(match: Match, case: Case | None) -> bool:
    """Whether the policy's own order is in force, untouched by people, and its rule is now true in more areas."""
    order = case.in_force if case is not None else None
    untouched = order is not None and order.policy_id == match.policy.id and not order.halted
    return order is not None and untouched and set(order.areas) < set(match.areas)


def order_by_policy(match: Match, case: Case, recommendation: Recommendation, place: Place, made_at: datetime) -> Order:
    """The order that the municipality signed beforehand; it names the policy and nobody else."""
    policy = match.policy
    return Order(
        id=content_id("order", case.id),
        revision=next_revision(case),
        world=recommendation.world,
        origin=Origin.REPLAY if recommendation.origin is Origin.REPLAY else Origin.LIVE,
        municipality=recommendation.municipality,
        municipality_name=place.name,
        case_id=case.id,
        hazard=policy.hazard,
        action=Action.ISSUE if case.in_force is None else Action.REVISE,
        order_type=policy.order_type,
        level=policy.level,
        areas=match.areas,
        districts=policy.districts,
        texts=policy.texts,
        in_force=True,
        halted=False,
        issued_at=recommendation.at,
        deliver_until=made_at + timedelta(minutes=policy.deliver_minutes),
        decided_by=(),
        policy_id=policy.id,
        recommendation_id=recommendation.id,
        trace=recommendation.trace,
        made_at=made_at,
    )


def _areas_of(policy: Policy, recommendation: Recommendation, place: Place) -> tuple[str, ...]:
    signed = policy.areas or place.areas
    return tuple(sorted({c.area for c in recommendation.called if c.area in signed and _is_true(policy, c)}))


def _is_true(policy: Policy, called: Called) -> bool:
    hits = any(hit.rule in policy.rules and hit.level == policy.level for hit in called.hits)
    return called.hazard is policy.hazard and hits
