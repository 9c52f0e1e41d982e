"""Latency per hop is what the records' real times say, each passage once."""

import statistics
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.latency import HOPS, measure, percentile
from schemas.examples import examples_of
from schemas.records.base import Trace
from schemas.records.decided import Decision, DecisionKind, Order, Verdict
from schemas.records.delivered import End, JobOutcome, Plan, PlanKind, PlanState, RecipientEnd
from schemas.records.judged import Recommendation
from schemas.records.observed import Bulletin, PollOutcome, ReadingBatch

BYTES = datetime(2026, 9, 21, 10, 0, tzinfo=UTC)
TRACE = Trace("t", BYTES)


def at(ms: int) -> datetime:
    """So long after the bytes arrived."""
    return BYTES + timedelta(milliseconds=ms)


def ended(outcome: str, *ends: tuple[str, End, int]) -> JobOutcome:
    """An outcome of the plan, written a moment after the last of its ends."""
    said = tuple(RecipientEnd(name, end, None, None, 1, at(ms)) for name, end, ms in ends)
    example: JobOutcome = examples_of(JobOutcome)["v1/every_end"]
    last = max(ms for _, _, ms in ends)
    return replace(example, id=outcome, plan_id="p", order_id="o", revision=1, ends=said, made_at=at(last + 5))


BULLETIN = replace(examples_of(Bulletin)["v1/landslide_level_4"], trace=TRACE, made_at=at(30))
BATCH = replace(examples_of(ReadingBatch)["v1/sakaigawabashi_rising"], trace=Trace("r", BYTES), made_at=at(12))
JUDGED = replace(examples_of(Recommendation)["v1/level_3_by_rapid_rise"], trace=TRACE, made_at=at(70))
ORDER = replace(examples_of(Order)["v1/approved_by_policy"], id="o", revision=1, halted=False, made_at=at(100))
PLAN = replace(
    examples_of(Plan)["v1/first"], id="p", order_id="o", revision=1,
    kind=PlanKind.FIRST, state=PlanState.STARTED, made_at=at(140),
)  # fmt: skip
OUTCOMES = (
    ended("j1", ("a", End.ACCEPTED, 200), ("b", End.GONE, 210)),
    ended("j2", ("c", End.ACCEPTED, 260)),
)
DECISION = replace(examples_of(Decision)["v1/approve"], id="d", made_at=at(1000))
APPROVED = examples_of(Verdict)["v1/approved"]
assert APPROVED.case
VERDICT = replace(
    APPROVED, decision_id="d", decision_kind=DecisionKind.APPROVE, accepted=True,
    case=replace(APPROVED.case, order_id="decided", revision=1), made_at=at(1080),
)  # fmt: skip
DECIDED = replace(ORDER, id="decided", made_at=at(1081))
LINE: tuple[object, ...] = (BULLETIN, BATCH, JUDGED, ORDER, PLAN, *OUTCOMES, DECISION, VERDICT, DECIDED)


def test_each_hop_is_the_difference_of_its_records_times() -> None:
    """Written out by hand from the times above."""
    seen = {hop: sorted(ms) for hop, ms in measure(LINE).seen.items()}
    assert seen == {
        HOPS[0]: [12, 30],
        HOPS[1]: [40],
        HOPS[2]: [80],
        HOPS[3]: [81],
        HOPS[4]: [40],
        HOPS[5]: [60, 120],
        HOPS[6]: [100, 160],
    }


def test_only_what_brought_something_is_a_passage() -> None:
    """A poll with nothing new, a refused approval and a call's plan measure nothing."""
    nothing = replace(BATCH, outcome=PollOutcome.UNCHANGED)
    refused = replace(VERDICT, accepted=False, case=None)
    call = replace(PLAN, order_id="call", kind=PlanKind.CALL)
    assert set(measure([nothing, DECISION, refused, DECIDED, call]).seen) == {HOPS[2]}


def test_a_verdict_whose_order_was_not_seen_yet_is_no_fault() -> None:
    """The topics are read side by side."""
    assert HOPS[3] not in measure([DECISION, VERDICT]).seen


@given(st.permutations(LINE), st.lists(st.tuples(st.sampled_from(LINE), st.integers(0, 10_000)), max_size=8))
def test_repeats_and_the_order_of_arrival_change_no_figure(
    line: list[object], repeats: list[tuple[object, int]]
) -> None:
    """After a kill the same records come again, made later: what counts is when they were first made."""
    again = [replace(record, made_at=record.made_at + timedelta(milliseconds=ms)) for record, ms in repeats]  # type: ignore[type-var, attr-defined]  # every record of the line has it
    assert measure([*line, *again]).rows() == measure(LINE).rows()
    assert measure([*again, *line]).rows() == measure(LINE).rows()


def test_a_completed_plan_is_not_a_second_one() -> None:
    """`complete` is written when everyone has an end, long after the plan."""
    complete = replace(PLAN, state=PlanState.COMPLETE, made_at=at(900))
    assert measure([complete, *LINE]).rows() == measure(LINE).rows()


def test_an_end_said_twice_counts_when_it_was_reached() -> None:
    """A repeated job repeats the ends that it knows of."""
    again = ended("j3", ("a", End.ACCEPTED, 200), ("c", End.ACCEPTED, 400))
    assert measure([*LINE, again]).rows() == measure(LINE).rows()


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [
        ([7.0], 99, 7.0),
        ([1.0, 2.0], 50, 1.5),
        ([1.0, 2.0, 3.0, 4.0, 5.0], 50, 3.0),
        ([float(ms) for ms in range(101)], 99, 99.0),
        ([0.0, 100.0], 99, 99.0),
    ],
)
def test_percentiles_are_those_of_the_definition(values: list[float], percent: int, expected: float) -> None:
    """Linear interpolation between closest ranks: rank (n - 1) * p / 100, counted from 0."""
    assert percentile(values, percent) == pytest.approx(expected)


@given(st.lists(st.floats(0, 1e6), min_size=2), st.integers(1, 99))
def test_a_percentile_lies_between_the_values(values: list[float], percent: int) -> None:
    """Never below the least or above the greatest, and the 50th is the median."""
    assert min(values) - 1e-6 <= percentile(values, percent) <= max(values) + 1e-6
    assert percentile(values, 50) == pytest.approx(statistics.median(values))
