"""Somebody is woken: one after the other, then everybody, until one of them acts."""

from datetime import timedelta

from schemas.records.base import Hazard, Origin
from schemas.records.decided import Action, Call, CallKind, CallState, DecisionKind
from tests.unit.streams.decide.town import NORTH, SOUTH, YOKOHAMA, Town, called


def on_duty(*officers: str, municipality: str = "14205") -> Town:
    """A town with a duty list."""
    town = Town(municipality)
    town.decide("sato", DecisionKind.SET_DUTY, duty=officers)
    return town


def heard(said: list[object]) -> list[tuple[CallKind, CallState, int, tuple[str, ...]]]:
    """What the calls among the records say."""
    return [(c.kind, c.state, c.step, c.officers) for c in said if isinstance(c, Call)]


ROSE, MISSING = CallKind.RECOMMENDATION_ROSE, CallKind.APPROVER_MISSING
OPEN, TAKEN, CLOSED = CallState.OPEN, CallState.ACKNOWLEDGED, CallState.CLOSED


def test_a_recommendation_that_rises_to_an_order_calls_the_first_on_duty() -> None:
    """Level 3 and above; the record names the case and the level."""
    town = on_duty("sato", "suzuki")
    said = town.recommend(called(3))
    assert heard(said) == [(ROSE, OPEN, 0, ("sato",))]
    call = town.calls()[0]
    assert (call.level, call.hazard, call.case_id) == (3, Hazard.LANDSLIDE, town.state.cases[0].id)


def test_level_two_wakes_nobody() -> None:
    """An advisory is for daylight."""
    town = on_duty("sato")
    assert town.recommend(called(2)) == []
    assert town.state.cases == ()


def test_without_a_duty_list_everybody_on_the_desk_is_called() -> None:
    """An empty list of officers means everybody."""
    assert heard(Town().recommend(called(4))) == [(ROSE, OPEN, 0, ())]


def test_unanswered_for_two_minutes_it_goes_to_the_next_and_finally_to_all() -> None:
    """Sato sleeps, Suzuki sleeps, everybody is called, and again ten minutes later."""
    town = on_duty("sato", "suzuki")
    call = town.recommend(called(3))[0]
    assert town.tick(1.9) == []
    assert heard(town.tick(0.1)) == [(ROSE, OPEN, 1, ("suzuki",))]
    assert heard(town.tick(2)) == [(ROSE, OPEN, 2, ())]
    assert town.tick(9) == []
    assert heard(town.tick(1)) == [(ROSE, OPEN, 3, ())]
    assert {c.id for c in town.calls()} == {call.id}


def test_acknowledging_ends_the_call() -> None:
    """It says who took it; nobody else is woken."""
    town = on_duty("sato", "suzuki")
    call = town.recommend(called(3))[0]
    town.decide("suzuki", DecisionKind.ACKNOWLEDGE, call_id=call.id)
    ended = town.calls()[-1]
    assert (ended.id, ended.state, ended.acknowledged_by) == (call.id, TAKEN, "suzuki")
    assert town.tick(30) == []
    assert town.decide("sato", DecisionKind.ACKNOWLEDGE, call_id=call.id).code == "unknown_call"


def test_who_drafts_an_order_is_awake() -> None:
    """The draft answers the call."""
    town = on_duty("sato")
    town.recommend(called(4))
    town.drafted("sato")
    assert heard([town.calls()[-1]]) == [(ROSE, TAKEN, 0, ("sato",))]


def test_a_second_rise_replaces_the_open_call() -> None:
    """Level 4 while nobody answered level 3: one call is open, from the first officer on."""
    town = on_duty("sato", "suzuki")
    town.recommend(called(3))
    town.tick(2)
    assert heard(town.recommend(called(4))) == [(ROSE, CLOSED, 1, ("suzuki",)), (ROSE, OPEN, 0, ("sato",))]


def test_a_second_area_that_rises_calls_again() -> None:
    """The municipality's highest level stays the same, but other residents are concerned."""
    town = on_duty("sato", municipality=YOKOHAMA)
    call = town.recommend(called(4, area=NORTH))[0]
    town.decide("sato", DecisionKind.ACKNOWLEDGE, call_id=call.id)
    assert heard(town.recommend(called(4, area=NORTH), called(4, area=SOUTH))) == [(ROSE, OPEN, 0, ("sato",))]


def test_the_same_level_again_wakes_nobody() -> None:
    """Every telegram repeats what stands."""
    town = on_duty("sato")
    town.recommend(called(4))
    assert town.recommend(called(4)) == []


def test_what_is_ordered_already_wakes_nobody() -> None:
    """An order of that level is in force there."""
    town = on_duty("sato")
    town.ordered(level=4)
    assert heard(town.recommend(called(4))) == []
    assert heard(town.recommend(called(5))) == [(ROSE, OPEN, 0, ("sato",))]


def test_a_recommendation_that_falls_away_ends_its_call() -> None:
    """There is nothing left to act on."""
    town = on_duty("sato")
    town.recommend(called(3))
    assert heard(town.recommend(called(2))) == [(ROSE, CLOSED, 0, ("sato",))]


def test_a_submission_without_an_approver_calls_the_others() -> None:
    """Sato submitted: Suzuki and Tanaka are called after two minutes, everybody after four, until somebody approves."""
    town = on_duty("sato", "suzuki", "tanaka")
    case = town.submitted("sato").case
    assert case is not None
    assert town.tick(1.9) == []
    assert heard(town.tick(0.1)) == [(MISSING, OPEN, 0, ("suzuki", "tanaka"))]
    assert heard(town.tick(2)) == [(MISSING, OPEN, 1, ())]
    town.decide("suzuki", DecisionKind.APPROVE, case_id=case.id, digest=case.digest)
    assert heard([town.calls()[-1]]) == [(MISSING, CLOSED, 1, ())]
    assert town.tick(60) == []


def test_an_approver_who_acknowledged_is_not_called_again_for_the_same_submission() -> None:
    """A changed and newly submitted draft calls again."""
    town = on_duty("sato", "suzuki")
    town.submitted("sato")
    call = next(c for c in town.tick(2) if isinstance(c, Call))
    town.decide("suzuki", DecisionKind.ACKNOWLEDGE, call_id=call.id)
    assert town.tick(10) == []
    case = town.state.cases[0]
    town.decide("suzuki", DecisionKind.RETURN, case_id=case.id, reason="x")
    edited = town.decide("sato", DecisionKind.PROPOSE, case_id=case.id, proposal=case.proposal).case
    assert edited is not None
    town.decide("sato", DecisionKind.SUBMIT, case_id=case.id, digest=edited.digest)
    assert heard(town.tick(2)) == [(MISSING, OPEN, 0, ("suzuki",))]
    assert town.calls()[-1].id != call.id


def test_time_that_jumps_escalates_one_step_a_tick() -> None:
    """A scenario's clock jumps an hour: the next officer is called, not three at once."""
    town = on_duty("sato", "suzuki")
    town.recommend(called(3))
    assert heard(town.tick(60)) == [(ROSE, OPEN, 1, ("suzuki",))]


def test_a_tick_that_changes_nothing_says_nothing_and_keeps_the_state() -> None:
    """Ticks come every ten seconds, in every partition."""
    town = on_duty("sato")
    town.ordered()
    before = town.state
    assert town.tick(1) == []
    assert town.state is before


def test_calls_about_a_replay_are_replay() -> None:
    """They ring on loopback devices only."""
    town = Town()
    town.recommend(called(4), origin=Origin.REPLAY)
    assert town.calls()[0].origin is Origin.REPLAY


def test_an_older_recommendation_that_comes_late_is_left_out() -> None:
    """A worker that had lost the partition wrote after its successor."""
    town = on_duty("sato")
    town.recommend(called(4), number=9)
    assert town.recommend(called(5), number=8, at=town.at - timedelta(minutes=1)) == []
    assert town.state.standings[0].level == 4


def test_after_a_lift_only_a_new_rise_opens_a_case() -> None:
    """The level that stood when it was lifted wakes nobody; level 5 does, as a new case."""
    town = on_duty("sato")
    town.recommend(called(4))
    order = town.ordered()
    town.ordered(action=Action.LIFT)
    assert town.recommend(called(4)) == []
    assert heard(town.recommend(called(5))) == [(ROSE, OPEN, 0, ("sato",))]
    assert town.state.cases[0].id != order.case_id


def test_a_clock_that_was_put_back_lets_nobody_sleep() -> None:
    """Nobody knows how long Sato has been called for: Suzuki is called now, and the next after two minutes as ever."""
    town = on_duty("sato", "suzuki")
    town.recommend(called(3))
    assert heard(town.tick(-120)) == [(ROSE, OPEN, 1, ("suzuki",))]
    assert town.tick(1.9) == []
    assert heard(town.tick(0.1)) == [(ROSE, OPEN, 2, ())]


def test_a_clock_that_was_put_back_leaves_no_submission_without_an_approver() -> None:
    """Two minutes from the submission can no longer be told."""
    town = on_duty("sato", "suzuki")
    town.submitted("sato")
    assert heard(town.tick(-120)) == [(MISSING, OPEN, 0, ("suzuki",))]
    assert town.tick(1.9) == []


def test_a_tick_that_lags_a_little_wakes_nobody() -> None:
    """Clocks of two machines differ; what was said is not two minutes old."""
    town = on_duty("sato", "suzuki")
    town.recommend(called(3))
    assert town.tick(-1.9) == []
