"""Whom an order is for: by area, by consent, by earlier revisions; and the same again gives the same ids."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.plan import (
    CALM,
    MAX_RECIPIENTS,
    URGENT,
    Match,
    audience_of,
    call_plan,
    chunks_of,
    digest_of,
    is_meant,
    is_urgent,
    job_of,
    kind_of,
    order_plan,
    pages_of,
    plan_id,
    row_of,
    supplementary_id,
    topic_of,
    with_rows,
)
from schemas.records.base import Hazard, OrderType, Origin, Trace, World
from schemas.records.decided import Action, Call, CallKind, CallState, Order, Text
from schemas.records.delivered import DeliveryJob, Plan, PlanKind, PlanState

NOW = datetime(2026, 9, 21, 6, 0, tzinfo=UTC)
TRACE = Trace("t", NOW)
ORDER = Order(
    id="o1",
    revision=1,
    world=World.ACTUAL,
    origin=Origin.LIVE,
    municipality="14100",
    municipality_name="横浜市",
    case_id="c1",
    hazard=Hazard.LANDSLIDE,
    action=Action.ISSUE,
    order_type=OrderType.EVACUATION_ORDER,
    level=4,
    areas=("1410011",),
    districts=(),
    texts=(Text("ja", "避難指示", "全員避難"),),
    in_force=True,
    halted=False,
    issued_at=NOW,
    deliver_until=NOW + timedelta(hours=1),
    decided_by=("a", "b"),
    policy_id=None,
    recommendation_id=None,
    trace=TRACE,
    made_at=NOW,
)
CALL = Call(
    id="call-1",
    world=World.ACTUAL,
    origin=Origin.LIVE,
    municipality="14100",
    kind=CallKind.RECOMMENDATION_ROSE,
    state=CallState.OPEN,
    step=2,
    hazard=Hazard.LANDSLIDE,
    level=4,
    case_id=None,
    recommendation_id=None,
    officers=("sato",),
    acknowledged_by=None,
    text="レベル4",
    called_at=NOW,
    trace=TRACE,
    made_at=NOW,
)
DRILL = replace(ORDER, world=World.EXERCISE)
SOME_DISTRICTS = replace(ORDER, districts=("泉区岡津町", "泉区領家"))
names = st.sets(st.text("0123456789abcdef", min_size=4, max_size=6), max_size=60)


def _audience(subscribers: Iterable[str], place: str = "14100") -> dict[tuple[str, int], list[str]]:
    found: dict[tuple[str, int], list[str]] = {}
    for name in sorted(subscribers):
        found.setdefault((place, int(name[0], 16)), []).append(name)
    return found


def _drafted(order: Order, subscribers: Iterable[str], name: str | None = None) -> tuple[Plan, list[DeliveryJob]]:
    """A plan for these, and its jobs."""
    chunks = chunks_of(_audience(subscribers))
    empty = order_plan(order, name or plan_id(order), kind_of(order), TRACE, NOW)
    rows = [row_of(empty.id, chunk) for chunk in chunks]
    plan = with_rows(empty, rows, digest_of(chunk.digest for chunk in chunks))
    return plan, [job_of(plan, row, chunk.names, order) for row, chunk in zip(rows, chunks, strict=True)]


@pytest.mark.parametrize(
    ("order", "match", "meant"),
    [
        (ORDER, Match(("1410011",)), True),
        (ORDER, Match(("1410012",)), False),
        (ORDER, Match(("1410012", "1410011")), True),
        (ORDER, Match(), True),
        (replace(ORDER, areas=()), Match(("1410012",)), True),
        (DRILL, Match(("1410011",)), False),
        (DRILL, Match(("1410011",), drills=True), True),
        (DRILL, Match(("1410012",), drills=True), False),
        (replace(ORDER, world=World.TEST), Match(drills=False), False),
        (replace(ORDER, world=World.TEST), Match(drills=True), True),
        (ORDER, Match(("1410011",), drills=True), True),
        (SOME_DISTRICTS, Match(districts=("泉区和泉町",)), False),
        (SOME_DISTRICTS, Match(districts=("泉区和泉町", "泉区岡津町")), True),
        (SOME_DISTRICTS, Match(("1410011",)), True),
        (SOME_DISTRICTS, Match(("1410012",), districts=("泉区岡津町",)), False),
        (ORDER, Match(("1410011",), districts=("泉区和泉町",)), True),
    ],
)
def test_an_order_is_for_its_areas_and_a_drill_for_who_consented(order: Order, match: Match, meant: bool) -> None:
    """Nobody in another area or district, or who did not opt in to drills, is woken; who named none gets all."""
    assert is_meant(match, order) is meant


@pytest.mark.parametrize(
    ("order", "kind"),
    [
        (ORDER, PlanKind.FIRST),
        (replace(ORDER, revision=2, action=Action.REVISE), PlanKind.UPDATE),
        (replace(ORDER, revision=3, action=Action.CORRECT), PlanKind.UPDATE),
        (replace(ORDER, revision=4, action=Action.LIFT, in_force=False), PlanKind.LIFT),
    ],
)
def test_each_revision_has_its_kind(order: Order, kind: PlanKind) -> None:
    """First, update, lift."""
    assert kind_of(order) is kind


@pytest.mark.parametrize(
    ("order", "urgent"),
    [
        (ORDER, True),
        (replace(ORDER, level=5, order_type=OrderType.EMERGENCY_SAFETY), True),
        (replace(ORDER, level=None, order_type=OrderType.TSUNAMI_EVACUATION), True),
        (replace(ORDER, level=3, order_type=OrderType.ELDERLY_EVACUATION), False),
        (replace(ORDER, action=Action.LIFT, in_force=False, revision=2), True),
        (DRILL, False),
        (replace(ORDER, world=World.TEST, level=5), False),
    ],
)
def test_what_goes_first(order: Order, urgent: bool) -> None:
    """Level 4, 5 and tsunami orders before level 3; a drill never before anything real."""
    assert is_urgent(order) is urgent
    assert topic_of(order) == (URGENT if urgent else CALM)


@given(names, names)
def test_who_gets_which_revision(meant: set[str], told: set[str]) -> None:
    """First: who matches. Lift: who was told. Update: both. Nobody twice."""
    expected = {PlanKind.FIRST: meant, PlanKind.UPDATE: meant | told, PlanKind.LIFT: told}
    for kind, audience in expected.items():
        assert audience_of(kind, meant, told) == sorted(audience)


@given(names)
def test_a_plan_counts_exactly_its_jobs(subscribers: set[str]) -> None:
    """Everyone planned is in one job, every job's page is right, and the plan's counts add up."""
    plan, jobs = _drafted(ORDER, subscribers)
    assert sorted(name for job in jobs for name in job.recipients) == sorted(subscribers)
    assert plan.audience == len(subscribers) == sum(bucket.count for bucket in plan.buckets)
    assert [bucket.job_id for bucket in plan.buckets] == [job.id for job in jobs]
    for job in jobs:
        assert {int(name[0], 16) for name in job.recipients} == {job.bucket}
        assert (job.plan_id, job.order, job.call, job.attempt) == (plan.id, ORDER, None, 0)


@given(names, names)
def test_the_same_audience_has_the_same_ids(before: set[str], after: set[str]) -> None:
    """A repeat is recognised; a job with other recipients is no repeat, and a plan for others has another digest."""
    (one, first), (two, second) = _drafted(ORDER, before), _drafted(ORDER, after)
    assert one.id == two.id == plan_id(ORDER)
    assert (one.digest == two.digest) == (before == after)
    recipients = {job.id: job.recipients for job in first}
    assert all(recipients.get(job.id, job.recipients) == job.recipients for job in second)
    assert (_drafted(ORDER, before)[1] == second) == (before == after)


def test_revisions_worlds_and_latecomers_are_told_apart() -> None:
    """Nothing but the same revision for the same people in the same world shares a plan's id."""
    late = [supplementary_id(ORDER, digest_of([name])) for name in ("aaaa", "bbbb")]
    plans = [
        _drafted(ORDER, {"aaaa"}),
        _drafted(replace(ORDER, revision=2), {"aaaa"}),
        _drafted(DRILL, {"aaaa"}),
        *[_drafted(ORDER, {"aaaa"}, name) for name in late],
    ]
    calls = [call_plan(CALL, NOW).id, call_plan(replace(CALL, step=3), NOW).id]
    assert len({plan.id for plan, _ in plans} | set(calls)) == len(plans) + len(calls)
    jobs = [job.id for _, made in plans for job in made]
    assert len(set(jobs)) == len(jobs)


def test_a_large_page_becomes_several_jobs() -> None:
    """No job has more than a thousand recipients."""
    chunks = chunks_of({("14100", 3): tuple(f"{number:05}" for number in range(2 * MAX_RECIPIENTS + 1))})
    assert [len(chunk.names) for chunk in chunks] == [1000, 1000, 1]
    assert len({row_of("plan", chunk).job_id for chunk in chunks}) == 3


def test_a_call_is_planned_like_an_order() -> None:
    """Its id stands for the order's, its step for the revision; jobs go before everything, drills behind."""
    plan = call_plan(CALL, NOW)
    (chunk,) = chunks_of({("officer:sato", 2): ("aaaa",)})
    job = job_of(plan, row_of(plan.id, chunk), chunk.names, CALL)
    assert (job.order, job.call, job.order_id, job.revision) == (None, CALL, "call-1", 2)
    assert (job.municipality, plan.municipality) == ("officer:sato", "14100")
    assert (plan.kind, plan.state, topic_of(CALL)) == (PlanKind.CALL, PlanState.STARTED, URGENT)
    assert topic_of(replace(CALL, world=World.EXERCISE)) == CALM


def test_pages_are_picked_by_match() -> None:
    """Empty pages make no jobs."""
    matches = {("14100", 0): {"a": Match(drills=True), "b": Match()}, ("14100", 1): {"c": Match()}}
    assert pages_of(matches, lambda match: match.drills) == {("14100", 0): ["a"]}
