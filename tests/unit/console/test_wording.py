"""Order texts: every hazard, order and language has its words, and only blanks can be changed."""

import functools
import re
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.draft import order_types
from console.phrases import AUTOMATIC, FOLDER, LONGEST, WRITTEN, Incomplete, Template, marks, phrases, template
from console.placenames import in_language, moment
from console.wording import Subject, blanks, filled_in, measure, order_word, places, suggested, write
from schemas.levels import level_of, push_bytes
from schemas.records.base import Hazard, OrderType, World
from schemas.records.decided import LANGUAGES, MAX_PUSH_BYTES, Action, Text
from schemas.reference import municipalities
from tests.unit.console.records import AT, FUJISAWA

ALL = [(hazard, order_type, action) for hazard in Hazard for order_type in order_types(hazard) for action in Action]
ROWS = [
    (hazard, row)
    for hazard in ("flood", "heavy_rain", "landslide", "storm_surge", "tsunami", "other")
    for row in (("3", "order", "lift") if hazard == "tsunami" else ("3", "4", "5", "lift"))
]
ORDERED = [(hazard, row) for hazard, row in ROWS if row != "lift"]
FULL = {name: "नेपाली अक्षर "[:most] * most for name, most in LONGEST.items()}


def subject(hazard: Hazard, order_type: OrderType, action: Action = Action.ISSUE, *districts: str) -> Subject:
    """An order of Fujisawa."""
    return Subject(FUJISAWA, hazard, action, order_type, (), districts)


@pytest.mark.parametrize(("hazard", "order_type", "action"), ALL)
def test_every_order_has_its_words(hazard: Hazard, order_type: OrderType, action: Action) -> None:
    """In all nine languages, filled from what the desk suggests, nothing left open, small enough for any push."""
    texts = write(subject(hazard, order_type, action), suggested("境川", AT))
    assert [text.lang for text in texts] == list(WRITTEN) == list(LANGUAGES)
    for text in texts:
        assert not set("{}") & set(text.title + text.body), text
        assert "[[" not in text.body
        assert measure(text).fits
        for world in World:
            assert push_bytes(text.title, text.body, world) <= MAX_PUSH_BYTES


@functools.cache
def longest(action: Action) -> list[tuple[Hazard, OrderType, tuple[Text, ...]]]:
    """Every order, with letters of three bytes in every blank, the longest municipality, and five long districts."""
    town = max((code for code in municipalities()), key=lambda code: len(municipalities()[code].name_en))
    districts = tuple(f"{'鵠沼' * 5}{n}" for n in range(5))
    full = {one: {name: value[: LONGEST[name]].strip() for name, value in FULL.items()} for one in LANGUAGES}
    return [
        (hazard, order_type, write(Subject(town, hazard, action, order_type, (), districts), full))
        for hazard, order_type in dict.fromkeys((hazard, order_type) for hazard, order_type, _ in ALL)
    ]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("action", Action)
def test_full_blanks_and_five_long_districts_still_fit(lang: str, action: Action) -> None:
    """In every language, whatever is ordered for whatever reason."""
    for hazard, order_type, texts in longest(action):
        text = next(text for text in texts if text.lang == lang)
        assert push_bytes(text.title, text.body, World.EXERCISE) <= MAX_PUSH_BYTES, (hazard, order_type)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(("hazard", "row"), ROWS)
def test_every_municipality_of_japan_fits(lang: str, hazard: str, row: str) -> None:
    """One whose name is longer than all 1,741: they have at most seven letters, and 17 of the alphabet before City."""
    town = in_language("かすみがうらみらい市", "Higashimatsushimas City", lang)
    words = phrases(lang)["defaults"] | {"time": moment(AT, lang), "shelter": "避" * 20}
    order = max((order_word(order_type, lang) for order_type in OrderType), key=lambda word: len(word.encode()))
    blank = words | {"municipality": town, "places": f"{town}{town}", "order": order}
    for action in (Action.LIFT,) if row == "lift" else (Action.ISSUE, Action.REVISE, Action.CORRECT):
        text = filled_in(lang, template(lang, hazard, row), action, blank)
        assert push_bytes(text.title, text.body, World.EXERCISE) <= MAX_PUSH_BYTES


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_file_has_every_row_and_only_known_blanks(lang: str) -> None:
    """A hazard or level that one language lacks would block every order of that kind."""
    file = tomllib.loads((FOLDER / f"{lang}.toml").read_text(encoding="utf8"))
    rows = {(hazard, row) for hazard in map(str, Hazard) for row in file.get(hazard, {})}
    assert rows == set(ROWS)
    japanese = tomllib.loads((FOLDER / "ja.toml").read_text(encoding="utf8"))
    for hazard, row in ROWS:
        here, there = Template(**file[hazard][row]), Template(**japanese[hazard][row])
        assert set(here.blanks) <= AUTOMATIC | LONGEST.keys()
        asked = set(there.blanks) - AUTOMATIC
        # やさしい日本語 says what to do first, and names the level in its title
        assert set(here.blanks) - AUTOMATIC == asked, (lang, hazard, row)
        assert {"municipality", "places"} <= set(here.blanks), (lang, hazard, row)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(("hazard", "row"), ROWS)
def test_the_level_is_named_as_a_number_unless_it_is_a_tsunami(lang: str, hazard: str, row: str) -> None:
    """A tsunami order carries no number; nor does its form of level 3, nor a lift."""
    chosen = template(lang, hazard, row)
    digits = {"0123456789０１２３４５６７８９"[n + m] for n in range(3, 6) for m in (0, 10)}
    assert not (digits & set(chosen.title)) if hazard == "tsunami" or row == "lift" else row in _narrow(chosen.title)
    if hazard == "tsunami":
        words = ("レベル", "Level", "level", "级别", "레벨", "Mức", "Nível", "स्तर")
        assert not any(word in chosen.title + chosen.body for word in words)


@pytest.mark.parametrize(("hazard", "row"), ORDERED)
def test_japanese_says_things_in_the_order_of_the_guideline(hazard: str, row: str) -> None:
    """docs/wording.md: level and action, then issuer, area, hazard and order, then the reason, then what to do."""
    chosen = template("ja", hazard, row)
    order = {"3": "高齢者等避難", "4": "避難指示", "5": "緊急安全確保", "order": "避難指示"}[row]
    word = {
        "flood": "川の氾濫",
        "heavy_rain": "大雨",
        "landslide": "土砂災害",
        "storm_surge": "高潮",
        "tsunami": "津波",
    }
    assert order in chosen.title
    assert chosen.title.endswith("{municipality}")
    sentences = chosen.body.split("。")
    about = f"{word[hazard]}についての" if hazard in word else ""
    assert sentences[0] == f"{{places}}に{about}「{order}」を発令しました"
    assert "ください" not in sentences[1], "the reason comes before what to do"
    assert any("ください" in sentence for sentence in sentences[2:])
    assert "ください" not in sentences[0]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(("hazard", "row"), ORDERED)
def test_other_languages_name_order_and_area_before_what_to_do(lang: str, hazard: str, row: str) -> None:
    """Their first sentence is the order; only やさしい日本語 begins with what to do."""
    chosen = template(lang, hazard, row)
    if lang != "ja-easy":
        assert chosen.body.index("{places}") < chosen.body.index("{time}")
        first = chosen.body.replace("v.v.", "").replace("etc.", "").replace("atbp.", "").replace("Etc.", "")
        assert "{places}" in first.split("。" if lang in ("ja", "zh") else "।" if lang == "ne" else ". ")[0]
    assert "{time}" in chosen.body


BANNED = {
    "ja": (
        "念のため",
        "お願いします",
        "湛水",
        "内水",
        "越水",
        "溢水",
        "破堤",
        "立退き",
        "垂直避難",
        "避難勧告",
        "速やかに",
    ),
    "ja-easy": ("念のため", "お願いします", "避難勧告", "浸水", "氾濫"),
    "en": ("just in case", "Evacuation Advisory"),
    "zh": ("以防万一", "避难劝告"),
    "ko": ("만일을 위해", "피난 권고", "부탁"),
    "vi": ("phòng khi", "Khuyến cáo"),
    "pt": ("por precaução", "Recomendação"),
    "tl": ("kung sakali", "Rekomendasyon"),
    "ne": ("कृपया",),
}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_words_that_do_not_make_people_move_are_not_used(lang: str) -> None:
    """No "to be safe", no request as the only verb, no word of the trade without a gloss, no abolished order name."""
    for hazard, row in ROWS:
        chosen = template(lang, hazard, row)
        assert not [word for word in BANNED[lang] if word in chosen.title + chosen.body], (hazard, row)


WHAT_REMAINS = {
    "flood": ("川や水路",), "heavy_rain": ("道路", "側溝"), "landslide": ("崖", "谷"), "storm_surge": ("海岸",),
    "tsunami": ("流れ",), "other": ("危険な場所",),
}  # fmt: skip


@pytest.mark.parametrize("hazard", WHAT_REMAINS)
def test_a_lift_says_what_is_still_dangerous(hazard: str) -> None:
    """ "It is over" alone sends people back to the river."""
    body = template("ja", hazard, "lift").body
    assert any(word in body for word in WHAT_REMAINS[hazard])
    assert "ください" in body
    for lang in LANGUAGES:
        sentences = re.split(r"[。.।] ?", template(lang, hazard, "lift").body)
        assert len([sentence for sentence in sentences if "{time}" not in sentence]) >= 2, lang


@pytest.mark.parametrize("lang", [lang for lang in LANGUAGES if lang not in ("ja", "ja-easy")])
def test_no_japanese_is_left_in_other_languages(lang: str) -> None:
    """No kana anywhere; no kanji but in Chinese, where names are written as signs in the street write them."""
    for hazard, order_type, action in ALL:
        text = next(t for t in write(subject(hazard, order_type, action), suggested("境川", AT)) if t.lang == lang)
        assert not [char for char in text.title + text.body if "ぁ" <= char <= "ヿ"], text
        kanji = [char for char in text.title + text.body if "一" <= char <= "鿿"]
        assert lang == "zh" or not kanji, text
        if lang in ("ko", "zh", "ne"):
            assert sum("a" <= char.lower() <= "z" for char in text.body) < 40, "foreign words in the text"


def test_a_missing_blank_blocks_and_names_itself() -> None:
    """Without the river's name in English there is no text in any language."""
    values = suggested("境川", AT)
    del values["en"]["river"]
    with pytest.raises(Incomplete, match=r"English.*River"):
        write(subject(Hazard.FLOOD, OrderType.EVACUATION_ORDER), values)


WRONG: list[tuple[dict[str, str], str]] = [
    ({"rivver": "境川"}, "欄はありません"),
    ({"municipality": "横浜市"}, "欄はありません"),
    ({"river": "境川\nの支流"}, "改行"),
    ({"river": "境\u0007川"}, "見えない文字"),
    ({"river": "川境\u202e"}, "見えない文字"),
    ({"river": "【訓練】境川"}, "【訓練】"),
    ({"river": "境川【試験】"}, "【試験】"),
    ({"river": "[Update] 境川"}, r"\[Update\]"),
    ({"river": "【解除】境川"}, "【解除】"),
    ({"river": "川" * 31}, "30文字まで"),
    ({"time": "時" * 41}, "40文字まで"),
]


@pytest.mark.parametrize(("changes", "says"), WRONG)
def test_what_may_not_stand_in_a_blank(changes: dict[str, str], says: str) -> None:
    """A blank is a name, a time, a cause: no line break, no hidden character, no mark that only sending sets."""
    values: dict[str, Any] = suggested("境川", AT)
    values["ja"] |= changes
    with pytest.raises(Incomplete, match=says):
        write(subject(Hazard.FLOOD, OrderType.EVACUATION_ORDER), values)


def test_letters_of_other_scripts_are_no_hidden_characters() -> None:
    """Devanagari is spelled with joiners, Vietnamese with combining accents."""
    values = suggested("境川", AT)
    values["ne"]["river"] = "क्\u200dष नदी"
    values["vi"]["river"] = "sông Sa\u0302kai"
    assert write(subject(Hazard.FLOOD, OrderType.EVACUATION_ORDER), values)


def test_an_optional_sentence_goes_with_its_blank() -> None:
    """No shelter, no sentence about one."""
    about, values = subject(Hazard.FLOOD, OrderType.EVACUATION_ORDER), suggested("境川", AT)
    assert "避難先" not in write(about, values)[0].body
    values["ja"]["shelter"] = "鵠沼小学校"
    assert "避難先は鵠沼小学校です。" in write(about, values)[0].body


def test_districts_take_the_place_of_the_town() -> None:
    """Named districts are listed as the language lists."""
    about = subject(Hazard.LANDSLIDE, OrderType.EVACUATION_ORDER, Action.ISSUE, "片瀬", "江の島")
    texts = {text.lang: text.body for text in write(about, suggested(None, AT))}
    assert "片瀬、江の島に土砂災害についての「避難指示」" in texts["ja"]
    assert "for 片瀬, 江の島." in texts["en"]


def test_places_are_called_as_each_language_calls_them() -> None:
    """The kind of municipality in the reader's own word; areas of a divided city, too."""
    texts = {t.lang: t for t in write(subject(Hazard.FLOOD, OrderType.EVACUATION_ORDER), suggested("境川", AT))}
    said = {"zh": "藤沢市", "ko": "후지사와시", "vi": "thành phố Fujisawa", "pt": "cidade de Fujisawa",
            "tl": "Lungsod ng Fujisawa", "ne": "Fujisawa शहर", "en": "Fujisawa City"}  # fmt: skip
    assert all(name in texts[lang].title and name in texts[lang].body for lang, name in said.items())
    half = Subject("14100", Hazard.OTHER, Action.ISSUE, OrderType.EVACUATION_ORDER, ("1410011",), ())
    assert [places(half, lang) for lang in ("ja", "en", "ko")] == ["横浜市北部", "Northern Yokohama", "요코하마시 북부"]


@pytest.mark.parametrize(("action", "mark"), [(Action.REVISE, "【更新】"), (Action.CORRECT, "【訂正】")])
def test_changes_say_that_they_are_changes(action: Action, mark: str) -> None:
    """A revised order's title begins with its mark."""
    text = write(subject(Hazard.FLOOD, OrderType.EVACUATION_ORDER, action), suggested("境川", AT))[0]
    assert text.title.startswith(mark)


@given(st.text(alphabet=st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=30))
def test_what_an_officer_enters_is_never_a_template(entered: str) -> None:
    """Braces and brackets in a blank stay what was typed."""
    values = suggested("境川", AT)
    values["ja"]["river"] = entered
    if any(mark in entered for mark in marks()):
        return
    assert f"。{entered}があふれる" in write(subject(Hazard.FLOOD, OrderType.EVACUATION_ORDER), values)[0].body


def test_a_text_that_no_push_can_carry_is_refused() -> None:
    """Ninety districts with long names exceed the 1,800 bytes."""
    names = tuple(f"とても長い名前の地区その{n}丁目" for n in range(90))
    with pytest.raises(Incomplete, match=r"長すぎます（題名 \d+/200・本文 \d+/1800"):
        write(subject(Hazard.FLOOD, OrderType.EVACUATION_ORDER, Action.ISSUE, *names), suggested("境川", AT))


def test_blanks_name_what_is_needed() -> None:
    """River and time must be filled, the shelter may be left out."""
    found = {b.name: b.required for b in blanks(subject(Hazard.FLOOD, OrderType.EVACUATION_ORDER)) if b.lang == "ja"}
    assert found == {"river": True, "shelter": False, "time": True}


def test_a_policy_says_that_it_was_issued_by_itself() -> None:
    """Signed beforehand, it knows no time."""
    said = {lang: values["time"] for lang, values in suggested(None, None).items()}
    assert (said["ja"], said["en"]) == ("自動発令", "issued automatically")
    assert set(said) == set(LANGUAGES)


def test_the_number_of_an_order_is_its_own() -> None:
    """The template of a level is found by the level, never by what the officer typed."""
    for order_type in order_types(Hazard.FLOOD):
        title = write(subject(Hazard.FLOOD, order_type), suggested(None, AT))[0].title
        assert f"【警戒レベル{'０１２３４５'[level_of(order_type) or 0]}】" in title


def _narrow(words: str) -> str:
    return words.translate(str.maketrans("０１２３４５６７８９", "0123456789"))


def test_marks_of_all_languages_are_known() -> None:
    """What a title may be given when it is sent is what nobody may type."""
    assert {"【訓練】", "【試験】", "【更新】", "[Correction]", "[अद्यावधिक]", "【解除】"} <= set(marks())
