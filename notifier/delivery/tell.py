"""What operators see of deliveries: metrics, and a loud log line where a person must look."""

import time
from datetime import datetime

from prometheus_client import Histogram

from notifier.webpush.send import Ended, Later
from schemas.process.log import get_logger
from schemas.process.metrics import ISSUE_TO_DELIVERY, PUSH_DELIVERIES, STAGE_LATENCY, SUPPRESSED
from schemas.records.delivered import DeliveryJob, End

QUIET_S = 60.0
"""The same fault of the same host is logged once in this time: a whole audience may meet it."""

_told_at: dict[tuple[str, str, int | None], float] = {}


def tell(job: DeliveryJob, host: str, result: Ended | Later, count: int, at: datetime | None = None) -> None:
    """Count so many tries that went alike, or ends without one. `at` is the ends' time."""
    PUSH_DELIVERIES.labels(host=host, outcome=result.label).inc(count)
    if isinstance(result, Later):
        return
    if result.label.startswith("guard_"):
        SUPPRESSED.labels(source="deliver", reason=result.label.removeprefix("guard_")).inc(count)
    if result.alarm:
        _alarm(job, host, result)
    if result.end is End.ACCEPTED and at is not None:
        _accepted(job, result, count, at)


def _accepted(job: DeliveryJob, result: Ended, count: int, at: datetime) -> None:
    _observe(STAGE_LATENCY.labels(stage="fanout"), _since(job.made_at, at), count)
    if result.latency_s is not None:
        _observe(STAGE_LATENCY.labels(stage="push"), result.latency_s, count)
    if job.order is not None:
        _observe(ISSUE_TO_DELIVERY.labels(hazard=job.order.hazard), _since(job.order.made_at, at), count)
    _observe(STAGE_LATENCY.labels(stage="feed_to_push"), _since(job.trace.started_at, at), count)


def _observe(histogram: Histogram, value: float, count: int) -> None:
    """`count` observations of one value: the library has only one at a time, which costs more than a push."""
    histogram._sum.inc(value * count)
    bucket = next(place for place, bound in enumerate(histogram._upper_bounds) if value <= bound)
    histogram._buckets[bucket].inc(count)


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
