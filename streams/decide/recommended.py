"""A recommendation, hazard by hazard: what rose opens a case and wakes somebody. It orders only by a signed policy."""

from dataclasses import replace

from schemas.records.base import Hazard, OrderType, Origin
from schemas.records.decided import Call, CallState, Order, Verdict
from schemas.records.judged import Called, Recommendation
from streams.decide.calls import APPROVER, ROSE, SENDING, Saying, close_calls, wake_for_rise
from streams.decide.case import unsubmitted, with_order
from streams.decide.cases import open_case, put_case
from streams.decide.model import AreaCall, DecideState, Knowledge, Place, Standing, grade_of
from streams.decide.policy import Match, grows, matches, may_order, order_by_policy
from streams.decide.verdicts import policy_verdict


def on_recommendation(
    state: DecideState, recommendation: Recommendation, knowledge: Knowledge, saying: Saying
) -> tuple[DecideState, tuple[Verdict | Order | Call, ...]]:
    """Take in what is recommended: wake people for what rose, end calls for what fell, let signed policies order."""
    if is_older(state, recommendation):
        return state, ()
    before = state
    standings = standings_of(recommendation)
    state = replace(state, standings=standings, number=recommendation.number, as_of=recommendation.at)
    said: list[Verdict | Order | Call] = []
    for standing in standings:
        state, calls = _woken(state, before.standing_of(standing.hazard), standing, saying)
        said += calls
    state, ended = end_fallen(state, saying)
    place = knowledge.places.get(state.municipality)
    if place is None:
        return state, (*said, *ended)
    state, ordered = _by_policy(state, recommendation, place, saying)
    return state, (*ordered, *said, *ended)  # residents before officers: planning a call must not hold up an order


def is_older(state: DecideState, recommendation: Recommendation) -> bool:
    """Whether a newer recommendation was folded already (a writer that had lost its partition wrote late)."""
    return state.as_of is not None and recommendation.number < state.number and recommendation.at < state.as_of


def standings_of(recommendation: Recommendation) -> tuple[Standing, ...]:
    """One standing per hazard that is called for."""
    hazards = tuple(dict.fromkeys(called.hazard for called in recommendation.called))
    return tuple(_standing(hazard, recommendation) for hazard in hazards)


def rose(before: Standing | None, now: Standing, order: Order | None) -> bool:
    """Whether some area calls for a graver order than before, and than the one in force there."""
    return any(
        call.grade > (before.grade_in(call.area) if before is not None else 0)
        and call.grade > _in_force(order, call.area)
        for call in now.areas
    )


def _in_force(order: Order | None, area: str) -> int:
    return grade_of(order.order_type) if order is not None and (not order.areas or area in order.areas) else 0


def _woken(
    state: DecideState, before: Standing | None, now: Standing, saying: Saying
) -> tuple[DecideState, tuple[Call, ...]]:
    known = state.case_of(now.hazard)
    if not rose(before, now, known.in_force if known is not None else None):
        return state, ()
    state, case = open_case(state, now.hazard, saying.at)
    return wake_for_rise(state, case, now, saying)


def end_fallen(state: DecideState, saying: Saying) -> tuple[DecideState, tuple[Call, ...]]:
    """End the calls about what is no longer called for."""
    said: list[Call] = []
    for case in state.cases:
        standing = state.standing_of(case.hazard)
        if standing is None or standing.grade == 0:
            state, closed = close_calls(state, case.id, ROSE, CallState.CLOSED, None, saying)
            said += closed
    return state, tuple(said)


def _by_policy(
    state: DecideState, recommendation: Recommendation, place: Place, saying: Saying
) -> tuple[DecideState, tuple[Verdict | Order | Call, ...]]:
    """Each policy whose rule became true orders once, if it may, and adds areas; one whose rule has ended is ready."""
    found = matches(state, recommendation, place)
    said: list[Verdict | Order | Call] = []
    for match in found:
        case = state.case_of(match.policy.hazard)
        if grows(match, case) or (match.policy.id not in state.spent and may_order(match, case)):
            state, records = _ordered(state, match, recommendation, place, saying)
            said += records
    return replace(state, spent=tuple(match.policy.id for match in found)), tuple(said)


def _ordered(
    state: DecideState, match: Match, recommendation: Recommendation, place: Place, saying: Saying
) -> tuple[DecideState, tuple[Verdict | Order | Call, ...]]:
    state, case = open_case(state, match.policy.hazard, saying.at)
    order = order_by_policy(match, case, recommendation, place, saying.made_at)
    issued = with_order(case, order) if case.proposal is None else unsubmitted(replace(case, order=order))
    state = put_case(state, issued)
    said: list[Verdict | Order | Call] = [order, policy_verdict(state, issued, order, recommendation, saying)]
    for asks in (APPROVER, SENDING):
        state, closed = close_calls(state, case.id, asks, CallState.CLOSED, None, saying)
        said += closed
    return state, tuple(said)


def _standing(hazard: Hazard, recommendation: Recommendation) -> Standing:
    called = [c for c in recommendation.called if c.hazard is hazard]
    levels = [c.level for c in called if c.level is not None]
    areas = tuple(AreaCall(c.area, _grade(c)) for c in called)
    return Standing(hazard, recommendation.id, max(levels, default=None), areas, recommendation.origin is Origin.REPLAY)


def _grade(called: Called) -> int:
    return grade_of(OrderType(called.order_type)) if called.order_type else 0
