"""Counts add up whatever is repeated and whichever topic is read first."""

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from local.ledger import accounts
from schemas.examples import examples_of
from schemas.records.decided import Order
from schemas.records.delivered import End, JobOutcome, Plan, PlanKind, PlanState, RecipientEnd

AT = datetime(2026, 9, 21, 10, 0, tzinfo=UTC)
ORDER = replace(examples_of(Order)["v1/approved_by_policy"], id="o", revision=1, halted=False)
PLAN = replace(
    examples_of(Plan)["v1/first"], id="p", order_id="o", revision=1, kind=PlanKind.FIRST, state=PlanState.STARTED
)
OUTCOME: JobOutcome = replace(examples_of(JobOutcome)["v1/every_end"], order_id="o", revision=1, plan_id="p", ends=())


def ended(subscriber: str, end: End) -> JobOutcome:
    """An outcome that says one end."""
    one = RecipientEnd(subscriber, end, None, None, 1, AT)
    return replace(OUTCOME, id=f"{subscriber}-{end}", ends=(one,))


def test_everyone_planned_has_an_end_or_the_account_is_open() -> None:
    """Two planned: open with one end, settled with two."""
    plan = replace(PLAN, audience=2)
    half = [ORDER, plan, ended("a", End.ACCEPTED)]
    assert not accounts(half)["o", 1].settled
    whole = accounts([*half, ended("b", End.GONE)])["o", 1]
    assert (whole.settled, whole.counts()) == (True, {"planned": 2, "accepted": 1, "gone": 1})


def test_an_order_without_a_plan_has_planned_nobody() -> None:
    """Its account is there, so that a missing plan is seen."""
    assert accounts([ORDER])["o", 1].counts() == {"planned": 0}


def test_a_latecomer_adds_to_the_plan() -> None:
    """A supplementary plan is part of the same revision's account."""
    late = replace(PLAN, id="late", kind=PlanKind.SUPPLEMENTARY, audience=1)
    assert accounts([ORDER, replace(PLAN, audience=3), late])["o", 1].planned == 4


def test_calls_and_halts_have_no_account() -> None:
    """A call is no order; a halt only stops a revision that has its account already."""
    call = replace(PLAN, id="c", order_id="call", kind=PlanKind.CALL)
    rung = replace(ended("a", End.ACCEPTED), order_id="call")
    assert accounts([call, rung, replace(ORDER, halted=True)]) == {}


def test_revisions_have_accounts_of_their_own() -> None:
    """What ended for one revision says nothing about the next."""
    second = replace(PLAN, id="p2", revision=2, kind=PlanKind.UPDATE, audience=1)
    found = accounts([ORDER, replace(PLAN, audience=1), replace(ORDER, revision=2), second, ended("a", End.ACCEPTED)])
    assert (found["o", 1].settled, found["o", 2].settled) == (True, False)


SUBSCRIBERS = st.sampled_from("abcdef")
OUTCOMES = st.lists(st.builds(ended, SUBSCRIBERS, st.sampled_from(End)), max_size=12)


@given(OUTCOMES)
def test_the_first_end_of_a_subscriber_counts(outcomes: list[JobOutcome]) -> None:
    """Whatever is said of them later, in the order of the topic."""
    found = accounts([ORDER, PLAN, *outcomes])["o", 1].ends
    for subscriber in "abcdef":
        said = [o.ends[0].end for o in outcomes if o.ends[0].subscriber == subscriber]
        assert found.get(subscriber) == (said[0] if said else None)


@given(OUTCOMES, st.data())
def test_repeats_and_the_order_of_topics_change_no_account(outcomes: list[JobOutcome], data: st.DataObject) -> None:
    """Orders, plans and outcomes read in any interleaving, any of them again later: the same accounts."""
    late = replace(PLAN, id="late", kind=PlanKind.SUPPLEMENTARY, audience=2)
    done = replace(PLAN, state=PlanState.COMPLETE)
    topics: list[list[object]] = [[ORDER, replace(ORDER, halted=True)], [PLAN, late, done], list(outcomes)]
    expected = accounts(record for topic in topics for record in topic)
    assert accounts(data.draw(interleaved(topics))) == expected


@st.composite
def interleaved(draw: st.DrawFn, topics: list[list[object]]) -> list[object]:
    """The topics merged in any way; within each one the order stays, and what was read may come again."""
    rests, merged = [list(topic) for topic in topics], list[object]()
    while any(rests):
        rest = draw(st.sampled_from([rest for rest in rests if rest]))
        merged.append(rest.pop(0))
        if draw(st.booleans()):
            merged.append(draw(st.sampled_from(merged)))
    return merged
