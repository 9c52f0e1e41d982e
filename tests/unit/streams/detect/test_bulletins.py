"""What officials say stands until they say otherwise, whatever order their telegrams come in."""

from datetime import timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.records.base import Hazard
from schemas.records.observed import Bulletin, InfoType
from streams.detect.bulletins import KEPT, Slot, file, slot_key, standing, statement_of
from streams.detect.claims import claims_in, counting, official_level
from streams.detect.state import moment
from tests.unit.streams.inputs import FUJISAWA_AREA, book, bulletin, item, jst

TEN = jst("21 10:00")
LAND, RAIN = Hazard.LANDSLIDE, Hazard.HEAVY_RAIN
CARRIERS = book().carriers


def filed(*telegrams: Bulletin) -> dict[str, Slot]:
    """The slots after these telegrams, in this order of arrival."""
    slots: dict[str, Slot] = {}
    for telegram in telegrams:
        key = slot_key(telegram)
        transition = telegram.carrier.startswith(CARRIERS.transition)
        slots[key] = file(slots.get(key, ()), statement_of(telegram, CARRIERS), transition)
    return slots


def level(*telegrams: Bulletin, hazard: Hazard = LAND) -> int:
    """The official level after them; -1 for none."""
    return official_level(counting(claims_in(filed(*telegrams), FUJISAWA_AREA), CARRIERS), hazard)[0]


def said(minute: int, number: int | None, serial: int = 1, **rest: object) -> Bulletin:
    """A landslide level at 10:00 and some minutes; None is 解除."""
    status = "解除" if number is None else "発表"
    return bulletin(TEN + timedelta(minutes=minute), item(LAND, number, status=status), serial=serial, **rest)  # type: ignore[arg-type]


def test_the_newest_statement_counts() -> None:
    """Each telegram replaces what its carrier said before."""
    assert level(said(0, 3), said(10, 4)) == 4
    assert level(said(0, 4), said(10, 3)) == 3


def test_status_decides_and_not_code() -> None:
    """A lifted warning keeps its warning code."""
    lifted = bulletin(TEN + timedelta(hours=1), item(LAND, 4, status="解除", code="49"), serial=2)
    assert level(said(0, 4), lifted) == -1


def test_a_straggler_is_kept_and_not_acted_on() -> None:
    """Older than what stands."""
    assert level(said(10, 4), said(0, None)) == 4


def test_reported_at_orders_before_serial() -> None:
    """A serial has been wrong in production."""
    assert level(said(0, 4, serial=7), said(10, 3, serial=2)) == 3
    assert level(said(0, 4, serial=2), said(0, 3, serial=3)) == 3


def test_a_carrier_withdraws_only_its_own_claim() -> None:
    """Two formats of one fact: the highest that is not withdrawn counts."""
    one, other = said(0, 4), said(1, 3, carrier="VPWW56")
    assert level(one, other) == 4
    assert level(one, other, said(9, None, carrier="VPWW56")) == 4
    assert level(one, other, said(9, None)) == 3


def test_same_version_with_other_content_is_the_higher_level() -> None:
    """Whichever came first."""
    assert level(said(0, 3), said(0, 4)) == level(said(0, 4), said(0, 3)) == 4


def test_a_transition_format_never_lowers() -> None:
    """It shows 危険警報 as 警報: going from 5 to 3 may really be 4. Its own 解除 ends its own claim, no one else's."""
    up, down, off = (said(m, n, carrier="VPWW54") for m, n in ((0, 5), (10, 3), (20, None)))
    assert level(up, down) == 5
    assert level(up, down, off) == -1
    assert level(said(0, 4, carrier="VPWW56"), up, down, off) == 4


def test_a_cancellation_restores_what_stood_before() -> None:
    """取消 names no content; it takes back the telegram before it."""
    cancelled = said(20, None, serial=2, info=InfoType.CANCELLED)
    assert level(said(0, 3), said(10, 4, serial=2), cancelled) == 3


def test_a_cancellation_of_all_that_is_known_leaves_unknown_and_never_none() -> None:
    """The level stays, marked, until somebody says what is."""
    slots = filed(said(0, 4), bulletin(TEN + timedelta(minutes=5), info=InfoType.CANCELLED))
    claim = claims_in(slots, FUJISAWA_AREA)[0]
    assert claim.unknown
    assert official_level([claim], LAND)[0] == 4
    later = filed(said(0, 4), bulletin(TEN + timedelta(minutes=5), info=InfoType.CANCELLED), said(9, None))
    assert not claims_in(later, FUJISAWA_AREA)[0].unknown
    assert official_level(claims_in(later, FUJISAWA_AREA), LAND)[0] == -1


def test_a_late_cancellation_is_stale() -> None:
    """A newer statement has been made since."""
    cancelled = bulletin(TEN + timedelta(minutes=5), info=InfoType.CANCELLED)
    assert level(said(0, 3), said(10, 4, serial=2), cancelled) == 4


def test_a_correction_replaces_and_can_be_cancelled_with_what_it_corrected() -> None:
    """訂正 has the version of what it corrects."""
    wrong, right = said(10, 4, serial=2), said(10, 3, serial=2, info=InfoType.CORRECTED)
    assert level(said(0, 2), wrong, right) == 3
    assert level(said(0, 2), wrong, right, bulletin(TEN + timedelta(minutes=15), info=InfoType.CANCELLED)) == 2


def test_since_is_kept_through_repetitions() -> None:
    """継続 does not make a warning young again."""
    _, since = official_level(claims_in(filed(said(0, 4), said(60, 4, 2), said(120, 4, 3)), FUJISAWA_AREA), LAND)
    assert moment(since) == TEN
    _, since = official_level(claims_in(filed(said(0, 3), said(60, 4, 2)), FUJISAWA_AREA), LAND)
    assert moment(since) == TEN + timedelta(hours=1)


def test_other_areas_are_other_claims() -> None:
    """One bulletin speaks for one area."""
    assert level(said(0, 4, area="1420600")) == -1


def test_two_statements_taken_back_one_after_the_other_restore_the_one_before_both() -> None:
    """取消 of the newest, then of the one before it: six statements are kept, and this needs five."""
    chain = [said(0, 3), said(10, 4, 2), said(20, 5, 3), said(30, None, 4, info=InfoType.CANCELLED)]
    assert level(*chain) == 4
    assert level(*chain, said(40, None, 5, info=InfoType.CANCELLED)) == 3


def test_a_longer_chain_than_is_kept_ends_in_unknown_and_never_in_none() -> None:
    """What stood before is no longer known; the claim stays, and says so."""
    up = [said(10 * i, 2 + i % 3, i + 1) for i in range(5)]
    down = [said(100 + 10 * i, None, 10 + i, info=InfoType.CANCELLED) for i in range(4)]
    claim = claims_in(filed(*up, *down), FUJISAWA_AREA)[0]
    assert claim.unknown
    assert claim.statement.items


def test_two_contents_of_one_version_are_marked_until_something_newer_comes() -> None:
    """The higher counts, whichever came first; the same content again is no rival."""
    one, other = said(0, 3), said(0, 4)
    for slots in (filed(one, other), filed(other, one), filed(one, other, one, other)):
        statement, _ = standing(next(iter(slots.values())))
        assert (statement.rival, statement.items[0].level) == (1, 4)
    assert standing(next(iter(filed(one, one).values())))[0].rival == 0
    assert standing(next(iter(filed(one, other, said(9, 4, 2)).values())))[0].rival == 0


def test_a_snapshot_counts_until_the_telegram_that_is_current_is_newer() -> None:
    """VPWS50 tells of a landslide warning whose VPWW56 was missed; the next VPWW56 has the last word, and may lift."""
    snapshot = said(10, 3, carrier="VPWS50")
    assert level(said(0, None, carrier="VPWW56"), snapshot) == 3
    assert level(snapshot, said(20, None, carrier="VPWW56")) == -1
    assert level(said(20, None, carrier="VPWW56"), snapshot) == -1


def test_a_snapshot_withdraws_nothing_and_is_judged_per_hazard() -> None:
    """A newer snapshot without the warning does not lift it; VPWW55 says nothing about landslides."""
    assert level(said(0, 4, carrier="VPWW56"), said(10, None, carrier="VPWS50")) == 4
    rain = bulletin(TEN + timedelta(minutes=20), item(RAIN, None, status="解除"), carrier="VPWW55")
    assert level(said(10, 3, carrier="VPWS50"), rain) == 3


@pytest.mark.parametrize("carrier", ["VPWP50", "BOSAI"])
def test_a_forecast_and_the_route_that_only_checks_never_count(carrier: str) -> None:
    """Whatever level they carry."""
    assert level(said(0, 5, carrier=carrier)) == -1
    assert level(said(0, 2, carrier="VPWW56"), said(10, 5, carrier=carrier)) == 2


@pytest.mark.parametrize("serial", [1, 7, None])
def test_a_serial_that_starts_again_is_a_newer_statement(serial: int | None) -> None:
    """A section's EventID is reused for every flood, and its serial starts again with the next."""
    first = bulletin(TEN, item(LAND, 4), serial=9)
    assert level(first, bulletin(TEN + timedelta(days=3), item(LAND, 3), serial=serial)) == 3


def test_a_delayed_telegram_is_a_statement_like_any_other() -> None:
    """遅延: its own time of report decides."""
    assert level(said(0, 4), said(5, 3, info=InfoType.DELAYED)) == 3
    assert level(said(10, 4), said(5, 3, info=InfoType.DELAYED)) == 4


carriers = st.sampled_from(["VXWW50", "VPWW56", "VPWW54", "VPWS50", "BOSAI"])
kinds = st.sampled_from([InfoType.ISSUED, InfoType.ISSUED, InfoType.CORRECTED, InfoType.CANCELLED, InfoType.DELAYED])
telegrams = st.builds(
    said,
    st.integers(0, 5).map(lambda n: n * 10),
    st.sampled_from([None, 2, 3, 4, 5]),
    st.integers(1, 3),
    carrier=carriers,
    info=kinds,
)


statements = telegrams.filter(lambda t: t.info_type is not InfoType.CANCELLED)


@settings(deadline=None)
@given(st.lists(telegrams, max_size=12), st.randoms(use_true_random=False))
def test_repeats_and_any_interleaving_of_carriers_end_in_the_same_state(parts: list[Bulletin], random: Random) -> None:
    """Each carrier's telegrams in their order, mixed at will, some of them twice."""
    queues = {c: [p for p in parts if p.carrier == c] for c in sorted({p.carrier for p in parts})}
    mixed: list[Bulletin] = []
    while any(queues.values()):
        mixed.append(queues[random.choice([c for c, q in queues.items() if q])].pop(0))
        mixed += [mixed[-1]] * random.randint(0, 1)
    assert filed(*mixed) == filed(*parts)


@settings(deadline=None)
@given(st.lists(telegrams, max_size=KEPT, unique_by=lambda t: t.id), st.randoms(use_true_random=False))
def test_order_of_arrival_does_not_matter_within_what_is_kept(parts: list[Bulletin], random: Random) -> None:
    """Also stragglers and late corrections find their place."""
    states = [filed(*random.sample(parts, len(parts))) for _ in range(12)]
    assert all(state == states[0] for state in states)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.sampled_from([2, 3, 4, 5])), min_size=1, max_size=9))
def test_the_newest_statement_wins_whatever_the_order_of_arrival(parts: list[tuple[int, int]]) -> None:
    """Of one carrier; of two in one minute with one serial, the higher level."""
    newest = max(minute for minute, _ in parts)
    expected = max(number for minute, number in parts if minute == newest)
    assert level(*(said(minute, number) for minute, number in parts)) == expected


@settings(deadline=None)
@given(st.lists(statements, max_size=12), statements)
def test_only_a_newer_official_statement_on_the_subject_lowers(parts: list[Bulletin], last: Bulletin) -> None:
    """A repeat, a straggler or a check never does. (What a cancellation restores may be lower: the tests above.)"""
    if level(*parts, last) < level(*parts):
        before = [p for p in parts if p.carrier == last.carrier]
        assert last.carrier != "BOSAI"
        assert last not in parts
        assert all(last.reported_at >= p.reported_at for p in before)


@settings(deadline=None)
@given(
    st.lists(st.integers(1, 2), min_size=1, max_size=4), st.lists(st.sampled_from([2, 3, 4, 5]), min_size=3, max_size=8)
)
def test_what_is_kept_is_enough_for_every_chain_of_two(chains: list[int], levels: list[int]) -> None:
    """Against an unbounded history: statements, then one or two taken back, again and again."""
    at, history, stack = 0, list[Bulletin](), list[int]()
    for taken in chains:
        for number in levels[: taken + 1]:
            history.append(said(at, number, serial=at))
            stack.append(number)
            at += 1
        for _ in range(taken):
            history.append(said(at, None, serial=at, info=InfoType.CANCELLED))
            stack.pop()
            at += 1
        assert level(*history) == stack[-1]


@settings(deadline=None)
@given(st.lists(telegrams, max_size=12))
def test_nothing_but_a_newer_statement_lowers(parts: list[Bulletin]) -> None:
    """Feeding the same telegrams again leaves every claim where it is."""
    slots = filed(*parts)
    again = filed(*parts, *parts)
    assert {k: standing(s) for k, s in again.items()} == {k: standing(s) for k, s in slots.items()}


@pytest.mark.parametrize("hazard", [RAIN, Hazard.FLOOD])
def test_hazards_of_one_telegram_are_separate_claims(hazard: Hazard) -> None:
    """Several items in one bulletin."""
    both = bulletin(TEN, item(LAND, 3), item(hazard, 4))
    assert (level(both), level(both, hazard=hazard)) == (3, 4)
