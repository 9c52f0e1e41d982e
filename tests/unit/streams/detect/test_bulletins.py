"""What officials say stands until they say otherwise, whatever order their telegrams come in."""

from datetime import timedelta
from itertools import permutations
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
    """A lifted warning keeps its warning code (domain.md §3.4)."""
    lifted = bulletin(TEN + timedelta(hours=1), item(LAND, 4, status="解除", code="49"), serial=2)
    assert level(said(0, 4), lifted) == -1


def test_a_straggler_is_kept_and_not_acted_on() -> None:
    """Older than what stands."""
    assert level(said(10, 4), said(0, None)) == 4


def test_reported_at_orders_before_serial() -> None:
    """A serial has been wrong in production (domain.md §3.3)."""
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


telegrams = st.builds(
    said,
    st.integers(0, 5).map(lambda n: n * 10),
    st.sampled_from([None, 2, 3, 4, 5]),
    st.integers(1, 3),
    carrier=st.sampled_from(["VXWW50", "VPWW56", "VPWW54"]),
    info=st.sampled_from([InfoType.ISSUED, InfoType.ISSUED, InfoType.CORRECTED, InfoType.CANCELLED]),
)


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
@given(st.lists(telegrams, max_size=KEPT, unique_by=lambda t: t.id))
def test_order_of_arrival_does_not_matter_within_what_is_kept(parts: list[Bulletin]) -> None:
    """Also stragglers and late corrections find their place."""
    states = [filed(*order) for order in list(permutations(parts))[:24]]
    assert all(state == states[0] for state in states)


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
