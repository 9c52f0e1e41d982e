"""What changed while an officer was reading, and where a proposal is not what the criteria call for."""

import pytest

from console import cards
from console.cards import Subject
from console.decisions import Decider, Step
from console.seen import against, anew, cautions, changed, recommended_anew, seen_of
from schemas.records.base import Hazard, OrderType, World
from schemas.records.decided import Action, CaseStatus, DecisionKind, Verdict
from schemas.signing import new_key_pair, private_key
from tests.unit.console.records import AT, FUJISAWA, called, case, minutes, order, proposal, recommendation, verdict
from tests.unit.console.test_cards import view

LAND = Hazard.LANDSLIDE


def subject(level: int | None = 4, *records: object) -> Subject:
    """Fujisawa's landslide page with this recommendation (None: nothing is called for) and these records."""
    calls = () if level is None else (called("1420500", LAND, level),)
    return cards.subject(view(recommendation(1, *calls), *records), FUJISAWA, LAND)


def test_nothing_changed_is_not_said() -> None:
    """The same recommendation with newer evidence, too: it is about levels, not about every reading."""
    assert changed(seen_of(subject()), subject()) == ""
    assert recommended_anew(seen_of(subject()), subject()) == ""


def test_a_recommendation_that_rose_is_said() -> None:
    """Read at level 3, sent at level 4: 避難指示 is called for now (docs/desk.md, To order)."""
    seen = seen_of(subject(3))
    assert changed(seen, subject(4)).startswith("推奨が変わりました（いま：警戒レベル４ 避難指示）。")
    assert "開き直し" in recommended_anew(seen, subject(4))
    assert "（いま：なし）" in recommended_anew(seen, subject(None))


def test_what_somebody_else_did_meanwhile_is_said() -> None:
    """A draft, a submission, an order: none of them may be run over unseen."""
    seen = seen_of(subject())
    drafted = subject(4, verdict(1, case(CaseStatus.DRAFTED)))
    submitted = subject(4, verdict(1, case(CaseStatus.SUBMITTED)))
    ordered = subject(4, verdict(1, case(CaseStatus.IN_FORCE, order_id="order-1", in_force=True)), order())
    for now in (drafted, submitted, ordered):
        assert changed(seen, now).startswith("別の画面か別の職員が、この案件を進めました。")
    assert changed(seen_of(drafted), submitted)
    assert recommended_anew(seen, submitted) == "", "an approver's case is guarded by its digest"


def test_a_form_that_names_nothing_is_not_compared() -> None:
    """Scripts use the JSON API; decide checks what counts."""
    assert changed("", subject()) == recommended_anew("", subject()) == ""


def step() -> Step:
    """A proposal that opened a case."""
    return Step(World.ACTUAL, FUJISAWA, DecisionKind.PROPOSE, "nonce", hazard=LAND, proposal=proposal())


def decider(*verdicts: Verdict) -> Decider:
    """One that knows these verdicts of sato's very step."""

    class Nobody:
        async def send(self, topic_name: str, key: str, record: object) -> None:
            """Takes everything."""

    known = {step().decision_id("sato"): one for one in verdicts}
    return Decider(private_key(new_key_pair()[0]), Nobody(), dict.fromkeys(World, known))


def test_a_button_pressed_twice_is_no_change() -> None:
    """The first press drafted the case: the second is the same step, not another officer's."""
    seen, now = seen_of(subject()), subject(4, verdict(1, case(CaseStatus.DRAFTED)))
    assert anew(decider(verdict(1, case(CaseStatus.DRAFTED))), step(), "sato", seen, now) == ""
    assert anew(decider(), step(), "suzuki", seen, now).startswith("別の画面か別の職員が")


def test_an_old_page_that_is_sent_again_is_not_answered_as_it_was_then() -> None:
    """What it proposed was ordered and lifted since: "accepted" would be a lie, nothing waits any more."""
    then = decider(verdict(1, case(CaseStatus.DRAFTED)))
    for since in (case(CaseStatus.IN_FORCE, in_force=True), case(CaseStatus.LIFTED), case(CaseStatus.OPEN)):
        assert anew(then, step(), "sato", seen_of(subject()), subject(4, verdict(2, since)))


@pytest.mark.parametrize(
    ("level", "changes", "says"),
    [
        (4, {}, ""),
        (4, {"level": 3, "order_type": OrderType.ELDERLY_EVACUATION}, "この案より高いレベルです"),
        (3, {}, "この案より低いレベルです"),
        (None, {}, "基準に達している区域はありません"),
        (4, {"action": Action.LIFT}, "解除してよいか確かめてください"),
        (None, {"action": Action.LIFT}, ""),
        (3, {"action": Action.CORRECT}, ""),
    ],
)
def test_a_proposal_beside_what_is_called_for(level: int | None, changes: dict[str, object], says: str) -> None:
    """Officers may decide otherwise; they are told that they do."""
    told = against(subject(level), proposal(**changes))
    assert says in told
    assert bool(told) == bool(says)


def test_what_waited_long_is_looked_at_again() -> None:
    """Its text names the time of its writing; and what is sent for ten minutes misses who is just then switched off."""
    waiting = subject(4, verdict(1, case(CaseStatus.SUBMITTED)))  # written at AT, sent for three hours
    assert cautions(waiting, AT + minutes(30), AT) == ()
    (old,) = cautions(waiting, AT + minutes(40), AT)
    assert "40分前" in old
    (short,) = cautions(waiting, AT, AT + minutes(170))
    assert "あと10分" in short
    (over,) = cautions(waiting, AT, AT + minutes(181))
    assert "過ぎています" in over
    assert cautions(subject(), AT + minutes(40), AT) == ()
