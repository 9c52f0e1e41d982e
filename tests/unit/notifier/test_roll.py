"""Recipients in eleven bytes, and the first end of each counts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.layout import layout_of
from notifier.roll import mark_ends, pack, unpack
from notifier.standing import UNENDED, Mark
from schemas.examples import examples_of
from schemas.records.delivered import Plan

ids = st.text("0123456789abcdef", min_size=22, max_size=22)
rolls = st.sets(ids, min_size=1, max_size=40).map(sorted)
ends = st.sampled_from([mark for mark in Mark if mark not in UNENDED])


@given(rolls)
def test_names_come_back(names: list[str]) -> None:
    """Packed and unpacked, at eleven bytes each."""
    assert unpack(pack(names)) == names
    assert len(pack(names)) == 11 * len(names)


@pytest.mark.parametrize("names", [["abc"], ["z" * 22], ["a" * 21, "b" * 22], ["a" * 23]])
def test_what_is_no_id_is_refused(names: list[str]) -> None:
    """Rather than read back as somebody else."""
    with pytest.raises(ValueError, match="hex"):
        pack(names)


@given(rolls, st.data())
def test_the_first_end_counts_whatever_comes_again(names: list[str], data: st.DataObject) -> None:
    """In any order, in any parts, with repeats: each recipient ends once, as it was said first."""
    told = data.draw(st.lists(st.tuples(st.sampled_from(names), ends), max_size=80))
    cut = data.draw(st.integers(0, len(told)))
    marks = bytearray([Mark.OPEN]) * len(names)
    counted = mark_ends(names, marks, told[:cut])[0] + mark_ends(names, marks, told[cut:] + told)[0]
    first: dict[str, Mark] = {}
    for name, mark in told:
        first.setdefault(name, mark)
    assert counted == len(first)
    assert {name: mark for name, mark in zip(names, marks, strict=True) if mark != Mark.OPEN} == first


@given(rolls, ids)
def test_a_stranger_is_said_to_be_one(names: list[str], other: str) -> None:
    """And changes nothing."""
    marks = bytearray([Mark.OPEN]) * len(names)
    strangers = mark_ends(names, marks, [(other, Mark.ACCEPTED)])[1]
    assert strangers == ([] if other in names else [other])


def test_a_plan_says_which_job_holds_whom() -> None:
    """By the job's id, and by bucket and name."""
    plan = examples_of(Plan)["v1/first"]
    edges = ["00" * 11, "09" * 11, "10" * 11, "19" * 11]
    layout = layout_of(plan, edges)
    assert [layout.numbers[row.job_id] for row in plan.buckets] == [0, 1]
    assert layout.holding(0, "05" * 11) == [0]
    assert layout.holding(0, "15" * 11) == []
    assert layout.holding(1, "15" * 11) == [1]
