"""The desk's memory: repeats change nothing, topics interleave freely, worlds never meet."""

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console import cards
from console.projection import Projection, WorldView
from schemas.codec import Codec
from schemas.examples import examples_of
from schemas.records.base import Hazard, World
from schemas.records.decided import CallState, CaseStatus, DecisionKind
from schemas.records.delivered import End
from schemas.records.observed import Bulletin
from tests.unit.console.records import (
    AT,
    FUJISAWA,
    batch,
    call,
    called,
    case,
    decision,
    minutes,
    order,
    outcome,
    plan,
    reading,
    recommendation,
    verdict,
)

STORY: dict[str, list[Any]] = {
    "recommendations": [recommendation(n, called("1420500", Hazard.LANDSLIDE, n + 2)) for n in (1, 2)],
    "decisions": [
        decision(1, DecisionKind.PROPOSE),
        decision(2, DecisionKind.SUBMIT),
        decision(3, DecisionKind.APPROVE),
    ],
    "verdicts": [
        verdict(1, case(CaseStatus.DRAFTED)),
        verdict(2, case(CaseStatus.SUBMITTED, submitted_by="sato")),
        verdict(3, case(CaseStatus.IN_FORCE, in_force=True, order_id="order-1", revision=1)),
    ],
    "orders": [order(1), order(1, halted=True), order(2, issued_at=AT + minutes(9))],
    "calls": [call(CallState.OPEN, 0), call(CallState.OPEN, 1), call(CallState.ACKNOWLEDGED, 1)],
    "plans": [plan(2)],
    "outcomes": [outcome({"s1": End.ACCEPTED}), outcome({"s2": End.GONE})],
    "readings": [batch(AT, reading(AT, 4.0)), batch(AT + minutes(10), reading(AT + minutes(10), 4.3))],
}


def read(records: list[Any]) -> WorldView:
    """The actual world after these records, as the codec gives them: it may give a form of its own."""
    projection = Projection()
    for record in records:
        codec = Codec(type(record), World.ACTUAL)
        projection.take(codec.decode(codec.encode(record)))
    return projection.worlds[World.ACTUAL]


@st.composite
def interleaved(draw: st.DrawFn) -> list[Any]:
    """The story with every topic in its own order, topics mixed anyhow, and tails of topics delivered again."""
    left = {name: list(records) for name, records in STORY.items()}
    for name, records in left.items():
        repeated = draw(st.integers(0, len(records)), label=f"repeat {name}")
        records.extend(STORY[name][len(STORY[name]) - repeated :])
    mixed = []
    while left:
        name = draw(st.sampled_from(sorted(left)))
        mixed.append(left[name].pop(0))
        if not left[name]:
            del left[name]
    return mixed


@given(interleaved())
def test_interleaving_and_repeats_give_the_same_desk(records: list[Any]) -> None:
    """At least once, in any mix of topics: the same view."""
    straight = [record for topic in STORY.values() for record in topic]
    seen, expected = read(records), read(straight)
    for name in ("recommendations", "cases", "verdicts", "orders", "calls", "latest_case", "duty"):
        assert getattr(seen, name) == getattr(expected, name), name
    assert seen.ledger.counts("order-1", 1) == expected.ledger.counts("order-1", 1)
    assert cards.rows(seen, (FUJISAWA,)) == cards.rows(expected, (FUJISAWA,))


def test_an_old_verdict_again_does_not_bring_the_draft_back() -> None:
    """decide died and says its last words again: the case stays in force."""
    view = read([*STORY["verdicts"], STORY["verdicts"][0]])
    assert view.cases["case-1"].status is CaseStatus.IN_FORCE


def test_a_drill_stays_in_its_world() -> None:
    """An exercise order is never in force in the actual world."""
    projection = Projection()
    projection.take(dataclasses.replace(order(), world=World.EXERCISE))
    assert cards.in_force(projection.worlds[World.ACTUAL]) == ()
    assert len(cards.in_force(projection.worlds[World.EXERCISE])) == 1


def test_a_record_that_is_no_input_is_an_error() -> None:
    """A new topic row must come with its handler."""
    with pytest.raises(TypeError, match="str"):
        Projection().take("a word")


@given(st.permutations(range(6)))
def test_of_a_snapshot_that_repeats_only_the_newest_is_kept(order_of_arrival: list[int]) -> None:
    """VPWS50 comes every ten minutes for every area: a day of it must not fill the desk."""
    snapshot = dataclasses.replace(next(iter(examples_of(Bulletin).values())), world=World.ACTUAL, carrier="VPWS50")
    each = [dataclasses.replace(snapshot, id=f"s{n}", reported_at=AT + minutes(10 * n)) for n in range(6)]
    assert set(read([each[n] for n in order_of_arrival]).bulletins) == {"s5"}
