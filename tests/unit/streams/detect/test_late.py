"""Old news after an outage: what is in force calls, what was lifted meanwhile wakes nobody."""

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from schemas.records.base import Hazard
from schemas.records.observed import Bulletin
from tests.unit.streams.inputs import FUJISAWA_AREA, Run, batch, bulletin, climb, item, jst, reading, tick, without_path

LAND = Hazard.LANDSLIDE
BACK = jst("21 15:00")
"""When the feed answers again."""
SECOND = timedelta(seconds=1)


def old(at: datetime, level: int | None, serial: int, *, came: datetime = BACK, carrier: str = "VPWW56") -> Bulletin:
    """A statement that was made at `at` and received after the outage; None is 解除."""
    told = item(LAND, level, status="発表" if level else "解除")
    return replace(bulletin(at, told, carrier=carrier, serial=serial), received_at=came)


UP, RAISED, OFF = old(jst("21 11:00"), 3, 1), old(jst("21 12:00"), 4, 2), old(jst("21 14:00"), None, 3)


def test_what_began_and_ended_within_the_outage_is_never_seen() -> None:
    """Level 4 of noon, lifted at 14:00: no detection, no recommendation, nobody is woken at 15:00."""
    run = Run().take(UP, RAISED, OFF, tick(BACK + 5 * SECOND), tick(BACK + 15 * SECOND))
    assert (run.detections, run.recommendations) == ([], [])


def test_what_is_in_force_calls_as_soon_as_the_rest_is_there() -> None:
    """One recommendation, of the level that stands, since when it was said."""
    run = Run().take(UP, RAISED, tick(BACK + 5 * SECOND))
    assert run.recommendations == []
    run.take(tick(BACK + 10 * SECOND))
    assert [r.called[0].level for r in run.recommendations] == [4]
    assert run.recommendations[0].called[0].hits[0].since == jst("21 12:00")
    assert run.said("BU-landslide") == [("BU-landslide", "began", 4, "21 12:00")]


def test_a_recovery_that_goes_on_is_waited_for_but_not_for_ever() -> None:
    """A statement every eight seconds: after a minute what is there is filed."""
    run = Run().take(RAISED)
    for i in range(1, 8):
        other = old(jst("21 12:00") + i * SECOND, 2, i, came=BACK + 8 * i * SECOND, carrier="VPWW55")
        run.take(other, tick(BACK + (8 * i + 1) * SECOND))
    assert run.recommendations == []
    run.take(tick(BACK + 60 * SECOND))
    assert run.levels() == {(FUJISAWA_AREA, LAND): 4}


def test_fresh_news_does_not_wait_for_old() -> None:
    """What is said now is acted on now; the old statement of another carrier still waits."""
    fresh = bulletin(BACK, item(LAND, 3), carrier="VXWW50")
    run = Run().take(RAISED, fresh)
    assert run.levels() == {(FUJISAWA_AREA, LAND): 3}
    run.take(tick(BACK + 90 * SECOND))
    assert run.levels() == {(FUJISAWA_AREA, LAND): 4}


def test_a_reading_does_not_let_old_news_out() -> None:
    """Rules are evaluated for the gauge, and what is held stays held."""
    rising = climb(BACK - timedelta(minutes=30), 4.9, 5.0, 5.1, 5.2)
    poll = batch(BACK + timedelta(minutes=3), *(reading(at, value) for at, value in rising.items()))
    run = Run().take(RAISED, poll)
    assert run.levels() == {(FUJISAWA_AREA, Hazard.FLOOD): 3}


def test_a_rebuilt_state_has_no_ticks_and_lets_go_by_its_records() -> None:
    """Folded anew from its inputs alone, it must not clear what was called for before, and call again a tick later."""
    run = Run().take(UP, RAISED, batch(BACK + timedelta(minutes=10)))
    assert run.recommendations == []
    run.take(batch(BACK + timedelta(minutes=11)))
    assert run.levels() == {(FUJISAWA_AREA, LAND): 4}


def test_a_repeat_of_what_is_known_is_not_held() -> None:
    """The long feed brings again what the short one brought in time."""
    run = Run().take(bulletin(jst("21 12:00"), item(LAND, 4), carrier="VPWW56", serial=2))
    before = run.state.watch
    run.take(RAISED)
    assert run.state.watch.late == before.late
    assert run.state.watch.slots == before.slots


@given(st.lists(st.sampled_from([None, 2, 3, 4, 5]), min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_a_recovery_ends_where_having_been_there_does(levels: list[int | None], chance: Random) -> None:
    """Whatever was missed, in whatever order it comes: the claims and calls are those of who heard it all in time."""
    times = [jst("21 11:00") + timedelta(minutes=20 * i) for i in range(len(levels))]
    missed = [old(at, level, i) for i, (at, level) in enumerate(zip(times, levels, strict=True))]
    there = Run().take(*(replace(m, received_at=m.reported_at) for m in missed))
    back = Run().take(*chance.sample(missed, len(missed)), tick(BACK + 10 * SECOND))
    assert back.state.watch.slots == there.state.watch.slots
    assert back.levels() == there.levels()
    if back.levels():
        assert without_path(back.recommendations[-1]).called == without_path(there.recommendations[-1]).called
    else:
        assert back.recommendations == []
