"""The cases of one municipality: one per hazard; a lifted case is closed, and the next proposal opens another."""

from dataclasses import replace
from datetime import datetime

from schemas.records.base import Hazard, content_id
from schemas.records.decided import CaseStatus, Decision
from streams.decide.model import Case, DecideState, Refused


def open_case(state: DecideState, hazard: Hazard, at: datetime) -> tuple[DecideState, Case]:
    """The hazard's open case, or a new one. Its id counts the cases that were opened here."""
    case = state.case_of(hazard)
    if case is not None and case.status is not CaseStatus.LIFTED:
        return state, case
    number = state.opened + 1
    opened = Case(content_id("case", state.world, state.municipality, hazard, number), hazard, CaseStatus.OPEN, at)
    return put_case(replace(state, opened=number), opened), opened


def put_case(state: DecideState, case: Case) -> DecideState:
    """The state with this case as its hazard's newest."""
    others = tuple(c for c in state.cases if c.hazard is not case.hazard)
    return replace(state, cases=(*others, case))


def case_to_draft(state: DecideState, decision: Decision) -> tuple[DecideState, Case]:
    """The case that a proposal is about: the one it names, or the hazard's own, opened if need be."""
    if decision.case_id is not None:
        case = named_case(state, decision)
        if case.status is CaseStatus.LIFTED:
            raise Refused("wrong_state", "This case is lifted and closed: propose a new order instead.")
        return state, case
    if decision.hazard is None:
        raise Refused("hazard_missing", "Say what threatens: a proposal is about one hazard.")
    state, case = open_case(state, decision.hazard, decision.decided_at)
    if case.proposal is not None:
        raise Refused(
            "case_exists", f"{case.authors[-1]} has drafted an order for this hazard: open that case and edit it."
        )
    return state, case


def named_case(state: DecideState, decision: Decision) -> Case:
    """The case that a step names."""
    case = next((c for c in state.cases if c.id == decision.case_id), None)
    if case is None:
        raise Refused("unknown_case", "No such case is open here: look at the desk anew.")
    if decision.hazard is not None and decision.hazard is not case.hazard:
        raise Refused("hazard_mismatch", f"This case is about {case.hazard}, not {decision.hazard}.")
    return case
