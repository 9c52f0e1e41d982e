"""A *watch* that was down catches up: what was over by then wakes nobody and orders nothing, what stands does."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.records.base import Hazard, Trace, World
from schemas.records.decided import CallState, DecisionKind
from streams.watch import WatchFold
from tests.unit.streams.decide.town import EVENT, FUJISAWA, REAL, Town, called, digest, policy
from tests.unit.streams.inputs import bulletin, item, knowledge

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
LS = ("LS-4a",)


def town() -> Town:
    """With a policy that two people signed for a landslide at level 4."""
    made = Town()
    made.decide("sato", DecisionKind.SIGN_POLICY, policy=policy())
    made.decide("suzuki", DecisionKind.APPROVE_POLICY, policy_id="night-landslide", digest=digest(policy()))
    return made


def late(of: Town, *items: Any, by: timedelta = HOUR) -> list[Any]:
    """A recommendation whose bytes came long before it was made."""
    return of.recommend(*items, trace=Trace("late", of.real - by))


def passes(of: Town, seconds: int) -> list[Any]:
    """Real and event time, then a tick."""
    of.real += seconds * SECOND
    return of.tick(seconds / 60)


def test_what_rose_and_fell_while_watch_was_down_is_never_heard() -> None:
    """Level 4 was lifted within the backlog."""
    desk = town()
    late(desk, called(4))
    late(desk, called(2, rules=("LS-2",)))
    passes(desk, 70)
    assert (desk.calls(), desk.orders()) == ([], [])


def test_what_still_stands_calls_and_orders_as_soon_as_nothing_newer_came() -> None:
    """After 10 s; the order is of now, and the call goes on to the next officer 2 minutes from now."""
    desk = town()
    late(desk, called(4))
    assert passes(desk, 9) == []
    passes(desk, 1)
    (order,) = desk.orders()
    assert (order.level, order.policy_id, order.issued_at) == (4, "night-landslide", desk.at)
    assert [(call.state, call.step) for call in desk.calls()] == [(CallState.OPEN, 0)]
    assert desk.state.behind is None
    assert passes(desk, 10) == []


def test_a_backlog_that_goes_on_is_not_waited_for_longer_than_a_minute() -> None:
    """Something new every 5 s."""
    desk = town()
    for _ in range(12):
        late(desk, called(4))
        assert passes(desk, 4) == []
        desk.real += SECOND
    passes(desk, 1)
    assert len(desk.orders()) == 1


def test_a_recommendation_of_now_joins_the_backlog_and_has_the_last_word() -> None:
    """A fresh reading comes in the midst of old telegrams: level 5 was over, 4 stands."""
    desk = town()
    late(desk, called(5))
    assert desk.recommend(called(5)) == []
    late(desk, called(4))
    passes(desk, 10)
    assert [order.level for order in desk.orders()] == [4]
    assert [call.level for call in desk.calls()] == [4]


def test_a_recommendation_of_now_after_the_backlog_waits_for_no_tick() -> None:
    """Nothing more came for 10 s; it says everything, and what was held is forgotten."""
    desk = town()
    late(desk, called(5))
    desk.real += 10 * SECOND
    desk.recommend(called(4))
    assert [order.level for order in desk.orders()] == [4]
    passes(desk, 70)
    assert [call.level for call in desk.calls()] == [4]


def test_what_fell_ends_its_call_at_once() -> None:
    """And when it rises again within the backlog, it calls again, and its policy may order again."""
    desk = town()
    desk.recommend(called(4))
    late(desk, called(2, rules=("LS-2",)))
    assert desk.calls()[-1].state is CallState.CLOSED
    assert desk.state.spent == ()
    late(desk, called(4))
    passes(desk, 10)
    assert len(desk.orders()) == 1, "the order of before is in force still: nobody lifted it"


def test_a_lag_of_less_than_five_minutes_is_a_restart_and_no_backlog() -> None:
    """Whoever waits for it has waited long enough."""
    desk = town()
    late(desk, called(4), by=timedelta(minutes=4, seconds=59))
    assert len(desk.orders()) == 1


def test_from_telegrams_that_watch_read_an_hour_late_to_calls() -> None:
    """Received in time, so they are no old news to it: level 4, lifted, and level 4 again, which stands."""
    fold, desk = WatchFold(knowledge()), town()
    state = fold.initial(World.ACTUAL, FUJISAWA)
    for minutes, level, status in ((0, 4, "発表"), (10, None, "解除"), (20, 4, "発表")):
        at = EVENT + timedelta(minutes=minutes)
        told = bulletin(at, item(Hazard.LANDSLIDE, level, status=status), serial=minutes + 1)
        told = replace(told, trace=Trace("late", REAL - HOUR + timedelta(minutes=minutes)))
        state, outputs = fold.step(state, told, REAL)
        assert all(desk.feed(o.record) == [] for o in outputs if o.topic == "recommendations")
    passes(desk, 10)
    assert [call.level for call in desk.calls()] == [4]
    assert len(desk.orders()) == 1


@settings(deadline=None)
@given(st.lists(st.sampled_from([2, 3, 4, 5]), min_size=1, max_size=8))
def test_a_backlog_wakes_and_orders_as_its_last_word_alone_would(levels: list[int]) -> None:
    """Whatever was called for in between."""
    through, alone = town(), town()
    for level in levels:
        late(through, called(level, rules=LS))
    late(alone, called(levels[-1], rules=LS))
    for desk in (through, alone):
        passes(desk, 10)
    assert [order.level for order in through.orders()] == [order.level for order in alone.orders()]
    assert [call.level for call in through.calls()] == [call.level for call in alone.calls()]
