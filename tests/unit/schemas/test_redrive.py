"""Which dead letters are meant: the filters of `python -m schemas redrive`."""

from datetime import timedelta

import pytest

from schemas.examples import examples_of
from schemas.records.plumbing import DeadLetter
from schemas.redrive import Wanted

LETTER = examples_of(DeadLetter)["v1/unreadable_record_of_a_topic"]


@pytest.mark.parametrize(
    ("wanted", "meant"),
    [
        (Wanted(), True),
        (Wanted(ids=(LETTER.id,)), True),
        (Wanted(ids=("other", LETTER.id)), True),
        (Wanted(ids=("other",)), False),
        (Wanted(reason="unreadable"), True),
        (Wanted(reason="broken_xml"), False),
        (Wanted(topic="readings"), True),
        (Wanted(topic="actual.readings"), True),
        (Wanted(topic="exercise.readings"), False),
        (Wanted(topic="bulletins"), False),
        (Wanted(since=LETTER.made_at), True),
        (Wanted(since=LETTER.made_at + timedelta(seconds=1)), False),
        (Wanted(reason="unreadable", topic="bulletins"), False),
    ],
)
def test_every_filter_narrows(wanted: Wanted, meant: bool) -> None:
    """All filters that are given must agree."""
    assert wanted.wants(LETTER) is meant
