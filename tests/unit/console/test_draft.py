"""From what an officer chose to a proposal that can be submitted."""

from datetime import timedelta
from typing import Any

import pytest

from console import cards
from console.cards import Subject
from console.draft import Draft, allowed_actions, extension_of, order_types, proposal_of, starting_point
from console.phrases import Incomplete
from console.projection import Projection
from console.wording import suggested
from schemas.records.base import Hazard, OrderType, World
from schemas.records.decided import Action, CaseStatus, Text
from tests.unit.console.records import AT, FUJISAWA, called, case, minutes, order, recommendation, verdict

YOKOHAMA = "14100"


def draft(**changes: Any) -> Draft:
    """避難指示 for a landslide in Fujisawa."""
    fields: dict[str, Any] = {
        "municipality": FUJISAWA,
        "hazard": Hazard.LANDSLIDE,
        "action": Action.ISSUE,
        "order_type": OrderType.EVACUATION_ORDER,
        "areas": (),
        "districts": (),
        "blanks": suggested(None, AT),
        "deliver_until": AT + minutes(180),
    }
    return Draft(**(fields | changes))


def subject(*records: object, municipality: str = FUJISAWA, hazard: Hazard = Hazard.LANDSLIDE) -> Subject:
    """The page's subject after these records."""
    projection = Projection()
    for record in records:
        projection.take(record)
    return cards.subject(projection.worlds[World.ACTUAL], municipality, hazard)


def test_a_proposal_carries_the_orders_own_level() -> None:
    """The level is the order's, never the officer's to type."""
    made = proposal_of(draft(), AT)
    assert (made.level, made.order_type, len(made.texts)) == (4, OrderType.EVACUATION_ORDER, 9)
    tsunami = draft(hazard=Hazard.TSUNAMI, order_type=OrderType.TSUNAMI_EVACUATION)
    assert proposal_of(tsunami, AT).level is None


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"areas": ("1410011",)}, "藤沢市にありません"),
        ({"districts": ("x" * 41,)}, "地区は"),
        ({"order_type": OrderType.TSUNAMI_EVACUATION}, "この災害では出せない"),
        ({"deliver_until": AT - minutes(1)}, "送信期限"),
        ({"deliver_until": AT + timedelta(hours=25)}, "送信期限"),
        ({"note": "x" * 501}, "メモは"),
        ({"blanks": {}}, "入力してください"),
    ],
)
def test_what_cannot_be_submitted_says_why(changes: dict[str, Any], says: str) -> None:
    """One Japanese sentence for the officer."""
    with pytest.raises(Incomplete, match=says):
        proposal_of(draft(**changes), AT)


def test_the_form_opens_with_what_the_rules_call_for() -> None:
    """Level 4 in the north of Yokohama only: 避難指示 for that area."""
    areas = (called("1410011", Hazard.LANDSLIDE, 4), called("1410012", Hazard.LANDSLIDE, 2))
    seen = subject(recommendation(7, *areas, municipality=YOKOHAMA), municipality=YOKOHAMA)
    start = starting_point(seen, None, AT, AT + minutes(180))
    assert (start.action, start.order_type, start.areas) == (Action.ISSUE, OrderType.EVACUATION_ORDER, ("1410011",))
    assert start.recommendation_id == "r-14100-7"


def test_a_lift_keeps_the_order_as_it_is() -> None:
    """Type, areas and districts of what is in force, even though the rules call for nothing."""
    in_force = case(CaseStatus.IN_FORCE, in_force=True, order_id="order-1", revision=1)
    seen = subject(verdict(1, in_force), order(districts=("片瀬",)))
    start = starting_point(seen, Action.LIFT, AT, AT + minutes(180))
    assert (start.order_type, start.districts) == (OrderType.EVACUATION_ORDER, ("片瀬",))
    assert proposal_of(start, AT).texts[0].title.startswith("【解除】避難指示")


def test_what_may_be_proposed_when() -> None:
    """First an order is issued; then it is revised, corrected or lifted; after the lift a new one may be issued."""
    assert allowed_actions(subject()) == (Action.ISSUE,)
    in_force = case(CaseStatus.IN_FORCE, in_force=True, order_id="order-1", revision=1)
    assert allowed_actions(subject(verdict(1, in_force))) == (Action.REVISE, Action.CORRECT, Action.LIFT)
    assert allowed_actions(subject(verdict(1, case(CaseStatus.LIFTED)))) == (Action.ISSUE,)


def test_a_far_field_tsunami_may_be_level_three() -> None:
    """A tsunami has 高齢者等避難 or the order without a number, nothing else."""
    assert order_types(Hazard.TSUNAMI) == (OrderType.ELDERLY_EVACUATION, OrderType.TSUNAMI_EVACUATION)


def test_an_extension_changes_nothing_but_the_end_of_sending() -> None:
    """The same words, areas and type as what is in force, as a revision that two people approve."""
    texts = proposal_of(draft(), AT).texts
    in_force = order(districts=("片瀬",), texts=texts)
    longer = extension_of(in_force, AT + minutes(360), AT)
    assert (longer.action, longer.deliver_until) == (Action.REVISE, AT + minutes(360))
    assert (longer.texts, longer.districts, longer.areas) == (texts, ("片瀬",), in_force.areas)
    assert (longer.order_type, longer.level) == (in_force.order_type, in_force.level)
    with pytest.raises(Incomplete, match="やさしい日本語・Englishの文がありません"):
        extension_of(order(), AT + minutes(360), AT)


def test_own_texts_need_the_required_languages() -> None:
    """A script that brings only Japanese is told which are missing."""
    with pytest.raises(Incomplete, match="やさしい日本語・Englishの文がありません"):
        proposal_of(draft(texts=(Text("ja", "題", "文"),)), AT)


@pytest.mark.parametrize("name", ["片瀬\u202e", "【訓練】片瀬", "[Update] 片瀬"])
def test_a_district_is_a_name(name: str) -> None:
    """It stands in every language's text."""
    with pytest.raises(Incomplete, match="地区の名前には"):
        proposal_of(draft(districts=(name,)), AT)
