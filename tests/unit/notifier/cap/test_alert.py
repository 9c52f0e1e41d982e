"""Orders as CAP 1.2: valid for an independent validator, and read back by our own connector without loss."""

from dataclasses import replace
from datetime import timedelta

import pytest
from capvalidator import check_schema
from lxml import etree

from connectors.cap.replaced import Memory
from notifier.cap.alert import NAMESPACE, Issuer, alert_of
from notifier.cap.sign import written
from schemas.records.base import Hazard, OrderType, Origin, World
from schemas.records.decided import LANGUAGES, Action, Order, Text
from tests.unit.connectors.cap.messages import heard
from tests.unit.notifier.cap.orders import FIRST, LIFTED, NOW, RAISED

LATER = NOW + timedelta(days=1)
ISSUER = Issuer("bosai.pref.example", "https://bosai.pref.example/")


def message(*history: Order) -> bytes:
    """The unsigned alert of the last one."""
    return written(alert_of(history, ISSUER), None)


def said(xml: bytes, path: str) -> list[str]:
    """The texts of all elements at a path below <alert>."""
    found = etree.fromstring(xml).findall("/".join(f"{{{NAMESPACE}}}{name}" for name in path.split("/")))
    return [element.text or "" for element in found]


@pytest.mark.parametrize("world", World)
@pytest.mark.parametrize("order_type", OrderType)
@pytest.mark.parametrize("hazard", Hazard)
def test_every_order_is_valid_cap(world: World, order_type: OrderType, hazard: Hazard) -> None:
    """Against the OASIS schema, in all languages at once."""
    texts = tuple(Text(lang, f"title {lang}", f"line\n<&> {lang}") for lang in LANGUAGES)
    order = replace(FIRST, world=world, order_type=order_type, hazard=hazard, texts=texts, districts=("村岡", "鵠沼"))
    result = check_schema(message(order))
    assert result.passed, result.message
    assert len(said(message(order), "info")) == len(LANGUAGES)


def test_the_schema_check_can_fail() -> None:
    """The validator sees an element in the wrong place."""
    alert = alert_of((FIRST,), ISSUER)
    alert.append(alert[0])
    assert not check_schema(etree.tostring(alert)).passed


def test_what_a_revision_a_lift_and_a_withdrawal_are() -> None:
    """解除 is an Update with AllClear alone; only what was halted and is then lifted is a Cancel."""
    assert said(message(FIRST), "msgType") == ["Alert"]
    assert said(message(FIRST), "references") == []
    assert said(message(FIRST, RAISED), "msgType") == ["Update"]
    lift = message(FIRST, RAISED, LIFTED)
    assert said(lift, "msgType") == ["Update"]
    assert set(said(lift, "info/responseType")) == {"AllClear"}
    withdrawn = message(replace(FIRST, halted=True), replace(LIFTED, revision=2))
    assert said(withdrawn, "msgType") == ["Cancel"]


def test_references_are_the_exact_triplets_of_all_earlier_messages() -> None:
    """sender,identifier,sent: each exactly as the message said it of itself."""
    first, second, lift = message(FIRST), message(FIRST, RAISED), message(FIRST, RAISED, LIFTED)
    own = [",".join(said(one, name)[0] for name in ("sender", "identifier", "sent")) for one in (first, second)]
    assert said(lift, "references") == [" ".join(own)]
    assert said(first, "sent") == ["2026-09-21T14:50:00+09:00"]


@pytest.mark.parametrize(
    ("order_type", "level", "urgency", "severity", "responses"),
    [
        (OrderType.EMERGENCY_SAFETY, 5, "Immediate", "Extreme", ["Shelter"]),
        (OrderType.EVACUATION_ORDER, 4, "Immediate", "Severe", ["Evacuate"]),
        (OrderType.ELDERLY_EVACUATION, 3, "Expected", "Severe", ["Prepare", "Evacuate"]),
    ],
)
def test_a_level_in_caps_words(
    order_type: OrderType, level: int, urgency: str, severity: str, responses: list[str]
) -> None:
    """The table of docs/cap.md."""
    xml = message(replace(FIRST, order_type=order_type, level=level, texts=FIRST.texts[:1]))
    assert said(xml, "info/urgency") == [urgency]
    assert said(xml, "info/severity") == [severity]
    assert said(xml, "info/certainty") == ["Likely"]
    assert said(xml, "info/responseType") == responses


@pytest.mark.parametrize("world", World)
def test_our_own_connector_reads_it_back(world: World) -> None:
    """World, area, hazard, level, kind, words; a later revision ends the earlier one, a lift ends them all."""
    histories = [
        [replace(one, world=world) for one in part] for part in ([FIRST], [FIRST, RAISED], [FIRST, RAISED, LIFTED])
    ]
    memory, levels = Memory(), list[list[tuple[str, str, int | None, str, bool]]]()
    for history in histories:
        found = heard(message(*history), memory, at=LATER)
        memory = found.memory
        assert not found.parked
        assert {one.world for one in found.bulletins} == {world}
        newest = [one for one in found.bulletins if one.scope.endswith(f"{FIRST.id}-{len(history)}")]
        levels.append([(b.area, i.hazard, i.level, i.kind_code, i.active) for b in newest for i in b.items])
    assert levels == [
        [("1420500", "flood", 4, "evacuation_order", True)],
        [("1420500", "flood", 5, "emergency_safety", True)],
        [("1420500", "flood", 0, "emergency_safety", False)],
    ]


def test_a_tsunami_order_states_no_level() -> None:
    """docs/cap.md: no level word; the parameter is left out."""
    order = replace(FIRST, hazard=Hazard.TSUNAMI, order_type=OrderType.TSUNAMI_EVACUATION, level=None)
    assert b"JP:level" not in message(order)
    (bulletin,) = heard(message(order)).bulletins
    assert [(item.hazard, item.level) for item in bulletin.items] == [(Hazard.TSUNAMI, None)]


@pytest.mark.parametrize(("world", "mark"), [(World.EXERCISE, "【訓練】"), (World.TEST, "【試験】")])
def test_a_drill_is_marked_on_every_line(world: World, mark: str) -> None:
    """Headline, every line of the description, the note, and CAP's own status."""
    xml = message(replace(FIRST, world=world))
    for path in ("info/headline", "info/description", "note"):
        assert all(line.startswith(mark) for text in said(xml, path) for line in text.splitlines())
    assert said(xml, "status") == [{World.EXERCISE: "Exercise", World.TEST: "Test"}[world]]


def test_a_real_alert_bears_no_mark() -> None:
    """In neither world's words."""
    xml = message(FIRST).decode()
    assert "訓練" not in xml
    assert "試験" not in xml
    assert "再生" not in xml


@pytest.mark.parametrize(
    ("world", "status", "mark"),
    [(World.ACTUAL, "Test", "【再生】"), (World.EXERCISE, "Exercise", "【訓練】【再生】")],
)
def test_a_replay_of_the_past_is_nobodys_alert(world: World, status: str, mark: str) -> None:
    """Status, note and every line say so: who reads only CAP cannot know where our bytes came from."""
    xml = message(replace(FIRST, world=world, origin=Origin.REPLAY))
    for path in ("info/headline", "info/description", "note"):
        assert all(line.startswith(mark) for text in said(xml, path) for line in text.splitlines())
    assert said(xml, "status") == [status]


def test_an_order_for_one_of_two_areas_names_only_that() -> None:
    """Yokohama has two warning areas."""
    order = replace(FIRST, municipality="14100", municipality_name="横浜市", areas=("1410011",))
    values = said(message(order), "info/area/geocode/value")
    assert set(values) == {"1410011", "141003"}


def test_a_lift_after_a_halt_was_repeated_still_refers_to_all() -> None:
    """Withdrawn: our connector holds nothing in force any more."""
    first, second = heard(message(FIRST)), replace(LIFTED, revision=2, action=Action.LIFT)
    found = heard(message(replace(FIRST, halted=True), second), first.memory, at=LATER)
    assert found.bulletins
    assert not any(item.active for one in found.bulletins for item in one.items)
