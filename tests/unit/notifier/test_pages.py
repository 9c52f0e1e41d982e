"""How subscribers are spread over pages: always as few a page as Redis packs, and no to and fro near a limit."""

from hypothesis import given
from hypothesis import strategies as st

from notifier.index_check import LEAST
from notifier.pages import SPREAD, Spread

PEOPLE = st.integers(0, 20_000_000)
FACTOR = st.floats(0.25, 8.0)


@given(PEOPLE)
def test_a_new_layout_fits_whom_it_was_made_for(people: int) -> None:
    """Else it would be laid out anew for ever."""
    assert SPREAD.fits(people, SPREAD.bits(people))


@given(PEOPLE, FACTOR)
def test_nobody_who_comes_or_leaves_soon_makes_it_unfit(people: int, factor: float) -> None:
    """Four times fewer or, from what was reckoned with, eight times more still fit."""
    bits = SPREAD.bits(people)
    assert SPREAD.fits(int(people * factor), bits)


@given(PEOPLE, st.integers(SPREAD.least_bits, SPREAD.most_bits - 1))
def test_what_fits_is_kept_packed(people: int, bits: int) -> None:
    """Well below what Redis is told to pack: a page has more than the average at times."""
    if SPREAD.fits(people, bits):
        assert people / (1 << bits) <= LEAST["hash-max-ziplist-entries"] * 0.75


def test_an_index_of_the_most_pages_is_not_laid_out_anew() -> None:
    """There is nothing better to lay out."""
    small = Spread(per_page=1, least_bits=1, most_bits=3)
    assert small.fits(1_000_000, 3)
    assert not small.fits(1_000_000, 2)
