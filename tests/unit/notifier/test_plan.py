"""Whom an order is for: by area, by consent, by earlier revisions; and the same again gives the same ids."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.plan import (
    CALM,
    MAX_RECIPIENTS,
    URGENT,
    Audience,
    Match,
    audience_of,
    by_page,
    draft,
    draft_call,
    is_meant,
    is_urgent,
    kind_of,
    pages_of,
    plan_id,
)
from schemas.records.base import Hazard, OrderType, Origin, Trace, World
from schemas.records.decided import Action, Call, CallKind, CallState, Order, Text
from schemas.records.delivered import PlanKind, PlanState

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
names = st.sets(st.text("0123456789abcdef", min_size=4, max_size=6), max_size=60)


def _audience(subscribers: set[str], place: str = "14100") -> Audience:
    return by_page({name: (place, crc32(name.encode()) % 16) for name in subscribers})


def _everyone(audience: Audience) -> list[str]:
    return [name for members in audience.values() for name in members]


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
    ],
)
def test_an_order_is_for_its_areas_and_a_drill_for_who_consented(order: Order, match: Match, meant: bool) -> None:
    """Nobody in another area, and nobody who did not opt in to drills, is woken."""
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
    assert draft(order, kind_of(order), {}, TRACE, NOW).topic == (URGENT if urgent else CALM)


@given(names, names)
def test_who_gets_which_revision(meant: set[str], told: set[str]) -> None:
    """First: who matches. Lift: who was told. Update: both. Nobody twice, whatever page they lie in."""
    moved = dict.fromkeys(told, ("14204", 3))
    expected = {PlanKind.FIRST: meant, PlanKind.UPDATE: meant | told, PlanKind.LIFT: told}
    for kind, audience in expected.items():
        assert Counter(_everyone(audience_of(kind, _audience(meant), moved))) == Counter(audience)


@given(names)
def test_a_plan_counts_exactly_its_jobs(subscribers: set[str]) -> None:
    """Everyone planned is in one job, every job's page is right, and the plan's counts add up."""
    drafted = draft(ORDER, PlanKind.FIRST, _audience(subscribers), TRACE, NOW)
    assert sorted(name for job in drafted.jobs for name in job.recipients) == sorted(subscribers)
    assert drafted.plan.audience == len(subscribers) == sum(bucket.count for bucket in drafted.plan.buckets)
    assert [bucket.job_id for bucket in drafted.plan.buckets] == [job.id for job in drafted.jobs]
    for job in drafted.jobs:
        assert {crc32(name.encode()) % 16 for name in job.recipients} == {job.bucket}
        assert (job.plan_id, job.order, job.call, job.attempt) == (drafted.plan.id, ORDER, None, 0)


@given(names, st.randoms(use_true_random=False))
def test_the_same_audience_has_the_same_ids(subscribers: set[str], random: object) -> None:
    """Whatever order the pages were read in, and whenever: a repeat is recognised."""
    shuffled = sorted(subscribers, key=lambda name: crc32(f"{random}{name}".encode()))
    again = by_page({name: ("14100", crc32(name.encode()) % 16) for name in shuffled})
    first = draft(ORDER, PlanKind.FIRST, _audience(subscribers), TRACE, NOW)
    second = draft(ORDER, PlanKind.FIRST, again, Trace("other", NOW), NOW + timedelta(minutes=1))
    assert (first.plan.id, first.plan.digest) == (second.plan.id, second.plan.digest)
    assert [job.id for job in first.jobs] == [job.id for job in second.jobs]


@given(names, names)
def test_other_recipients_are_another_job(before: set[str], after: set[str]) -> None:
    """If the audience changed between two tries, a job with other recipients is no repeat of the first."""
    one, two = (draft(ORDER, PlanKind.FIRST, _audience(some), TRACE, NOW) for some in (before, after))
    assert one.plan.id == two.plan.id == plan_id(ORDER)
    assert (one.plan.digest == two.plan.digest) == (before == after)
    same = {job.id for job in one.jobs} & {job.id for job in two.jobs}
    by_id = {job.id: job.recipients for job in (*one.jobs, *two.jobs)}
    assert all(job.recipients == by_id[job.id] for job in (*one.jobs, *two.jobs) if job.id in same)


def test_revisions_worlds_and_latecomers_are_told_apart() -> None:
    """Nothing but the same revision for the same people in the same world shares a plan's id."""
    one, two = _audience({"aaaa"}), _audience({"bbbb"})
    plans = [
        draft(ORDER, PlanKind.FIRST, one, TRACE, NOW),
        draft(replace(ORDER, revision=2), PlanKind.UPDATE, one, TRACE, NOW),
        draft(DRILL, PlanKind.FIRST, one, TRACE, NOW),
        draft(ORDER, PlanKind.SUPPLEMENTARY, one, TRACE, NOW),
        draft(ORDER, PlanKind.SUPPLEMENTARY, two, TRACE, NOW),
        draft_call(CALL, one, NOW),
        draft_call(replace(CALL, step=3), one, NOW),
    ]
    assert len({drafted.plan.id for drafted in plans}) == len(plans)
    jobs = [job.id for drafted in plans for job in drafted.jobs]
    assert len(set(jobs)) == len(jobs)


def test_a_large_page_becomes_several_jobs() -> None:
    """No job has more than a thousand recipients."""
    crowd = {("14100", 3): tuple(f"{number:05}" for number in range(2 * MAX_RECIPIENTS + 1))}
    drafted = draft(ORDER, PlanKind.FIRST, crowd, TRACE, NOW)
    assert [len(job.recipients) for job in drafted.jobs] == [1000, 1000, 1]
    assert len({job.id for job in drafted.jobs}) == 3


def test_a_call_is_planned_like_an_order() -> None:
    """Its id stands for the order's, its step for the revision; jobs go before everything, drills behind."""
    devices: Audience = {("officer:sato", 2): ("aaaa",)}
    drafted = draft_call(CALL, devices, NOW)
    (job,) = drafted.jobs
    assert (job.order, job.call, job.order_id, job.revision) == (None, CALL, "call-1", 2)
    assert (job.municipality, drafted.plan.municipality) == ("officer:sato", "14100")
    assert (drafted.plan.kind, drafted.plan.state, drafted.topic) == (PlanKind.CALL, PlanState.STARTED, URGENT)
    assert draft_call(replace(CALL, world=World.EXERCISE), devices, NOW).topic == CALM


def test_pages_are_picked_by_match() -> None:
    """Empty pages make no jobs."""
    matches = {("14100", 0): {"a": Match(drills=True), "b": Match()}, ("14100", 1): {"c": Match()}}
    assert pages_of(matches, lambda match: match.drills) == {("14100", 0): ("a",)}
