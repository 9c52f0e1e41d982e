"""Order texts: every hazard, order and language has its words, and only blanks can be changed."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.draft import order_types
from console.wording import FOLDER, WRITTEN, Incomplete, Subject, blanks, measure, suggested, write
from schemas.levels import level_of
from schemas.records.base import Hazard, OrderType
from schemas.records.decided import LANGUAGES, Action
from tests.unit.console.records import AT, FUJISAWA

ALL = [
    (hazard, order_type, action)
    for hazard in Hazard
    for order_type in order_types(hazard)
    for action in (Action.ISSUE, Action.LIFT)
]


def subject(hazard: Hazard, order_type: OrderType, action: Action = Action.ISSUE, *districts: str) -> Subject:
    """An order of Fujisawa."""
    return Subject(FUJISAWA, hazard, action, order_type, (), districts)


@pytest.mark.parametrize(("hazard", "order_type", "action"), ALL)
def test_every_order_has_its_words(hazard: Hazard, order_type: OrderType, action: Action) -> None:
    """In each language, filled from what the desk suggests, nothing left open, small enough for a push."""
    texts = write(subject(hazard, order_type, action), suggested("境川", AT))
    assert [text.lang for text in texts] == list(WRITTEN)
    for text in texts:
        assert not set("{}[]") & set(text.body), text.body
        assert measure(text).fits
        assert "Fujisawa City" in text.body if text.lang == "en" else "藤沢市" in text.body


@pytest.mark.parametrize(("hazard", "order_type", "action"), ALL)
def test_the_level_is_named_unless_it_is_a_tsunami(hazard: Hazard, order_type: OrderType, action: Action) -> None:
    """Number and word in the Japanese title; a tsunami order carries no number (domain.md §1.2)."""
    if action is Action.LIFT:
        return
    title = write(subject(hazard, order_type), suggested(None, AT))[0].title
    level = level_of(order_type)
    if hazard is Hazard.TSUNAMI:
        assert "レベル" not in title
    else:
        assert f"【警戒レベル{'０１２３４５'[level or 0]}】" in title


def test_words_that_do_not_make_people_move_are_not_used() -> None:
    """念のため, and お願いします as the only verb, have no place in an order (domain.md §7.4)."""
    for lang in WRITTEN:
        words = (FOLDER / f"{lang}.toml").read_text(encoding="utf8").split("\n\n", 1)[1]
        assert "念のため" not in words
        assert "お願いします" not in words


def test_files_say_the_same_orders() -> None:
    """A hazard or level that one language lacks would block every order of that kind."""
    files = [tomllib.loads((FOLDER / f"{lang}.toml").read_text(encoding="utf8")) for lang in WRITTEN]
    rows = [{(h, row) for h in map(str, Hazard) for row in file.get(h, {})} for file in files]
    assert rows[0] == rows[1] == rows[2]
    assert set(WRITTEN) <= set(LANGUAGES)


def test_a_missing_blank_blocks_and_names_itself() -> None:
    """Without the river's name in English there is no text in any language."""
    values = suggested("境川", AT)
    del values["en"]["river"]
    with pytest.raises(Incomplete, match=r"English.*River"):
        write(subject(Hazard.FLOOD, OrderType.EVACUATION_ORDER), values)


def test_an_optional_sentence_goes_with_its_blank() -> None:
    """No shelter, no sentence about one."""
    about, values = subject(Hazard.FLOOD, OrderType.EVACUATION_ORDER), suggested("境川", AT)
    assert "避難先" not in write(about, values)[0].body
    values["ja"]["shelter"] = "鵠沼小学校"
    assert "避難先は鵠沼小学校です。" in write(about, values)[0].body


def test_districts_take_the_place_of_the_town() -> None:
    """Named districts are listed as the language lists."""
    about = subject(Hazard.LANDSLIDE, OrderType.EVACUATION_ORDER, Action.ISSUE, "片瀬", "江の島")
    japanese, _, english = write(about, suggested(None, AT))
    assert "片瀬、江の島に「避難指示」" in japanese.body
    assert "for 片瀬, 江の島." in english.body


@pytest.mark.parametrize(("action", "marks"), [(Action.REVISE, "【更新】"), (Action.CORRECT, "【訂正】")])
def test_changes_say_that_they_are_changes(action: Action, marks: str) -> None:
    """A revised order's title begins with its mark."""
    text = write(subject(Hazard.FLOOD, OrderType.EVACUATION_ORDER, action), suggested("境川", AT))[0]
    assert text.title.startswith(marks)


@given(st.text(min_size=1, max_size=40).filter(str.strip))
def test_what_an_officer_enters_is_never_a_template(entered: str) -> None:
    """Braces and brackets in a blank stay what was typed."""
    values = suggested("境川", AT)
    values["ja"]["river"] = entered
    body = write(subject(Hazard.FLOOD, OrderType.EVACUATION_ORDER), values)[0].body
    assert body.startswith(entered.strip())


def test_a_text_that_no_push_can_carry_is_refused() -> None:
    """Ninety districts with long names exceed the 1,800 bytes."""
    names = tuple(f"とても長い名前の地区その{n}丁目" for n in range(90))
    with pytest.raises(Incomplete, match="長すぎます"):
        write(subject(Hazard.FLOOD, OrderType.EVACUATION_ORDER, Action.ISSUE, *names), suggested("境川", AT))


def test_blanks_name_what_is_needed() -> None:
    """River and time must be filled, the shelter may be left out."""
    found = {b.name: b.required for b in blanks(subject(Hazard.FLOOD, OrderType.EVACUATION_ORDER)) if b.lang == "ja"}
    assert found == {"river": True, "shelter": False, "time": True}
