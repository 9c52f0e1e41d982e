"""Every refusal has a stable code and a sentence that says what to do; a refusal changes nothing."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from schemas.records.base import Hazard, OrderType
from schemas.records.decided import MAX_BODY_BYTES, MAX_TITLE_BYTES, Action, DecisionKind, Text
from tests.unit.streams.decide.town import EASY, EN, JA, REAL, TEXTS, YOKOHAMA, Town, policy, proposal

LONG_TITLE = Text("ja", "避" * (MAX_TITLE_BYTES // 3 + 1), "本文")
LONG_BODY = Text("ja", "題", "避" * (MAX_BODY_BYTES // 3 + 1))


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("text_missing", {"texts": (EASY, EN)}),
        ("text_missing", {"texts": (JA, EN)}),
        ("text_missing", {"texts": (JA, EASY)}),
        ("text_missing", {"texts": ()}),
        ("language_twice", {"texts": (*TEXTS, JA)}),
        ("unknown_language", {"texts": (*TEXTS, Text("xx", "t", "b"))}),
        ("text_missing", {"texts": (Text("ja", " ", "本文"), EASY, EN)}),
        ("text_missing", {"texts": (JA, EASY, Text("en", "title", ""))}),
        ("text_too_long", {"texts": (LONG_TITLE, EASY, EN)}),
        ("text_too_long", {"texts": (LONG_BODY, EASY, EN)}),
        ("text_too_long", {"texts": (*TEXTS, Text("ne", "title", '"' * 1100))}),
        ("text_unseen", {"texts": (*TEXTS, Text("vi", "two\nlines", "body"))}),
        ("text_unseen", {"texts": (*TEXTS, Text("vi", "title", "right to \u202eleft"))}),
        ("text_unseen", {"texts": (*TEXTS, Text("vi", "title", "\x07"))}),
        ("drill_mark", {"texts": (Text("ja", "【訓練】題", "本文"), EASY, EN)}),
        ("drill_mark", {"texts": (JA, EASY, Text("en", "title", "one\n【試験】two"))}),
        ("area_unknown", {"areas": ("1410011",)}),
        ("area_twice", {"areas": ("1420500", "1420500")}),
        ("level_mismatch", {"level": 3, "order_type": OrderType.EVACUATION_ORDER}),
        ("level_mismatch", {"level": 4, "order_type": OrderType.TSUNAMI_EVACUATION}),
        ("order_type_mismatch", {"level": None}),
        ("deliver_until_past", {"deliver_until": REAL}),
        ("deliver_until_far", {"deliver_until": REAL + timedelta(hours=24, seconds=1)}),
    ],
)
def test_what_can_never_be_sent_is_refused_when_it_is_written(code: str, changes: dict[str, Any]) -> None:
    """Before anybody reads it for approval."""
    town = Town()
    plain = proposal(level=changes.pop("level", 4)) if "order_type" not in changes else proposal()
    level = {"level": changes.pop("level")} if "level" in changes else {}
    written = replace(plain, **changes, **level)
    before = town.state.cases
    verdict = town.decide("sato", DecisionKind.PROPOSE, hazard=Hazard.LANDSLIDE, proposal=written)
    assert (verdict.accepted, verdict.code) == (False, code)
    assert len(verdict.text) > 20
    assert verdict.text.endswith(".")
    assert town.state.cases == before


def test_text_just_within_the_limits_is_taken() -> None:
    """The limits count UTF-8 bytes."""
    text = Text("ja", "a" * MAX_TITLE_BYTES, "a" * MAX_BODY_BYTES)
    assert Town().drafted(texts=(text, EASY, EN)).accepted


@pytest.mark.parametrize(("level", "code"), [(None, "accepted"), (3, "accepted"), (4, "order_type_mismatch")])
def test_tsunami_orders_carry_no_level_number(level: int | None, code: str) -> None:
    """Only the order for the elderly, hours ahead of a far-field tsunami, has one."""
    assert Town().drafted(hazard=Hazard.TSUNAMI, level=level).code == code


def test_a_decision_that_the_console_did_not_sign_is_refused_and_forgotten() -> None:
    """Forged first, with the id of a real one that comes later: the real one is still taken."""
    town = Town()
    real = town.decision("sato", DecisionKind.PROPOSE, hazard=Hazard.FLOOD, proposal=proposal())
    assert town.feed(replace(real, signature=b"forged"))[0].code == "not_signed"
    assert town.state == Town().state
    assert town.feed(real)[0].accepted


@pytest.mark.parametrize(
    "kind", [k for k in DecisionKind if k.value in ("submit", "approve", "return", "reject", "halt")]
)
def test_a_case_that_is_not_there_is_refused(kind: DecisionKind) -> None:
    """The desk shows something old."""
    assert Town().decide("sato", kind, case_id="gone", reason="x").code == "unknown_case"


def test_proposals_need_a_hazard_and_a_text() -> None:
    """An empty step says what it lacks."""
    town = Town()
    assert town.decide("sato", DecisionKind.PROPOSE, proposal=proposal()).code == "hazard_missing"
    assert town.decide("sato", DecisionKind.PROPOSE, hazard=Hazard.FLOOD).code == "proposal_missing"


def test_a_step_that_names_another_hazard_than_its_case_is_refused() -> None:
    """Two facts that contradict each other are never resolved by guessing."""
    town = Town()
    case = town.drafted(hazard=Hazard.FLOOD).case
    assert case is not None
    refused = town.decide("sato", DecisionKind.SUBMIT, hazard=Hazard.TSUNAMI, case_id=case.id, digest=case.digest)
    assert refused.code == "hazard_mismatch"


def test_a_municipality_that_nobody_knows_orders_nothing() -> None:
    """Its areas could not be checked."""
    assert Town(municipality="99999").drafted().code == "unknown_municipality"


def test_a_repeat_gets_the_same_verdict_and_no_second_order() -> None:
    """The console's write arrived twice."""
    town = Town()
    case = town.submitted().case
    assert case is not None
    approval = town.decision("suzuki", DecisionKind.APPROVE, case_id=case.id, digest=case.digest)
    first = town.feed(approval)
    state = town.state
    again = town.feed(approval)
    assert [type(record).__name__ for record in again] == ["Verdict"]
    assert again[0] == first[0]
    assert town.state == state


def test_what_was_remembered_of_decisions_is_bounded() -> None:
    """A year of decisions does not grow the state without end."""
    town = Town()
    for _ in range(300):
        town.decide("sato", DecisionKind.SET_DUTY, duty=("sato",))
    assert len(town.state.remembered) == 256


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("wrong_municipality", {"municipality": YOKOHAMA}),
        ("rules_missing", {"rules": ()}),
        ("area_unknown", {"areas": ("1410011",)}),
        ("text_missing", {"texts": (JA, EN)}),
        ("level_mismatch", {"level": 5}),
        ("policy_expired", {"valid_until": Town().at}),
        ("deliver_until_far", {"deliver_minutes": 0}),
        ("deliver_until_far", {"deliver_minutes": 1441}),
    ],
)
def test_policies_are_checked_when_they_are_signed(code: str, changes: dict[str, Any]) -> None:
    """At night it is too late."""
    town = Town()
    verdict = town.decide("sato", DecisionKind.SIGN_POLICY, policy=replace(policy(), **changes))
    assert (verdict.accepted, verdict.code) == (False, code)
    assert town.state.drafts == ()


def test_the_state_survives_its_bytes() -> None:
    """decode(encode(state)) is the state, with an order, a draft, a call and a policy in it."""
    town = Town()
    town.ordered()
    town.submitted(level=5, action=Action.REVISE)
    town.tick(3)
    town.decide("sato", DecisionKind.SIGN_POLICY, policy=policy())
    assert town.fold.decode(town.fold.encode(town.state)) == town.state
