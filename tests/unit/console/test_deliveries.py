"""The delivery board adds up, whatever is repeated."""

import dataclasses
from collections import Counter
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from console.deliveries import Counts, Ledger
from schemas.records.base import World
from schemas.records.delivered import End, JobOutcome, Plan, PlanKind, PlanState, Receipt
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
        ledger.take_plan(plan(1, PlanState.COMPLETE))
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


def resend(audience: int, number: int = 1) -> Plan:
    """A plan that tries some recipients of order-1 again."""
    return plan(audience, id=f"again-{number}", kind=PlanKind.SUPPLEMENTARY, resends=f"wish-{number}")


def board(ledger: Ledger) -> Counts:
    """The counts of order-1, which has a plan."""
    counts = ledger.counts("order-1", 1)
    assert counts is not None
    assert counts.planned == counts.ended + counts.still_open
    return counts


def test_a_new_try_takes_the_place_of_what_failed() -> None:
    """Five planned, two failed, one expired. The failed two are tried again: open at first, then as they end anew."""
    ledger = Ledger()
    ledger.take_plan(plan(5))
    first = {"a": End.ACCEPTED, "b": End.ACCEPTED, "c": End.FAILED, "d": End.FAILED, "e": End.EXPIRED}
    ledger.take_outcome(outcome(first))
    assert board(ledger).failing == 3
    ledger.take_plan(resend(2))
    waiting = board(ledger)
    assert (waiting.planned, waiting.still_open, waiting.again, waiting.ends[End.FAILED]) == (5, 2, 2, 0)
    ledger.take_outcome(outcome({"c": End.ACCEPTED, "d": End.FAILED}, plan_id="again-1"))
    after = board(ledger)
    assert (after.ends[End.ACCEPTED], after.ends[End.FAILED], after.ends[End.EXPIRED]) == (3, 1, 1)
    assert (after.still_open, after.again, after.plans) == (0, 0, 2)
    ledger.take_plan(resend(1, 2))
    ledger.take_outcome(outcome({"d": End.ACCEPTED}, plan_id="again-2"))
    assert (board(ledger).ends[End.ACCEPTED], board(ledger).failing) == (4, 1)


@given(
    first=st.dictionaries(st.sampled_from(SUBSCRIBERS), st.sampled_from(list(End)), min_size=1),
    later=st.lists(st.sampled_from(list(End)), min_size=8, max_size=8),
    plan_last=st.booleans(),
    repeats=st.integers(0, 3),
)
def test_a_new_try_adds_up_however_it_is_read(
    first: dict[str, End], later: list[End], plan_last: bool, repeats: int
) -> None:
    """Before its plan, after it, twice: planned stays what it was, and each counts once, with its last end."""
    wanted = [name for name, end in first.items() if end in (End.FAILED, End.EXPIRED)]
    new = dict(zip(wanted, later, strict=False))
    ledger = Ledger()
    ledger.take_plan(plan(len(SUBSCRIBERS)))
    ledger.take_outcome(outcome(first))
    if wanted:
        records: list[Plan | JobOutcome] = [resend(len(wanted)), outcome(new, plan_id="again-1")]
        for record in (records[::-1] if plan_last else records) * (1 + repeats):
            ledger.take_plan(record) if isinstance(record, Plan) else ledger.take_outcome(record)
    counts = board(ledger)
    assert counts.planned == len(SUBSCRIBERS)
    last = Counter((first | new).values())
    assert counts.ends == {end: last[end] for end in End}
    assert counts.still_open == len(SUBSCRIBERS) - len(first)


def test_receipts_say_after_how_long_half_had_shown_it() -> None:
    """Shown after 2, 4 and 60 s: the middle one counts; a tap is counted for itself."""
    ledger = Ledger()
    ledger.take_plan(plan(3))
    for name, seconds in (("s1", 60), ("s2", 2), ("s3", 4)):
        ledger.take_receipt(
            Receipt(name, World.ACTUAL, name, "order-1", 1, "shown", AT + timedelta(seconds=seconds), AT)
        )
    counts = board(ledger)
    assert (counts.shown, counts.shown_median_s, counts.clicked, counts.clicked_median_s) == (3, 4, 0, None)


def test_a_plan_that_was_written_again_counts_as_it_was_written_last() -> None:
    """Redis was lost before it was carried out: the same id, and by then one device more."""
    ledger = Ledger()
    ledger.take_plan(plan(2))
    ledger.take_outcome(outcome({"s1": End.ACCEPTED, "s2": End.ACCEPTED}))
    ledger.take_plan(plan(3, made_at=AT + minutes(1)))
    ledger.take_plan(plan(2))
    ledger.take_outcome(outcome({"s1": End.FAILED, "s3": End.GONE}))
    assert (board(ledger).planned, board(ledger).ends[End.ACCEPTED], board(ledger).ends[End.GONE]) == (3, 2, 1)
