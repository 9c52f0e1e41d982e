"""Orders, calls and outcomes as the notifier's tests need them: real types, made-up content."""

from datetime import UTC, datetime, timedelta
from typing import Any

from schemas.process.clock import now_utc
from schemas.records.base import Hazard, OrderType, Origin, Trace, World, content_id
from schemas.records.decided import Action, Call, CallKind, CallState, Order, Text
from schemas.records.delivered import DeliveryJob, End, JobOutcome, RecipientEnd

ISSUED = datetime(2026, 9, 21, 6, 0, tzinfo=UTC)


def order(**more: Any) -> Order:
    """A level-4 landslide order of Fujisawa, first revision, to be sent within the hour."""
    known: dict[str, Any] = {
        "id": "order-1",
        "revision": 1,
        "world": World.ACTUAL,
        "origin": Origin.REPLAY,
        "municipality": "14205",
        "municipality_name": "藤沢市",
        "case_id": "case-1",
        "hazard": Hazard.LANDSLIDE,
        "action": Action.ISSUE,
        "order_type": OrderType.EVACUATION_ORDER,
        "level": 4,
        "areas": (),
        "districts": (),
        "texts": (Text("ja", "避難指示", "危険な場所から全員避難してください。"),),
        "in_force": True,
        "halted": False,
        "issued_at": ISSUED,
        "deliver_until": now_utc() + timedelta(hours=1),
        "decided_by": ("sato", "suzuki"),
        "policy_id": None,
        "recommendation_id": None,
        "trace": Trace("trace-1", now_utc()),
        "made_at": now_utc(),
    }
    return Order(**(known | more))


def call(**more: Any) -> Call:
    """The desk of Fujisawa is to be woken: step 1, for one officer."""
    known: dict[str, Any] = {
        "id": "call-1",
        "world": World.ACTUAL,
        "origin": Origin.REPLAY,
        "municipality": "14205",
        "kind": CallKind.RECOMMENDATION_ROSE,
        "state": CallState.OPEN,
        "step": 1,
        "hazard": Hazard.LANDSLIDE,
        "level": 4,
        "case_id": None,
        "recommendation_id": None,
        "officers": ("sato",),
        "acknowledged_by": None,
        "text": "土砂災害 レベル4",
        "called_at": ISSUED,
        "trace": Trace("trace-c", now_utc()),
        "made_at": now_utc(),
    }
    return Call(**(known | more))


def outcome(job: DeliveryJob, ends: dict[str, End], status: int | None = 201) -> JobOutcome:
    """How these recipients of a job ended."""
    told = tuple(RecipientEnd(name, end, status, None, 1, now_utc()) for name, end in sorted(ends.items()))
    return JobOutcome(
        id=content_id("outcome", job.id, *ends),
        job_id=job.id,
        world=job.world,
        origin=job.origin,
        municipality=job.municipality,
        plan_id=job.plan_id,
        order_id=job.order_id,
        revision=job.revision,
        bucket=job.bucket,
        attempt=job.attempt,
        ends=told,
        trace=job.trace,
        made_at=now_utc(),
    )
