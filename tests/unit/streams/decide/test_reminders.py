"""While an order is in force, the officers on duty are reminded in time that its sending ends, and never twice."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.records.base import Hazard
from schemas.records.decided import Action, Call, CallKind, CallState, DecisionKind
from tests.unit.streams.decide.town import REAL, Town, called, policy, proposal
from tests.unit.streams.decide.town import digest as digest_of

UNTIL = REAL + timedelta(hours=1)


def in_force(**changes: Any) -> Town:
    """避難指示, ordered now, sent for an hour; Sato, then Suzuki are on duty."""
    town = Town()
    town.decide("sato", DecisionKind.SET_DUTY, duty=("sato", "suzuki"))
    town.ordered(**changes)
    town.said.clear()
    return town


def pass_real(town: Town, minutes: float) -> list[Call]:
    """Let real time pass (event time stands), then tick; the calls it made."""
    town.real += timedelta(minutes=minutes)
    return [record for record in town.tick(0) if isinstance(record, Call)]


def test_twenty_minutes_before_the_end_the_first_on_duty_is_called() -> None:
    """Not earlier; the words name the order, the time in Japan, and what to do."""
    town = in_force()
    assert pass_real(town, 39.9) == []
    (call,) = pass_real(town, 0.2)
    assert (call.kind, call.detail, call.state) == (CallKind.APPROVER_MISSING, "sending_ends", CallState.OPEN)
    assert (call.officers, call.level, call.case_id) == (("sato",), 4, town.state.cases[0].id)
    assert call.text == (
        "土砂災害: 「避難指示」の送信は13:00に終わります。発令は続きます。"
        "送信を延ばすか、危険が去ったなら解除してください。"
    )


def test_each_reminder_comes_once_and_another_when_it_is_over() -> None:
    """Ticks come every 10 seconds: one call ahead, one when the time has passed, which takes its place."""
    town = in_force()
    (near,) = pass_real(town, 45)
    assert pass_real(town, 5) == pass_real(town, 5) == []
    closed, over = pass_real(town, 10)
    assert (closed.id, closed.state) == (near.id, CallState.CLOSED)
    assert over.id != near.id
    assert "終わりました。発令は続いています" in over.text
    assert pass_real(town, 60) == []


def test_nobody_is_reminded_again_after_a_restart() -> None:
    """What was said lies in the state."""
    town = in_force()
    assert len(pass_real(town, 45)) == 1
    town.state = town.fold.decode(town.fold.encode(town.state))
    assert pass_real(town, 1) == []


def test_a_state_from_before_reminders_is_read() -> None:
    """It knows no reminder: an order in force whose time has passed is asked about once."""
    town = in_force()
    old = msgspec.msgpack.decode(town.fold.encode(town.state))
    for case in old["cases"]:
        del case["reminded"]
    town.state = town.fold.decode(msgspec.msgpack.encode(old))
    assert town.state.cases[0].reminded == (0, 0)
    assert len(pass_real(town, 61)) == 1
    assert pass_real(town, 1) == []


def test_unanswered_it_goes_to_the_next_on_duty_then_to_all() -> None:
    """As any call."""
    town = in_force()
    (call,) = pass_real(town, 45)
    steps = [record for _ in range(2) for record in town.tick(2) if isinstance(record, Call)]
    assert [(one.id, one.step, one.officers, one.detail) for one in steps] == [
        (call.id, 1, ("suzuki",), "sending_ends"),
        (call.id, 2, (), "sending_ends"),
    ]


def test_acknowledged_it_stays_silent_until_the_time_has_passed() -> None:
    """Sato is awake; if nothing follows, it is asked once more when the sending is over."""
    town = in_force()
    (call,) = pass_real(town, 45)
    assert town.decide("sato", DecisionKind.ACKNOWLEDGE, call_id=call.id).accepted
    assert pass_real(town, 10) == []
    (over,) = pass_real(town, 10)
    assert over.state is CallState.OPEN


@pytest.mark.parametrize("action", [Action.REVISE, Action.LIFT])
def test_extending_or_lifting_ends_it(action: Action) -> None:
    """Who drafts is awake; what was ordered is answered; a lift needs no reminder, an extension has its own."""
    town = in_force()
    (call,) = pass_real(town, 45)
    town.said.clear()
    drafted = town.decide(
        "sato",
        DecisionKind.PROPOSE,
        case_id=call.case_id,
        proposal=proposal(action=action, deliver_until=town.real + timedelta(hours=3)),
    )
    assert [(c.id, c.state, c.acknowledged_by) for c in town.calls()] == [(call.id, CallState.ACKNOWLEDGED, "sato")]
    assert drafted.case is not None
    step = {"case_id": drafted.case.id, "digest": drafted.case.digest}
    town.decide("sato", DecisionKind.SUBMIT, **step)
    assert town.decide("suzuki", DecisionKind.APPROVE, **step).accepted
    assert pass_real(town, 150) == []
    later = pass_real(town, 15)
    assert [c.detail for c in later] == (["sending_ends"] if action is Action.REVISE else [])


def test_a_halted_sending_is_not_asked_about() -> None:
    """Somebody ended it on purpose."""
    town = in_force()
    town.decide("sato", DecisionKind.HALT, case_id=town.state.cases[0].id)
    assert pass_real(town, 120) == []


def test_a_short_sending_is_asked_about_halfway() -> None:
    """Ten minutes would be over before twenty minutes ahead comes."""
    town = in_force(deliver_until=REAL + timedelta(minutes=10))
    assert pass_real(town, 4.9) == []
    assert len(pass_real(town, 0.2)) == 1


def test_what_a_policy_ordered_is_asked_about_too() -> None:
    """Nobody was awake when it was issued: all the more."""
    town = Town()
    town.decide("sato", DecisionKind.SIGN_POLICY, policy=policy())
    town.decide("suzuki", DecisionKind.APPROVE_POLICY, policy_id="night-landslide", digest=digest_of(policy()))
    town.recommend(called(4))
    assert [c.detail for c in pass_real(town, 45)] == ["sending_ends"]


@given(st.lists(st.floats(0, 40), max_size=12))
def test_however_ticks_come_each_revision_is_asked_about_at_most_twice(steps: list[float]) -> None:
    """Once ahead and once after, whatever is skipped; and the last word is right."""
    town = in_force()
    opened = [c for step in steps for c in pass_real(town, step) if c.state is CallState.OPEN and c.step == 0]
    assert len({c.id for c in opened}) == len(opened) <= 2
    left = UNTIL - town.real
    if left <= timedelta(0):
        assert "終わりました" in opened[-1].text
    elif left <= timedelta(minutes=20):
        assert "終わります" in opened[-1].text
    else:
        assert opened == []
    assert all(c.hazard is Hazard.LANDSLIDE for c in opened)
