"""The ledger as a table: rows = planned, the first end counts, another try takes the place of what failed."""

import csv
import io
from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from console.ledger_csv import HEADER, Ledger, as_csv
from schemas.examples import examples_of
from schemas.records.delivered import Bucket, End, JobOutcome, Plan, Receipt, RecipientEnd

PLAN = replace(
    examples_of(Plan)["v1/first"], audience=5, buckets=(Bucket("j1", "14382", 0, 3), Bucket("j2", "14382", 1, 2))
)
AGAIN = replace(PLAN, id="again", resends="resend", audience=1, buckets=(Bucket("j3", "14382", 0, 1),))
OUTCOME: JobOutcome = next(iter(examples_of(JobOutcome).values()))
RECEIPT: Receipt = next(iter(examples_of(Receipt).values()))


def _outcome(plan: Plan, bucket: int, ends: dict[str, End]) -> JobOutcome:
    told = tuple(RecipientEnd(name, end, 201, None, 1, OUTCOME.made_at) for name, end in ends.items())
    return replace(OUTCOME, plan_id=plan.id, order_id=plan.order_id, revision=plan.revision, bucket=bucket, ends=told)


def _rows(plans: list[Plan], outcomes: list[JobOutcome], receipts: tuple[Receipt, ...] = ()) -> list[dict[str, str]]:
    ledger = Ledger(PLAN.order_id, PLAN.revision)
    for plan in plans:
        ledger.take_plan(plan)
    for receipt in receipts:
        ledger.take_receipt(receipt)
    for outcome in outcomes:
        ledger.take_again(outcome)
    text = as_csv([HEADER]) + "".join(as_csv(ledger.rows(outcome)) for outcome in outcomes)
    return list(csv.DictReader(io.StringIO(text + as_csv(ledger.still_open()))))


@given(st.lists(st.tuples(st.sampled_from("abcde"), st.sampled_from(list(End))), max_size=12))
def test_rows_are_planned_whatever_was_said(said: list[tuple[str, End]]) -> None:
    """Any repeats in any order: five planned, five rows, each recipient once, with what was said first."""
    outcomes = [_outcome(PLAN, 0 if name in "abc" else 1, {name: end}) for name, end in said]
    rows = _rows([PLAN], outcomes)
    first: dict[str, str] = {}
    for name, end in said:
        first.setdefault(name, end.value)
    assert len(rows) == PLAN.audience
    assert {row["subscriber"]: row["end"] for row in rows if row["subscriber"]} == first
    assert Counter(row["bucket"] for row in rows) == {"0": 3, "1": 2}


def test_another_try_takes_the_place_of_what_failed() -> None:
    """The recipient is one row still, with the new end; who was not tried again stays."""
    first = _outcome(PLAN, 0, {"a": End.FAILED, "b": End.EXPIRED})
    again = _outcome(AGAIN, 0, {"a": End.ACCEPTED})
    for outcomes in ([first, again], [again, first]):
        rows = {row["subscriber"]: row["end"] for row in _rows([PLAN, AGAIN], outcomes) if row["subscriber"]}
        assert rows == {"a": "accepted", "b": "expired"}
        assert len(_rows([PLAN, AGAIN], outcomes)) == PLAN.audience


def test_what_the_device_said_stands_beside_its_end() -> None:
    """When it was first shown, when it was tapped; another order's receipt says nothing here."""
    shown = replace(RECEIPT, subscriber="a", order_id=PLAN.order_id, revision=PLAN.revision, event="shown")
    other = replace(shown, subscriber="b", order_id="other")
    (a, b, *_) = _rows([PLAN], [_outcome(PLAN, 0, {"a": End.ACCEPTED, "b": End.ACCEPTED})], (shown, other))
    assert (a["shown_at"], a["clicked_at"]) == (shown.at.isoformat(), "")
    assert b["shown_at"] == ""
