"""Whom an order revision or a call is for, as a plan and its jobs. Pure: the same audience gives the same ids."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from schemas.records.base import Trace, World, content_id
from schemas.records.decided import Action, Call, Order
from schemas.records.delivered import Bucket, DeliveryJob, Plan, PlanKind, PlanState

MAX_RECIPIENTS = 1000
"""Per job: about 50 kB with the order's texts, and a share of work that one worker ends in a second or two."""

URGENT, CALM = "jobs-urgent", "jobs"

Page = tuple[str, int]
"""(place, bucket) of the index."""

Audience = dict[Page, tuple[str, ...]]
"""Subscribers by page."""


@dataclass(frozen=True, slots=True)
class Match:
    """The part of an entry that decides whether an order is for it. No areas, or no districts, means all of them."""

    areas: tuple[str, ...] = ()
    drills: bool = False
    districts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Drafted:
    """A plan with its jobs, and the topic that they go to."""

    plan: Plan
    jobs: tuple[DeliveryJob, ...]
    topic: str


def kind_of(order: Order) -> PlanKind:
    """What a revision's plan is: the first, an update for the told and for who matches now, or a lift for the told."""
    if order.action is Action.LIFT or not order.in_force:
        return PlanKind.LIFT
    return PlanKind.FIRST if order.revision <= 1 else PlanKind.UPDATE


def plan_id(order: Order) -> str:
    """The id of a revision's plan, known before its audience is."""
    return content_id("plan", order.world, order.id, order.revision, kind_of(order))


def is_meant(match: Match, order: Order) -> bool:
    """Whether an order is for a subscriber of its municipality: by area and district, in a drill only with consent."""
    if not may_be_drilled(match, order.world):
        return False
    return _share(order.areas, match.areas) and _share(order.districts, match.districts)


def may_be_drilled(match: Match, world: World) -> bool:
    """Anyone in the actual world; in another, who opted in."""
    return world is World.ACTUAL or match.drills


def _share(named: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    """Who names none means all: only two lists without a common name keep an order and a subscriber apart."""
    return not named or not wanted or not set(named).isdisjoint(wanted)


def audience_of(kind: PlanKind, meant: Audience, told: Mapping[str, Page]) -> Audience:
    """Who gets a revision: `meant` match now, `told` were told before and lie in these pages now. Nobody twice.

    A first plan is for who is meant, a lift for who was told, an update for both.
    """
    chosen = {} if kind is PlanKind.LIFT else {name: page for page, members in meant.items() for name in members}
    if kind is not PlanKind.FIRST:
        chosen = {**told, **chosen}
    return by_page(chosen)


def by_page(pages: Mapping[str, Page]) -> Audience:
    """Subscribers grouped by page, in an order that only their ids decide."""
    grouped: dict[Page, list[str]] = {}
    for name in sorted(pages):
        grouped.setdefault(pages[name], []).append(name)
    return {page: tuple(members) for page, members in sorted(grouped.items())}


def draft(order: Order, kind: PlanKind, audience: Audience, trace: Trace, made_at: datetime) -> Drafted:
    """The plan and jobs of one order revision. Supplementary plans are told apart by their recipients."""
    digest = digest_of(audience)
    late = content_id("plan", order.world, order.id, order.revision, kind, digest)
    plan = Plan(
        id=late if kind is PlanKind.SUPPLEMENTARY else plan_id(order),
        world=order.world,
        origin=order.origin,
        municipality=order.municipality,
        order_id=order.id,
        revision=order.revision,
        kind=kind,
        state=PlanState.STARTED,
        audience=sum(map(len, audience.values())),
        buckets=(),
        digest=digest,
        trace=trace,
        made_at=made_at,
    )
    return _with_jobs(plan, audience, order, None, URGENT if is_urgent(order) else CALM)


def draft_call(call: Call, audience: Audience, made_at: datetime) -> Drafted:
    """The plan and jobs of one step of a call; the call's id stands where an order's would, its step as revision."""
    plan = Plan(
        id=content_id("plan", call.world, call.id, call.step, PlanKind.CALL),
        world=call.world,
        origin=call.origin,
        municipality=call.municipality,
        order_id=call.id,
        revision=call.step,
        kind=PlanKind.CALL,
        state=PlanState.STARTED,
        audience=sum(map(len, audience.values())),
        buckets=(),
        digest=digest_of(audience),
        trace=call.trace,
        made_at=made_at,
    )
    return _with_jobs(plan, audience, None, call, URGENT if call.world is World.ACTUAL else CALM)


def completed(plan: Plan, made_at: datetime) -> Plan:
    """The plan's last word: every recipient has an end."""
    return replace(plan, state=PlanState.COMPLETE, made_at=made_at)


def is_urgent(order: Order) -> bool:
    """Level 4, 5 and tsunami orders of the actual world go before level 3 and before drills; so do their lifts."""
    return order.world is World.ACTUAL and (order.level is None or order.level >= 4)


def digest_of(audience: Audience) -> str:
    """One value over all recipients' ids, whatever pages they lie in."""
    return content_id("audience", *sorted(name for members in audience.values() for name in members))


def key_of(job: DeliveryJob) -> str:
    """The job's message key."""
    return f"{job.order_id}:{job.revision}:{job.plan_id}:{job.bucket}:{job.attempt}"


def pages_of(matches: Mapping[Page, Mapping[str, Match]], wanted: Callable[[Match], bool]) -> Audience:
    """Those in these pages whom `wanted` picks."""
    found = {
        page: tuple(sorted(n for n, match in members.items() if wanted(match))) for page, members in matches.items()
    }
    return {page: members for page, members in found.items() if members}


def _with_jobs(plan: Plan, audience: Audience, order: Order | None, call: Call | None, topic: str) -> Drafted:
    jobs = tuple(
        DeliveryJob(
            id=content_id("job", plan.id, place, bucket, number, *chunk),
            world=plan.world,
            origin=plan.origin,
            municipality=place,
            plan_id=plan.id,
            order_id=plan.order_id,
            revision=plan.revision,
            bucket=bucket,
            attempt=0,
            not_before=None,
            recipients=chunk,
            order=order,
            call=call,
            trace=plan.trace,
            made_at=plan.made_at,
        )
        for (place, bucket), members in sorted(audience.items())
        for number, chunk in enumerate(_chunks(members))
    )
    buckets = tuple(Bucket(job.id, job.municipality, job.bucket, len(job.recipients)) for job in jobs)
    return Drafted(replace(plan, buckets=buckets), jobs, topic)


def _chunks(members: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for start in range(0, len(members), MAX_RECIPIENTS):
        yield members[start : start + MAX_RECIPIENTS]
