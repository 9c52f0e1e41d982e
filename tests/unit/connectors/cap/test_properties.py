"""Whatever messages come, in whatever order and how often: the same stands in the end, and nothing breaks."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.connectors.cap.messages import FUJISAWA, KAMAKURA, alert, heard, info, standing, triplet

FIRST = datetime(2026, 9, 21, 4, 0, tzinfo=UTC)
PLACES = {"1420500": FUJISAWA, "1420400": KAMAKURA}


class Sent:
    """A message of the story: its number, its kind, its area, and the earlier ones that it names."""

    def __init__(self, number: int, message: str, area: str, named: frozenset[int]) -> None:
        self.number, self.area = number, area
        self.named = frozenset(one for one in named if one < number)
        self.message = message if self.named else "Alert"

    @property
    def body(self) -> bytes:
        """As it is sent, a second after the one before."""
        references = " ".join(triplet(f"m{one}", at(one)) for one in sorted(self.named))
        told = () if self.message == "Cancel" else (info(PLACES[self.area], event=f"event {self.number}"),)
        named = references if self.message != "Alert" else ""
        return alert(f"m{self.number}", *told, message=self.message, references=named, sent=at(self.number))


def at(number: int) -> str:
    """When message `number` was sent."""
    return (FIRST + timedelta(seconds=number)).isoformat()


@st.composite
def stories(draw: st.DrawFn) -> list[Sent]:
    """Up to seven messages about two areas, each naming any that were sent before it."""
    kinds, areas = st.sampled_from(["Alert", "Update", "Cancel"]), st.sampled_from(sorted(PLACES))
    count = draw(st.integers(1, 7))
    named = st.frozensets(st.integers(0, 6), max_size=4)
    return [Sent(number, draw(kinds), draw(areas), draw(named)) for number in range(count)]


def expected(story: list[Sent]) -> dict[str, set[str]]:
    """By the standard: what no Update and no Cancel has named."""
    over = {one for sent in story if sent.message != "Alert" for one in sent.named}
    stands: dict[str, set[str]] = {}
    for sent in story:
        if sent.message != "Cancel" and sent.number not in over:
            stands.setdefault(sent.area, set()).add(f"event {sent.number}")
    return stands


@given(stories(), st.randoms(), st.lists(st.integers(0, 6), max_size=6))
def test_any_order_and_any_repeats_end_as_the_standard_says(
    story: list[Sent], random: object, again: list[int]
) -> None:
    """Late, early, twice: what stands is what nobody has replaced or cancelled."""
    arrived = [sent.body for sent in story] + [story[number % len(story)].body for number in again]
    random.shuffle(arrived)  # type: ignore[attr-defined]  # hypothesis hands out a random.Random
    stands = {area: {name for name, _ in kinds} for area, kinds in standing(*arrived).items()}
    assert stands == expected(story)


@given(st.binary(max_size=400))
def test_any_bytes_are_answered(body: bytes) -> None:
    """A reason, never an exception."""
    assert len(heard(body).parked) == 1


@given(st.data())
def test_a_message_with_any_part_cut_or_changed_is_answered(data: st.DataObject) -> None:
    """Half a message, a letter more: bulletins, or a reason, or a note."""
    body = alert("a", info(extra="<expires>2026-09-22T00:00:00+09:00</expires>"))
    start = data.draw(st.integers(0, len(body)))
    end = data.draw(st.integers(start, min(len(body), start + 40)))
    found = heard(body[:start] + data.draw(st.binary(max_size=4)) + body[end:])
    assert found.bulletins or found.parked or found.note
