"""How subscriptions move in the index: applied once or twice, in any split, the pages are what was said last."""

from hypothesis import given
from hypothesis import strategies as st

from notifier.subscriptions.placing import Known, Move, arrival, decode_known, departure, encode_known
from notifier.subscriptions.profile import Profile, officer_places

PLACES = ("14100", "14204", "14205", "officer:sato")
said = st.one_of(st.none(), st.sets(st.sampled_from(PLACES), min_size=1))


def _profile(places: set[str]) -> Profile:
    return Profile("https://x/1", b"p", b"a", "v", "ja", dict.fromkeys(sorted(places), ()), False, None)


def _apply(pages: dict[str, set[str]], move: Move) -> None:
    for place in move.leaves:
        pages[place].discard(move.subscriber)
    for place in move.enters:
        pages[place].add(move.subscriber)


@given(st.lists(st.tuples(st.sampled_from("ab"), said), max_size=12))
def test_pages_are_what_was_said_last(history: list[tuple[str, set[str] | None]]) -> None:
    """Who moves leaves the old pages; who leaves is in none; a repeat changes nothing."""
    pages: dict[str, set[str]] = {place: set() for place in PLACES}
    known: dict[str, Known] = {}
    for subscriber, places in history:
        for _ in range(2):
            before = known.get(subscriber)
            move = (
                departure(subscriber, before)
                if places is None
                else arrival(subscriber, before, _profile(places), "h", 1)
            )
            _apply(pages, move)
            known.pop(subscriber, None)
            if move.known is not None:
                known[subscriber] = move.known
    last = dict(history)
    for place in PLACES:
        assert pages[place] == {name for name, places in last.items() if places is not None and place in places}


def test_an_entry_says_all_that_a_worker_needs() -> None:
    """Endpoint, keys, language, areas of that place, consent."""
    profile = Profile("https://x/1", b"p", b"a", "v", "vi", {"14100": ("1410011",), "14205": ()}, True, None)
    move = arrival("s", None, profile, "fcm.googleapis.com", 7)
    entry = move.enters["14100"]
    assert (entry.endpoint, entry.p256dh, entry.auth, entry.vapid_key_id) == ("https://x/1", b"p", b"a", "v")
    assert (entry.lang, entry.areas, entry.drills, entry.officer) == ("vi", ("1410011",), True, None)
    assert decode_known(encode_known(move.known or Known((), "", 0))) == Known(
        ("14100", "14205"), "fcm.googleapis.com", 7
    )


def test_an_officers_device_lies_under_the_officer_and_the_desk() -> None:
    """Calls to one officer, and calls to everyone on the desk, both find it."""
    assert set(officer_places("sato", ("14205",))) == {"officer:sato", "officers:14205"}
