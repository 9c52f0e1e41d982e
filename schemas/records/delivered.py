"""One order revision on its way to devices: subscriptions, plans, jobs, outcomes, receipts."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from schemas.records.base import Origin, Trace, World
from schemas.records.decided import Call, Order


class PlanKind(StrEnum):
    """Who a plan is for: all who match; those reached before and who matches now; those reached before; a latecomer."""

    FIRST = "first"
    UPDATE = "update"
    LIFT = "lift"
    SUPPLEMENTARY = "supplementary"
    CALL = "call"


class PlanState(StrEnum):
    """`started` carries the audience's count, written before the first push; `complete`: every recipient has an end."""

    STARTED = "started"
    COMPLETE = "complete"


class End(StrEnum):
    """The end state of one delivery."""

    ACCEPTED = "accepted"
    GONE = "gone"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Subscription:
    """One subscriber, sealed: endpoint, keys, places, language and consent are only inside `sealed` (AES-256-GCM).

    `key_id` names the sealing key. `left` true: they unsubscribed or the push service said gone; a tombstone erases.
    """

    subscriber: str
    key_id: str
    nonce: bytes
    sealed: bytes
    left: bool
    updated_at: datetime
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Bucket:
    """One job's worth of recipients of a plan."""

    job_id: str
    municipality: str
    bucket: int
    count: int


@dataclass(frozen=True, slots=True)
class Plan:
    """Whom one order revision (or call) is for: `audience` is the buckets' sum, `digest` covers all recipients' ids.

    `resends` names the Resend that a supplementary plan carries out: its recipients were counted before, and an end in
    it takes the place of the earlier one.
    """

    id: str
    world: World
    origin: Origin
    municipality: str
    order_id: str
    revision: int
    kind: PlanKind
    state: PlanState
    audience: int
    buckets: tuple[Bucket, ...]
    digest: str
    trace: Trace
    made_at: datetime
    resends: str | None = None


@dataclass(frozen=True, slots=True)
class DeliveryJob:
    """At most about 1,000 recipients of one page. Exactly one of `order` and `call` is set. The id counts once."""

    id: str
    world: World
    origin: Origin
    municipality: str
    plan_id: str
    order_id: str
    revision: int
    bucket: int
    attempt: int
    not_before: datetime | None
    recipients: tuple[str, ...]
    order: Order | None
    call: Call | None
    trace: Trace
    made_at: datetime


PERHAPS_SENT = "perhaps sent before"
"""How the detail of an end begins where a former try, or a worker that died, may have reached the device after all."""


@dataclass(frozen=True, slots=True)
class RecipientEnd:
    """How one delivery ended. `status` is the push service's HTTP status; `at` is real UTC time."""

    subscriber: str
    end: End
    status: int | None
    detail: str | None
    attempts: int
    at: datetime


@dataclass(frozen=True, slots=True)
class JobOutcome:
    """End states of recipients of one job, or of a part of it (progress). The first end of a subscriber counts."""

    id: str
    job_id: str
    world: World
    origin: Origin
    municipality: str
    plan_id: str
    order_id: str
    revision: int
    bucket: int
    attempt: int
    ends: tuple[RecipientEnd, ...]
    trace: Trace
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a device reported back about one order revision: shown or clicked."""

    id: str
    world: World
    subscriber: str
    order_id: str
    revision: int
    event: str
    at: datetime
    made_at: datetime
