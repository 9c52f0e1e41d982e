"""Update and Cancel by exact references: what stands in the end, whatever order messages come in."""

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from connectors.cap.replaced import REMEMBERED, Memory
from tests.unit.connectors.cap.messages import KAMAKURA, alert, heard, info, standing, triplet

T1, T2, T3 = ("2026-09-21T14:10:00+09:00", "2026-09-21T14:20:00+09:00", "2026-09-21T14:30:00+09:00")
A = alert("a")
U1 = alert("u1", info(KAMAKURA), message="Update", references=triplet("a"), sent=T1)
U2 = alert("u2", info(), message="Update", references=f"{triplet('a')} {triplet('u1', T1)}", sent=T2)
C = alert("c", message="Cancel", references=triplet("u2", T2), sent=T3)
ALERTED, UPDATED = {("Flood", "Alert")}, {("Flood", "Update")}


def test_an_update_replaces_what_it_names() -> None:
    """An area that it no longer names is over."""
    assert standing(A) == {"1420500": ALERTED}
    assert standing(A, U1) == {"1420400": UPDATED}


def test_a_cancellation_ends_what_it_names() -> None:
    """Everywhere it was in force, without naming an area itself."""
    assert standing(A, U1, U2) == {"1420500": UPDATED}
    assert standing(A, U1, U2, C) == {}


def test_any_order_ends_in_the_same_state() -> None:
    """Late, early, in between: 24 orders, one end."""
    assert {str(standing(*order)) for order in permutations((A, U1, U2, C))} == {"{}"}
    assert {str(standing(*order)) for order in permutations((A, U1, U2))} == {str({"1420500": UPDATED})}


@given(st.lists(st.sampled_from([A, U1, U2, C]), min_size=1, max_size=12), st.permutations([A, U1, U2, C]))
def test_repeats_change_nothing(repeats: list[bytes], order: list[bytes]) -> None:
    """A feed that is read again, a message that comes twice."""
    assert standing(*order, *repeats) == {}


def test_a_chain_that_names_only_its_last_message_ends_the_same() -> None:
    """Some senders name every message before, some only the last."""
    last = alert("u2", info(), message="Update", references=triplet("u1", T1), sent=T2)
    ends = [standing(*order) for order in permutations((A, U1, last))]
    assert ends == [{"1420500": UPDATED}] * 6


def test_only_the_exact_triplet_is_meant() -> None:
    """Another sender, another time, another identifier: nothing ends, and people are told."""
    before = heard(A).memory
    for named in (triplet("a", sender="other@example.org"), triplet("a", T1), triplet("b")):
        found = heard(alert("c", message="Cancel", references=named, sent=T3), before)
        assert (found.bulletins, [one.reason for one in found.parked]) == ((), ["unknown_reference"])


def test_a_message_that_was_replaced_is_no_longer_there_to_be_cancelled() -> None:
    """Whoever cancels the first message of three may not know of the third."""
    memory = heard(U1, heard(A).memory).memory
    found = heard(alert("c", message="Cancel", references=triplet("a"), sent=T3), memory)
    assert (found.bulletins, [one.reason for one in found.parked]) == ((), ["superseded_reference"])


def test_a_cancellation_that_comes_first_counts_when_its_alert_comes() -> None:
    """It was told; the alert is over before it begins."""
    early = alert("c", message="Cancel", references=triplet("a"), sent=T3)
    found = heard(early)
    assert [one.reason for one in found.parked] == ["unknown_reference"]
    late = heard(A, found.memory)
    assert (late.bulletins, late.note) == ((), "superseded")


def test_two_alerts_of_one_sender_stand_beside_each_other() -> None:
    """A second alert is no update of the first."""
    other = alert("b", info(event="Tsunami"))
    assert standing(A, other) == {"1420500": {("Flood", "Alert"), ("Tsunami", "Alert")}}
    both = alert("u", message="Update", references=f"{triplet('a')} {triplet('b')}", sent=T1)
    assert {str(standing(*order)) for order in permutations((A, other, both))} == {str({"1420500": UPDATED})}


def test_a_test_never_ends_what_is_actual() -> None:
    """The same triplet in another world is another message."""
    memory = heard(A).memory
    found = heard(alert("c", message="Cancel", references=triplet("a"), sent=T3, status="Test"), memory)
    assert (found.bulletins, [one.reason for one in found.parked]) == ((), ["unknown_reference"])


def test_the_memory_stays_small() -> None:
    """A feed of other countries for a year does not outgrow its cursor."""
    many = tuple(f"mark-{number:07}" for number in range(REMEMBERED))
    memory = heard(U2, Memory(many, many, {})).memory
    assert (len(memory.heard), len(memory.named)) == (REMEMBERED, REMEMBERED)
    assert memory.named[-1] != many[-1]
