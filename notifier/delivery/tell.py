"""What operators see of deliveries: metrics, and a loud log line where a person must look."""

import time
from datetime import datetime

from notifier.webpush.send import Ended, Later
from schemas.process.log import get_logger
from schemas.process.metrics import ISSUE_TO_DELIVERY, PUSH_DELIVERIES, STAGE_LATENCY, SUPPRESSED
from schemas.records.delivered import DeliveryJob, End

QUIET_S = 60.0
"""The same fault of the same host is logged once in this time: a whole audience may meet it."""

_told_at: dict[tuple[str, str, int | None], float] = {}


def tell(job: DeliveryJob, host: str, result: Ended | Later, at: datetime | None = None) -> None:
    """Count one try, or an end without one. `at` is the end's time."""
    PUSH_DELIVERIES.labels(host=host, outcome=result.label).inc()
    if isinstance(result, Later):
        return
    if result.label.startswith("guard_"):
        SUPPRESSED.labels(source="deliver", reason=result.label.removeprefix("guard_")).inc()
    if result.alarm:
        _alarm(job, host, result)
    if result.end is End.ACCEPTED and at is not None:
        _accepted(job, result, at)


def _accepted(job: DeliveryJob, result: Ended, at: datetime) -> None:
    STAGE_LATENCY.labels(stage="fanout").observe(_since(job.made_at, at))
    if result.latency_s is not None:
        STAGE_LATENCY.labels(stage="push").observe(result.latency_s)
    if job.order is not None:
        ISSUE_TO_DELIVERY.labels(hazard=job.order.hazard).observe(_since(job.order.made_at, at))
    STAGE_LATENCY.labels(stage="feed_to_push").observe(_since(job.trace.started_at, at))


def _alarm(job: DeliveryJob, host: str, result: Ended) -> None:
    key, now = (host, result.label, result.status), time.monotonic()
    if now - _told_at.get(key, float("-inf")) < QUIET_S:
        return
    _told_at[key] = now
    get_logger().error(
        "deliveries fail by a fault of ours: act now",
        host=host,
        what=result.label,
        status=result.status,
        detail=result.detail,
        order=job.order_id,
        revision=job.revision,
        trace=job.trace.id,
    )


def _since(then: datetime, now: datetime) -> float:
    return max(0.0, (now - then).total_seconds())
