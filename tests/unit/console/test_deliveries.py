"""The delivery board adds up, whatever is repeated."""

import dataclasses

from hypothesis import given
from hypothesis import strategies as st

from console.deliveries import Ledger
from schemas.records.base import World
from schemas.records.delivered import End, PlanKind, PlanState, Receipt
from tests.unit.console.records import AT, FUJISAWA, minutes, outcome, plan

SUBSCRIBERS = [f"s{n}" for n in range(8)]
some_ends = st.lists(
    st.dictionaries(st.sampled_from(SUBSCRIBERS), st.sampled_from(list(End)), min_size=1), min_size=1, max_size=6
)


def test_planned_is_ends_and_open() -> None:
    """203 planned, 188 accepted, 7 gone: 8 are still open."""
    ledger = Ledger()
    ledger.take_plan(plan(203))
    ledger.take_outcome(outcome({f"a{n}": End.ACCEPTED for n in range(188)}))
    ledger.take_outcome(outcome({f"g{n}": End.GONE for n in range(7)}))
    counts = ledger.counts("order-1", 1)
    assert counts is not None
    assert (counts.planned, counts.ends[End.ACCEPTED], counts.ends[End.GONE], counts.still_open) == (203, 188, 7, 8)


def test_the_first_end_of_a_subscriber_counts() -> None:
    """Accepted, then reported as failed by a worker that died and came back: accepted."""
    ledger = Ledger()
    ledger.take_plan(plan(2))
    ledger.take_outcome(outcome({"s1": End.ACCEPTED}))
    ledger.take_outcome(outcome({"s1": End.FAILED, "s2": End.EXPIRED}))
    counts = ledger.counts("order-1", 1)
    assert counts is not None
    assert (counts.ends[End.ACCEPTED], counts.ends[End.FAILED], counts.ends[End.EXPIRED]) == (1, 0, 1)


def test_a_full_plan_takes_no_more() -> None:
    """Once all have ended, what still comes is a repeat, even though their names were given back."""
    ledger = Ledger()
    ledger.take_plan(plan(1))
    for _ in range(3):
        ledger.take_outcome(outcome({"s1": End.ACCEPTED}))
    counts = ledger.counts("order-1", 1)
    assert counts is not None
    assert (counts.ended, counts.still_open) == (1, 0)


@given(outcomes=some_ends, repeats=st.lists(st.integers(0, 5), max_size=10), plan_at=st.integers(0, 6))
def test_repeats_and_a_late_plan_change_nothing(
    outcomes: list[dict[str, End]], repeats: list[int], plan_at: int
) -> None:
    """Outcomes may be read before their plan and again after it: the sum stays the number of recipients."""
    once, again = Ledger(), Ledger()
    once.take_plan(plan(len(SUBSCRIBERS)))
    for ends in outcomes:
        once.take_outcome(outcome(ends))
    for number, ends in enumerate(outcomes):
        if number == plan_at:
            again.take_plan(plan(len(SUBSCRIBERS)))
        again.take_outcome(outcome(ends))
    again.take_plan(plan(len(SUBSCRIBERS)))
    for number in repeats:
        again.take_outcome(outcome(outcomes[number % len(outcomes)]))
    counts = again.counts("order-1", 1)
    assert counts == once.counts("order-1", 1)
    assert counts is not None
    assert counts.planned == counts.ended + counts.still_open


def test_latecomers_add_to_the_plan() -> None:
    """A supplementary plan is counted beside the first, and complete only when both are."""
    ledger = Ledger()
    ledger.take_plan(plan(10, PlanState.COMPLETE))
    ledger.take_plan(plan(1, id="plan-2", kind=PlanKind.SUPPLEMENTARY))
    counts = ledger.counts("order-1", 1)
    assert counts is not None
    assert (counts.planned, counts.plans, counts.complete) == (11, 2, False)


def test_the_last_whole_plan_tells_how_many_devices_there_are() -> None:
    """Calls and latecomers say nothing about a town's subscribers."""
    ledger = Ledger()
    assert ledger.last_audience(FUJISAWA) is None
    ledger.take_plan(plan(200))
    ledger.take_plan(plan(198, id="p2", revision=2, kind=PlanKind.UPDATE, made_at=AT + minutes(1)))
    ledger.take_plan(plan(1, id="p3", order_id="call", kind=PlanKind.CALL, made_at=AT + minutes(2)))
    assert ledger.last_audience(FUJISAWA) == 198


def test_receipts_count_devices_not_messages() -> None:
    """The same device shown twice is one."""
    ledger = Ledger()
    ledger.take_plan(plan(2))
    shown = Receipt("r", World.ACTUAL, "s1", "order-1", 1, "shown", AT, AT)
    for receipt in (shown, shown, dataclasses.replace(shown, event="clicked")):
        ledger.take_receipt(receipt)
    counts = ledger.counts("order-1", 1)
    assert counts is not None
    assert (counts.shown, counts.clicked) == (1, 1)
