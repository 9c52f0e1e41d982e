"""An order's passage is put together from its own records only, and its hops add up to the whole."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bench.passages import HOPS, alone, passages_of, table
from schemas.examples import examples_of
from schemas.records.base import Trace
from schemas.records.decided import Order
from schemas.records.delivered import End, JobOutcome, Plan, RecipientEnd
from schemas.records.judged import Recommendation
from schemas.records.observed import Bulletin

BYTES = datetime(2026, 9, 21, 10, 0, tzinfo=UTC)
TOWN = {"municipality": "14384"}


def at(ms: int) -> datetime:
    """So long after the bytes arrived."""
    return BYTES + timedelta(milliseconds=ms)


def line(number: int) -> list[object]:
    """All records of one order, with hops of 10, 20, 30, 40 and 50 ms; its second device is the slower one."""
    trace, order = {"trace": Trace(f"t{number}", BYTES)}, {"order_id": f"o{number}", "revision": 1}
    ends = tuple(RecipientEnd(name, End.ACCEPTED, 201, None, 1, at(ms)) for name, ms in (("a", 120), ("b", 150)))
    policy = examples_of(Order)["v1/approved_by_policy"]
    return [
        replace(examples_of(Bulletin)["v1/landslide_level_4"], made_at=at(10), **TOWN, **trace),
        replace(examples_of(Recommendation)["v1/level_3_by_rapid_rise"], made_at=at(30), **TOWN, **trace),
        replace(policy, id=f"o{number}", revision=1, made_at=at(60), **TOWN, **trace),
        replace(examples_of(Plan)["v1/first"], id=f"p{number}", made_at=at(100), **order, **trace),
        replace(examples_of(JobOutcome)["v1/every_end"], plan_id=f"p{number}", ends=ends, **order, **trace),
    ]


def test_each_hop_and_the_whole() -> None:
    """Written out by hand; the last device counts."""
    (passage,) = passages_of(line(1))
    assert passage.hops_ms() == (10, 20, 30, 40, 50)
    assert passage.whole_ms() == 150


def test_an_order_that_nobody_accepted_is_no_passage() -> None:
    """It is missing in the count, not a zero in the figures."""
    assert passages_of(line(1)[:-1]) == []


def test_a_telegram_that_warned_two_municipalities_is_told_apart() -> None:
    """Their orders wait for each other: they are no measure of one order."""
    both = [replace(record, trace=Trace("t1", BYTES)) for record in line(2)]  # type: ignore[type-var]  # every record of the line has one
    assert [passage.trace for passage in alone(passages_of([*line(1), *line(3)]))] == ["t1", "t3"]
    assert alone(passages_of([*line(1), *both])) == []


@given(st.permutations(line(1) + line(2)), st.lists(st.sampled_from(line(1) + line(2)), max_size=5))
def test_orders_do_not_mix_whatever_came_first_or_twice(records: list[object], again: list[object]) -> None:
    """Two orders with the same times give the same figures as one, each counted once."""
    rows = table(passages_of([*records, *again]))
    assert [row.what for row in rows[:-1]] == list(HOPS)
    assert [(row.count, row.p50) for row in rows] == [(2, ms) for ms in (10, 20, 30, 40, 50, 150)]
