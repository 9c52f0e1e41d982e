"""How subscriptions move in the index: applied once or twice, in any split, the pages are what was said last."""

from hypothesis import given
from hypothesis import strategies as st

from notifier.entries import Known
from notifier.subscriptions.placing import Move, net
from notifier.subscriptions.profile import Profile, officer_places

PLACES = ("14100", "14204", "14205", "officer:sato")
said = st.one_of(st.none(), st.sets(st.sampled_from(PLACES), min_size=1))


def _known(places: set[str], replaces: str | None = None, auth: bytes = b"a") -> Known:
    wanted: dict[str, tuple[str, ...]] = dict.fromkeys(sorted(places), ())
    return Known(Profile("https://x/1", b"p", auth, "v", "ja", wanted, False, None, replaces=replaces), 1)


def _apply(pages: dict[str, set[str]], move: Move) -> None:
    for place, (old, new) in move.wishes.items():
        if old is not None:
            pages[place].remove(move.subscriber)
        if new is not None:
            assert move.subscriber not in pages[place], "twice in one page: it would be planned twice"
            pages[place].add(move.subscriber)


def _moves(history: list[tuple[str, set[str] | None]]) -> list[Move]:
    known: dict[str, Known] = {}
    moves = []
    for subscriber, places in history:
        for _ in range(2):
            after = None if places is None else _known(places)
            moves.append(Move(subscriber, known.pop(subscriber, None), after))
            if after is not None:
                known[subscriber] = after
    return moves


@given(st.lists(st.tuples(st.sampled_from("ab"), said), max_size=12), st.integers(1, 5))
def test_pages_are_what_was_said_last(history: list[tuple[str, set[str] | None]], size: int) -> None:
    """Who moves leaves the old pages; who leaves is in none; a repeat changes nothing; batches may end anywhere."""
    pages: dict[str, set[str]] = {place: set() for place in PLACES}
    moves = _moves(history)
    for start in range(0, len(moves), size):
        for move in net(moves[start : start + size]):
            _apply(pages, move)
    last = dict(history)
    for place in PLACES:
        assert pages[place] == {name for name, places in last.items() if places is not None and place in places}


def test_a_page_that_subscribes_again_at_every_visit_changes_nothing() -> None:
    """No planner looks, no key agreement is thrown away."""
    known = _known({"14205"})
    move = Move("a", known, known)
    assert (move.wishes, move.came, move.keys_changed, move.replaces) == ({}, (), False, None)


def test_other_keys_make_an_agreement_worthless() -> None:
    """A browser that subscribes anew at the same endpoint brings keys that the old agreement does not fit."""
    assert Move("a", _known({"14205"}), _known({"14205"}, auth=b"b")).keys_changed
    assert Move("a", None, _known({"14205"})).keys_changed


def test_a_replacement_is_told_once() -> None:
    """The first record that names a predecessor links the two; later ones say nothing new."""
    new = _known({"14205"}, replaces="old")
    assert Move("a", None, new).replaces == "old"
    assert Move("a", new, new).replaces is None
    assert Move("old", None, new).replaces is None


def test_an_officers_device_lies_under_the_officer_and_the_desk() -> None:
    """Calls to one officer, and calls to everyone on the desk, both find it."""
    assert set(officer_places("sato", ("14205",))) == {"officer:sato", "officers:14205"}
