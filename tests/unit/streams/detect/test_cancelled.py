"""A 取消 takes back the statement that it is about, and no other: earthquakes share the slot of a coast."""

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.records.base import Hazard
from schemas.records.observed import Bulletin, InfoType
from streams.detect.bulletins import KEPT, Slot, Statement, file, slot_key, standing, statement_of
from tests.unit.streams.inputs import Run, book, bulletin, item, jst, tick

TEN = jst("21 10:00")
MIN = timedelta(minutes=1)
CARRIERS = book().carriers
BAY, COAST = "VTSE41:312", "VTSE41:330"
ONE, OTHER = "20260921095500", "20260921101500"
MAJOR, WARNING, ADVISORY, FORECAST, OVER = "52", "51", "62", "71", "60"
GRAVITY = {MAJOR: 3, WARNING: 2, ADVISORY: 1, FORECAST: 0, OVER: 0}


def warns(minute: int, code: str, event: str = ONE, zone: str = COAST) -> Bulletin:
    """VTSE41 about one zone; 71 and 60 are no warnings."""
    status = "解除" if code in (FORECAST, OVER) else "発表"
    told = replace(item(Hazard.TSUNAMI, None, code=code, status=status, subject=zone), level=None)
    made = bulletin(TEN + minute * MIN, told, carrier="VTSE41", serial=None, scope=zone)
    return replace(made, id=f"{minute} {code} {event} {zone}", event_id=event)


def takes_back(minute: int, event: str = ONE, zone: str = COAST) -> Bulletin:
    """取消 of an earthquake's newest VTSE41."""
    info = InfoType.CANCELLED
    made = bulletin(TEN + minute * MIN, carrier="VTSE41", serial=None, scope=zone, info=info)
    return replace(made, id=f"{minute} cancelled {event} {zone}", event_id=event)


def after(*telegrams: Bulletin) -> tuple[Statement, bool]:
    """What stands in the zone of these, arriving so."""
    slot: Slot = ()
    for telegram in telegrams:
        slot = file(slot, statement_of(telegram, CARRIERS), False)
    return standing(slot)


def code_of(statement: Statement) -> str:
    """The kind in force; "" for none."""
    return statement.items[0].code if statement.items else ""


@pytest.mark.parametrize("codes", [(MAJOR, WARNING), ("53", WARNING), (WARNING, ADVISORY), (ADVISORY, FORECAST)])
def test_of_two_warnings_of_one_minute_the_graver_stands(codes: tuple[str, str]) -> None:
    """Whatever they are called and whichever came first; a person is asked."""
    for names in (("a", "b"), ("b", "a")):
        one, other = (replace(warns(0, c), id=n) for c, n in zip(codes, names, strict=True))
        for statement, unknown in (after(one, other), after(other, one)):
            assert (code_of(statement), statement.rival, unknown) == (codes[0], 1, False)


def test_of_two_earthquakes_in_one_minute_both_warnings_are_kept() -> None:
    """The graver one stands, and once it is taken back, the other."""
    both = (warns(0, MAJOR), warns(0, ADVISORY, OTHER))
    for telegrams in (both, both[::-1]):
        assert code_of(after(*telegrams)[0]) == MAJOR
        statement, unknown = after(*telegrams, takes_back(5))
        assert (code_of(statement), unknown) == (ADVISORY, False)
        assert code_of(after(*telegrams, takes_back(5, OTHER))[0]) == MAJOR


def test_a_cancellation_of_another_earthquake_lowers_nothing_and_a_person_is_told() -> None:
    """The telegram that it takes back never named this coast; before it lay an advisory."""
    run = Run().take(warns(0, ADVISORY), warns(10, MAJOR), takes_back(20, OTHER))
    assert [h.rule for c in run.recommendations[-1].called for h in c.hits] == ["TS-4c"]
    (silence,) = run.recommendations[-1].silences
    assert silence.reason.startswith("unknown: the statement was cancelled")


def test_a_cancellation_takes_back_its_own_earthquake_from_below_another() -> None:
    """What stands is the other's, and known."""
    assert after(warns(0, MAJOR), warns(10, WARNING, OTHER), takes_back(20)) == after(
        warns(0, MAJOR), warns(10, WARNING, OTHER)
    )
    statement, unknown = after(warns(0, ADVISORY, OTHER), warns(10, MAJOR), takes_back(20))
    assert (code_of(statement), unknown) == (ADVISORY, False)


def test_a_cancellation_without_an_event_where_the_warnings_have_one_lowers_nothing() -> None:
    """Which of them it means is not known."""
    statement, unknown = after(warns(0, ADVISORY), warns(10, MAJOR), takes_back(20, ""))
    assert (code_of(statement), unknown) == (MAJOR, True)


def test_a_correction_of_one_earthquake_leaves_the_other_on_top() -> None:
    """Of one minute, the graver one stands; the corrected one is below, and comes back."""
    right = replace(warns(0, WARNING), info_type=InfoType.CORRECTED, id="right")
    telegrams = (warns(0, ADVISORY), warns(0, MAJOR, OTHER), right)
    assert code_of(after(*telegrams)[0]) == MAJOR
    assert code_of(after(*telegrams, takes_back(5, OTHER))[0]) == WARNING


@pytest.mark.parametrize("carrier", ["VXSE51", "VXSE53", "VTSE51", "VTSE52"])
def test_a_quake_elsewhere_that_is_taken_back_is_no_news_here(carrier: str) -> None:
    """It reaches every area, and of that earthquake nothing was told here."""
    gone = bulletin(TEN, carrier=carrier, scope=f"{carrier}:{ONE}", info=InfoType.CANCELLED)
    run = Run().take(replace(gone, event_id=ONE), tick(TEN + MIN), tick(TEN + timedelta(hours=40)))
    assert (run.recommendations, run.detections) == ([], [])


def test_a_cancelled_tsunami_warning_that_never_named_the_coast_is_no_news_here() -> None:
    """Nothing is in force: it takes nothing back. A lifted one stays lifted."""
    run = Run().take(takes_back(0), tick(TEN + MIN))
    assert run.recommendations == []
    run.take(warns(10, ADVISORY), warns(20, OVER), takes_back(30, OTHER), tick(TEN + 31 * MIN))
    assert run.levels() == {}
    assert run.recommendations[-1].silences == ()


def test_a_volcanic_warning_stands_for_months() -> None:
    """噴火警報 is told once and holds until the next one: neither forgotten nor "not sure"."""
    told = replace(item(Hazard.OTHER, None, code="02", subject="315"), level=None)
    said = bulletin(TEN, told, carrier="VFVO50", scope="VFVO50:315")
    run = Run().take(said, tick(TEN + timedelta(days=90)), bulletin(TEN + timedelta(days=90), item(Hazard.OTHER, None)))
    assert slot_key(said) in run.state.watch.slots
    assert all(record.silences == () for record in run.recommendations)


zones = st.sampled_from([(BAY,), (COAST,), (BAY, COAST)])
events = st.sampled_from([ONE, OTHER, "20260921103000"])
issues = st.tuples(st.sampled_from(sorted(GRAVITY)), events, zones)
cancellations = st.tuples(st.just("cancelled"), events, st.just((BAY, COAST)))
told = st.lists(issues | issues | cancellations, max_size=14)
"""One telegram a minute; a 取消 reaches every coast."""


def telegram(minute: int, code: str, event: str, zone: str) -> Bulletin:
    """One zone's part of it."""
    return takes_back(minute, event, zone) if code == "cancelled" else warns(minute, code, event, zone)


def part(history: list[tuple[str, str, tuple[str, ...]]], zone: str) -> list[Bulletin]:
    """What one zone is told."""
    return [telegram(minute, c, e, zone) for minute, (c, e, named) in enumerate(history) if zone in named]


def by_hand(history: list[tuple[str, str, tuple[str, ...]]], zone: str) -> str:
    """The kind in force, by the words of the rule over the whole history; what alone was taken back stays."""
    standing_here: list[tuple[str, str]] = []
    doubted = ""
    for code, event, named in history:
        if zone not in named:
            continue
        if code != "cancelled":
            standing_here.append((event, code))
            continue
        mine = [pair for pair in standing_here if pair[0] == event]
        if mine:
            at = len(standing_here) - 1 - standing_here[::-1].index(mine[-1])
            doubted = standing_here.pop(at)[1]
    kept = standing_here[-1][1] if standing_here else doubted
    return kept if GRAVITY.get(kept) else ""


@settings(deadline=None)
@given(told.map(lambda history: history[:KEPT]), st.sampled_from([BAY, COAST]), st.randoms(use_true_random=False))
def test_any_interleaving_ends_where_the_rule_says(
    history: list[tuple[str, str, tuple[str, ...]]], zone: str, random: Random
) -> None:
    """Warnings of three earthquakes on two coasts and cancellations, arriving in any order, some twice."""
    parts = part(history, zone)
    arriving = random.sample(parts, len(parts))
    arriving += arriving[: random.randint(0, len(arriving))]
    assert code_of(after(*arriving)[0]) == by_hand(history, zone)


@settings(deadline=None)
@given(told, events, st.sampled_from([BAY, COAST]))
def test_a_cancellation_lowers_only_what_is_of_its_own_event(
    history: list[tuple[str, str, tuple[str, ...]]], event: str, zone: str
) -> None:
    """However long the history is; and where it lowers without knowing what stood before, it says so."""
    before, _ = after(*part(history, zone))
    left, unknown = after(*part(history, zone), takes_back(len(history), event, zone))
    if GRAVITY.get(code_of(left), 0) < GRAVITY.get(code_of(before), 0):
        assert before.event == event
        assert not unknown
