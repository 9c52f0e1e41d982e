"""Records for the desk's tests, each with one thing that matters and the rest plain."""

from datetime import UTC, datetime, timedelta
from typing import Any

from schemas.records.base import Hazard, OrderType, Origin, Trace, World
from schemas.records.decided import (
    Action,
    Call,
    CallKind,
    CallState,
    CaseStatus,
    CaseView,
    Decision,
    DecisionKind,
    Order,
    Proposal,
    Text,
    Verdict,
)
from schemas.records.delivered import Bucket, End, JobOutcome, Plan, PlanKind, PlanState, RecipientEnd
from schemas.records.judged import Called, Change, Recommendation, RuleHit
from schemas.records.observed import PollOutcome, Quality, Reading, ReadingBatch

AT = datetime(2026, 9, 21, 6, 40, tzinfo=UTC)
TRACE = Trace("t", AT)
FUJISAWA, ODAWARA = "14205", "14206"
STATION = "3585_4_309"


def minutes(number: float) -> timedelta:
    """That long."""
    return timedelta(minutes=number)


def reading(at: datetime, value: float | None, quality: Quality = Quality.VALID) -> Reading:
    """One stage."""
    return Reading(STATION, "stage", value, "m", at, quality)


def batch(at: datetime, *readings: Reading, **changes: Any) -> ReadingBatch:
    """One poll."""
    fields: dict[str, Any] = {
        "id": f"batch-{at.isoformat()}",
        "world": World.ACTUAL,
        "origin": Origin.LIVE,
        "source": "kawabou",
        "municipality": FUJISAWA,
        "polled_at": at,
        "outcome": PollOutcome.NEW if readings else PollOutcome.UNCHANGED,
        "reason": None,
        "stations": (STATION,),
        "readings": readings,
        "trace": TRACE,
        "made_at": AT,
    }
    return ReadingBatch(**(fields | changes))


def called(area: str, hazard: Hazard, level: int | None, since: datetime = AT) -> Called:
    """What the rules call for in an area, by one hit."""
    hit = RuleHit("LS-4a", level, "source", False, "text", since, ())
    return Called(area, area, hazard, level, None, Change.NEW, None, (hit,))


def recommendation(number: int, *calls: Called, municipality: str = FUJISAWA, **changes: Any) -> Recommendation:
    """What watch says of a municipality."""
    fields: dict[str, Any] = {
        "id": f"r-{municipality}-{number}",
        "world": World.ACTUAL,
        "origin": Origin.LIVE,
        "municipality": municipality,
        "number": number,
        "at": AT,
        "as_of": AT,
        "called": calls,
        "silences": (),
        "trace": TRACE,
        "made_at": AT,
    }
    return Recommendation(**(fields | changes))


def proposal(**changes: Any) -> Proposal:
    """避難指示 for the whole municipality."""
    fields: dict[str, Any] = {
        "action": Action.ISSUE,
        "order_type": OrderType.EVACUATION_ORDER,
        "level": 4,
        "areas": (),
        "districts": (),
        "texts": (Text("ja", "題名", "本文"),),
        "deliver_until": AT + minutes(180),
        "recommendation_id": None,
        "note": "",
    }
    return Proposal(**(fields | changes))


def case(status: CaseStatus, **changes: Any) -> CaseView:
    """A landslide case that sato wrote."""
    fields: dict[str, Any] = {
        "id": "case-1",
        "hazard": Hazard.LANDSLIDE,
        "status": status,
        "recommended_level": 4,
        "recommendation_id": None,
        "proposal": proposal() if status in (CaseStatus.DRAFTED, CaseStatus.SUBMITTED) else None,
        "digest": "d",
        "authors": ("sato",),
        "submitted_by": None,
        "returned_by": None,
        "order_id": None,
        "revision": 0,
        "order_type": None,
        "order_level": None,
        "order_areas": (),
        "in_force": False,
        "halted": False,
        "updated_at": AT,
    }
    return CaseView(**(fields | changes))


def verdict(number: int, seen: CaseView | None = None, accepted: bool = True, **changes: Any) -> Verdict:
    """The answer to decision `number`."""
    fields: dict[str, Any] = {
        "id": f"v-{number}",
        "world": World.ACTUAL,
        "origin": Origin.LIVE,
        "municipality": FUJISAWA,
        "decision_id": f"d-{number}",
        "decision_kind": DecisionKind.PROPOSE,
        "policy_id": None,
        "officer": "sato",
        "accepted": accepted,
        "code": "accepted" if accepted else "same_person",
        "text": "text",
        "case": seen,
        "duty": (),
        "policies": (),
        "at": AT + minutes(number),
        "trace": TRACE,
        "made_at": AT,
    }
    return Verdict(**(fields | changes))


def decision(number: int, kind: DecisionKind, **changes: Any) -> Decision:
    """A step of sato."""
    fields: dict[str, Any] = {
        "id": f"d-{number}",
        "world": World.ACTUAL,
        "origin": Origin.LIVE,
        "municipality": FUJISAWA,
        "officer": "sato",
        "kind": kind,
        "hazard": Hazard.LANDSLIDE,
        "case_id": None,
        "proposal": None,
        "digest": None,
        "reason": None,
        "call_id": None,
        "duty": (),
        "policy": None,
        "policy_id": None,
        "decided_at": AT + minutes(number),
        "signature": b"",
        "trace": TRACE,
        "made_at": AT,
    }
    return Decision(**(fields | changes))


def order(revision: int = 1, **changes: Any) -> Order:
    """避難指示 in force."""
    fields: dict[str, Any] = {
        "id": "order-1",
        "revision": revision,
        "world": World.ACTUAL,
        "origin": Origin.LIVE,
        "municipality": FUJISAWA,
        "municipality_name": "藤沢市",
        "case_id": "case-1",
        "hazard": Hazard.LANDSLIDE,
        "action": Action.ISSUE,
        "order_type": OrderType.EVACUATION_ORDER,
        "level": 4,
        "areas": (),
        "districts": (),
        "texts": (Text("ja", "題名", "本文"),),
        "in_force": True,
        "halted": False,
        "issued_at": AT,
        "deliver_until": AT + minutes(180),
        "decided_by": ("sato", "suzuki"),
        "policy_id": None,
        "recommendation_id": None,
        "trace": TRACE,
        "made_at": AT,
    }
    return Order(**(fields | changes))


def call(state: CallState, step: int = 0, **changes: Any) -> Call:
    """A call to sato."""
    fields: dict[str, Any] = {
        "id": "call-1",
        "world": World.ACTUAL,
        "origin": Origin.LIVE,
        "municipality": FUJISAWA,
        "kind": CallKind.RECOMMENDATION_ROSE,
        "state": state,
        "step": step,
        "hazard": Hazard.LANDSLIDE,
        "level": 4,
        "case_id": None,
        "recommendation_id": None,
        "officers": ("sato",),
        "acknowledged_by": None,
        "text": "text",
        "called_at": AT,
        "trace": TRACE,
        "made_at": AT,
    }
    return Call(**(fields | changes))


def plan(audience: int, state: PlanState = PlanState.STARTED, **changes: Any) -> Plan:
    """A plan for revision 1 of order-1."""
    fields: dict[str, Any] = {
        "id": "plan-1",
        "world": World.ACTUAL,
        "origin": Origin.LIVE,
        "municipality": FUJISAWA,
        "order_id": "order-1",
        "revision": 1,
        "kind": PlanKind.FIRST,
        "state": state,
        "audience": audience,
        "buckets": (Bucket("job", FUJISAWA, 0, audience),),
        "digest": "d",
        "trace": TRACE,
        "made_at": AT,
    }
    return Plan(**(fields | changes))


def outcome(ends: dict[str, End], **changes: Any) -> JobOutcome:
    """Ends of some subscribers of plan-1."""
    fields: dict[str, Any] = {
        "id": "o",
        "job_id": "job",
        "world": World.ACTUAL,
        "origin": Origin.LIVE,
        "municipality": FUJISAWA,
        "plan_id": "plan-1",
        "order_id": "order-1",
        "revision": 1,
        "bucket": 0,
        "attempt": 1,
        "ends": tuple(RecipientEnd(name, end, None, None, 1, AT) for name, end in ends.items()),
        "trace": TRACE,
        "made_at": AT,
    }
    return JobOutcome(**(fields | changes))
