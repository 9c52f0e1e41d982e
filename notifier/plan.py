"""Whom an order revision or a call is for, as a plan and its jobs. Pure: the same audience gives the same ids."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from schemas.records.base import Trace, World, content_id
from schemas.records.decided import Action, Call, Order
from schemas.records.delivered import Bucket, DeliveryJob, Plan, PlanKind, PlanState

MAX_RECIPIENTS = 1000
"""Per job: about 30 kB with the order's texts, and a share of work that one worker ends in a second or two."""

URGENT, CALM = "jobs-urgent", "jobs"

Page = tuple[str, int]
"""(place, bucket) of the index."""

Audience = Mapping[Page, Sequence[str]]
"""Subscribers by page, sorted."""


@dataclass(frozen=True, slots=True)
class Match:
    """The part of an entry that decides whether an order is for it. No areas, or no districts, means all of them."""

    areas: tuple[str, ...] = ()
    drills: bool = False
    districts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chunk:
    """One job's worth of recipients of a page. `digest` names exactly these, whatever page they lie in."""

    page: Page
    names: tuple[str, ...]
    digest: str


def kind_of(order: Order) -> PlanKind:
    """What a revision's plan is: the first, an update for the told and for who matches now, or a lift for the told."""
    if order.action is Action.LIFT or not order.in_force:
        return PlanKind.LIFT
    return PlanKind.FIRST if order.revision <= 1 else PlanKind.UPDATE


def plan_id(order: Order) -> str:
    """The id of a revision's plan, known before its audience is."""
    return content_id("plan", order.world, order.id, order.revision, kind_of(order))


def supplementary_id(order: Order, digest: str) -> str:
    """The id of a plan for latecomers: told apart by its recipients."""
    return content_id("plan", order.world, order.id, order.revision, PlanKind.SUPPLEMENTARY, digest)


def call_plan_id(call: Call) -> str:
    """The id of the plan of one step of a call."""
    return content_id("plan", call.world, call.id, call.step, PlanKind.CALL)


def is_meant(match: Match, order: Order) -> bool:
    """Whether an order is for a subscriber of its municipality: by area and district, in a drill only with consent."""
    if not may_be_drilled(match, order.world):
        return False
    return _share(order.areas, match.areas) and _share(order.districts, match.districts)


def may_be_drilled(match: Match, world: World) -> bool:
    """Anyone in the actual world; in another, who opted in."""
    return world is World.ACTUAL or match.drills


def audience_of(kind: PlanKind, meant: Iterable[str], told: Iterable[str]) -> list[str]:
    """Who gets a revision, sorted and nobody twice: `meant` match now, `told` were told before.

    A first plan is for who is meant, a lift for who was told, an update for both.
    """
    chosen: set[str] = set() if kind is PlanKind.LIFT else set(meant)
    if kind is not PlanKind.FIRST:
        chosen |= set(told)
    return sorted(chosen)


def chunks_of(audience: Audience) -> list[Chunk]:
    """Jobs' worth of recipients, page by page."""
    return [
        Chunk(page, names, content_id("recipients", ",".join(names)))
        for page, members in sorted(audience.items())
        for start in range(0, len(members), MAX_RECIPIENTS)
        for names in [tuple(members[start : start + MAX_RECIPIENTS])]
    ]


def digest_of(digests: Iterable[str]) -> str:
    """One value over all recipients' ids, from the digests of their chunks, whatever places they lie in."""
    return content_id("audience", *sorted(digests))


def order_plan(
    order: Order, name: str, kind: PlanKind, trace: Trace, made_at: datetime, resends: str | None = None
) -> Plan:
    """The plan of an order revision, for nobody yet. `name` is its id, `resends` the Resend that it carries out."""
    return replace(_plan(order, name, order.id, order.revision, kind, trace, made_at), resends=resends)


def call_plan(call: Call, made_at: datetime) -> Plan:
    """The plan of one step of a call, for nobody yet: its id stands where an order's would, its step as revision."""
    return _plan(call, call_plan_id(call), call.id, call.step, PlanKind.CALL, call.trace, made_at)


def row_of(plan_id: str, chunk: Chunk) -> Bucket:
    """The job of a chunk, as a plan lists it."""
    return Bucket(content_id("job", plan_id, *chunk.page, chunk.digest), *chunk.page, len(chunk.names))


def with_rows(plan: Plan, rows: Sequence[Bucket], digest: str) -> Plan:
    """The plan with exactly these jobs."""
    return replace(plan, buckets=tuple(rows), audience=sum(row.count for row in rows), digest=digest)


def job_of(plan: Plan, bucket: Bucket, recipients: Sequence[str], subject: Order | Call) -> DeliveryJob:
    """The job that one row of a plan stands for."""
    return DeliveryJob(
        id=bucket.job_id,
        world=plan.world,
        origin=plan.origin,
        municipality=bucket.municipality,
        plan_id=plan.id,
        order_id=plan.order_id,
        revision=plan.revision,
        bucket=bucket.bucket,
        attempt=0,
        not_before=None,
        recipients=tuple(recipients),
        order=subject if isinstance(subject, Order) else None,
        call=subject if isinstance(subject, Call) else None,
        trace=plan.trace,
        made_at=plan.made_at,
    )


def completed(plan: Plan, made_at: datetime) -> Plan:
    """The plan's last word: every recipient has an end."""
    return replace(plan, state=PlanState.COMPLETE, made_at=made_at)


def is_urgent(subject: Order | Call) -> bool:
    """Level 4, 5 and tsunami orders of the actual world, their lifts, and its calls go before level 3 and drills."""
    if subject.world is not World.ACTUAL:
        return False
    return isinstance(subject, Call) or subject.level is None or subject.level >= 4


def topic_of(subject: Order | Call) -> str:
    """The topic of its jobs."""
    return URGENT if is_urgent(subject) else CALM


def key_of(job: DeliveryJob) -> str:
    """The job's message key."""
    return f"{job.order_id}:{job.revision}:{job.plan_id}:{job.bucket}:{job.attempt}"


def pages_of(matches: Mapping[Page, Mapping[str, Match]], wanted: Callable[[Match], bool]) -> Audience:
    """Those in these pages whom `wanted` picks."""
    found = {page: sorted(n for n, match in members.items() if wanted(match)) for page, members in matches.items()}
    return {page: members for page, members in found.items() if members}


def _share(named: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    """Who names none means all: only two lists without a common name keep an order and a subscriber apart."""
    return not named or not wanted or not set(named).isdisjoint(wanted)


def _plan(
    subject: Order | Call, name: str, order_id: str, revision: int, kind: PlanKind, trace: Trace, made_at: datetime
) -> Plan:
    return Plan(
        id=name,
        world=subject.world,
        origin=subject.origin,
        municipality=subject.municipality,
        order_id=order_id,
        revision=revision,
        kind=kind,
        state=PlanState.STARTED,
        audience=0,
        buckets=(),
        digest=digest_of(()),
        trace=trace,
        made_at=made_at,
    )
