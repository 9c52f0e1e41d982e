"""The words a device is given."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.phrases import marks
from console.wording import Subject, suggested, write
from notifier.render import MAX_PAYLOAD_BYTES, Letter, Unrenderable, render, render_call, render_order
from schemas.levels import marked
from schemas.records.base import Hazard, OrderType, World
from schemas.records.decided import LANGUAGES, MAX_BODY_BYTES, MAX_TITLE_BYTES, Action, CallKind, Text
from tests.deliveries import NOON, TEXTS, a_call, a_job, an_order

URL = "https://sonae.example.jp/public/14205"
RECEIPT = "0123456789abcdef012345." + "m" * 43
WORDS = st.text(alphabet=st.characters(blacklist_categories=["Cs"]), min_size=1).filter(lambda text: text.strip())


def payload(letter: Letter, receipt: str | None = RECEIPT) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(letter.payload(receipt))
    return read


def test_an_order_says_all_that_a_service_worker_needs() -> None:
    """Nothing else is fetched at the moment of alarm."""
    assert payload(render_order(an_order(), "ja", URL)) == {
        "v": 1,
        "kind": "order",
        "id": "0d" * 16,
        "rev": 1,
        "tag": "0d" * 16,
        "world": "actual",
        "title": "藤沢市 避難指示",
        "body": "境川が氾濫するおそれがあります。\n危険な場所から全員避難してください。",
        "lang": "ja",
        "level": 4,
        "hazard": "flood",
        "action": "issue",
        "url": URL,
        "at": "2026-09-21T03:00:00+00:00",
        "urgent": True,
        "receipt": RECEIPT,
    }


def test_a_declarative_push_says_the_same_without_a_service_worker() -> None:
    """Safari shows `notification` itself; the facts ride along in `data`."""
    said = payload(render_order(an_order(), "en", URL, declarative=True))
    assert said["web_push"] == 8030
    shown = said["notification"]
    assert shown["title"] == "Fujisawa City: Evacuation Order"
    assert (shown["navigate"], shown["tag"], shown["lang"]) == (URL, "0d" * 16, "en")
    assert shown["data"]["rev"] == 1
    assert shown["data"]["receipt"] == RECEIPT


@given(order=st.permutations(LANGUAGES), lang=st.sampled_from(LANGUAGES))
def test_a_language_is_found_by_its_name_not_by_its_place(order: list[str], lang: str) -> None:
    """A Nepali reader must not get Vietnamese because somebody sorted the texts."""
    texts = tuple(Text(one, f"title in {one}", f"body in {one}") for one in order)
    letter = render_order(an_order(texts=texts), lang, URL)
    assert (letter.title, letter.body, letter.lang) == (f"title in {lang}", f"body in {lang}", lang)


@pytest.mark.parametrize("lang", ["ne", "ja-easy", "xx", ""])
def test_a_language_that_is_missing_falls_back_to_japanese(lang: str) -> None:
    """Better the words of the town hall than none; also when Japanese is not the first text."""
    letter = render_order(an_order(texts=TEXTS[::-1]), lang, URL)
    assert (letter.lang, letter.title) == ("ja", "藤沢市 避難指示")


def test_an_order_without_japanese_is_refused() -> None:
    """English by chance is not a fallback anybody chose."""
    with pytest.raises(Unrenderable, match="ja is required"):
        render_order(an_order(texts=(TEXTS[1],)), "vi", URL)


@pytest.mark.parametrize(("world", "mark"), [(World.EXERCISE, "【訓練】"), (World.TEST, "【試験】")])
@pytest.mark.parametrize("lang", ["ja", "en"])
def test_a_drill_is_marked_on_its_title_and_on_every_line(world: World, mark: str, lang: str) -> None:
    """In every language the same Japanese mark, which is on every drill poster."""
    said = payload(render_order(an_order(world=world), lang, URL))
    assert said["title"].startswith(mark)
    assert len(said["body"].splitlines()) == 2
    assert all(line.startswith(mark) for line in said["body"].splitlines())
    assert said["urgent"] is False


@given(world=st.sampled_from(World), text=WORDS)
def test_marks_are_on_all_lines_or_on_none(world: World, text: str) -> None:
    """Whatever characters end a line, and if the author already marked some."""
    mark = {World.ACTUAL: "", World.EXERCISE: "【訓練】", World.TEST: "【試験】"}[world]
    out = marked(world, text)
    assert all(line.startswith(mark) for line in out.splitlines())
    assert marked(world, out) == out
    assert world is not World.ACTUAL or out == text


@pytest.mark.parametrize(
    ("action", "lang", "title"),
    [
        (Action.REVISE, "ja", "【更新】藤沢市 避難指示"),
        (Action.CORRECT, "ja", "【訂正】藤沢市 避難指示"),
        (Action.LIFT, "ja", "【解除】藤沢市 避難指示"),
        (Action.LIFT, "en", "[Lifted] Fujisawa City: Evacuation Order"),
        (Action.ISSUE, "en", "Fujisawa City: Evacuation Order"),
    ],
)
def test_a_title_says_first_what_changed(action: Action, lang: str, title: str) -> None:
    """A lift must not look like a second order."""
    order = an_order(action=action, in_force=action is not Action.LIFT)
    assert render_order(order, lang, URL).title == title


def test_a_title_that_says_it_already_is_left_alone() -> None:
    """「避難指示の解除」 needs no second 解除."""
    order = an_order(action=Action.LIFT, in_force=False, texts=(Text("ja", "避難指示の解除", "安全です。"),))
    assert render_order(order, "ja", URL).title == "避難指示の解除"


def test_a_call_wakes_an_officer_with_what_to_decide() -> None:
    """Kind, hazard and level at a glance; the tap leads to the desk."""
    said = payload(render_call(a_call(), "ja", "https://desk.example.jp/calls/1"), None)
    assert said["title"] == "【呼出】確認してください 河川氾濫 レベル4"
    assert said["body"] == "境川の水位から、避難指示の基準に達しました。"
    assert (said["kind"], said["rev"], said["receipt"]) == ("call", 1, None)
    assert said["url"] == "https://desk.example.jp/calls/1"
    missing = render_call(a_call(kind=CallKind.APPROVER_MISSING, level=None, world=World.EXERCISE), "en", URL)
    assert missing.title == "【訓練】[Call] A second approver is missing River flooding"
    assert missing.body.startswith("【訓練】")


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("declarative", [False, True])
def test_an_approved_text_at_its_limits_is_always_deliverable(lang: str, declarative: bool) -> None:
    """What two officers approved must not turn out to be too long for the air."""
    line = "あ" * 19 + "。" + "\n"
    body = (line * 40).encode()[:MAX_BODY_BYTES].decode(errors="ignore")
    text = Text(lang, "指" * (MAX_TITLE_BYTES // 3), body)
    order = an_order(texts=(text,) if lang == "ja" else (TEXTS[0], text), world=World.ACTUAL, action=Action.REVISE)
    whole = render_order(order, lang, URL, declarative).payload(RECEIPT)
    assert len(whole) <= MAX_PAYLOAD_BYTES


def test_a_text_of_five_thousand_bytes_is_refused_and_says_why() -> None:
    """Refused as a whole: half an order could say the opposite."""
    order = an_order(texts=(Text("ja", "藤沢市 避難指示", "逃" * 1667),))
    letter = render_order(order, "ja", URL)
    with pytest.raises(Unrenderable, match=r"the ja payload has 5\d\d\d bytes of at most 2641: shorten"):
        letter.payload(RECEIPT)


def test_an_empty_title_is_refused() -> None:
    """A browser would show its own name instead."""
    with pytest.raises(Unrenderable, match="title is empty"):
        render_order(an_order(texts=(Text("ja", " ", "x"),)), "ja", URL)


def test_a_job_with_nothing_in_it_is_refused() -> None:
    """The guard stops it first; this is the belt."""
    with pytest.raises(Unrenderable, match="neither an order nor a call"):
        render(a_job(an_order(), order=None), "ja", URL)


@given(title=WORDS, body=st.text(alphabet=st.characters(blacklist_categories=["Cs"]), max_size=300))
def test_words_arrive_as_they_were_written(title: str, body: str) -> None:
    """Whatever the author typed, quotes and control characters included."""
    said = payload(render_order(an_order(texts=(Text("ja", title[:60], body),)), "ja", URL))
    assert (said["title"], said["body"], said["receipt"]) == (title[:60], body, RECEIPT)


def test_a_call_about_the_end_of_sending_says_so() -> None:
    """Its kind alone would say that an approver is missing."""
    said = render_call(a_call(kind=CallKind.APPROVER_MISSING, detail="sending_ends"), "ja", URL)
    assert said.title == "【呼出】送信期限の確認 河川氾濫 レベル4"
    english = render_call(a_call(kind=CallKind.APPROVER_MISSING, detail="sending_ends"), "en", URL)
    assert english.title == "[Call] Sending ends: extend it or lift River flooding Level 4"
    unknown = render_call(a_call(kind=CallKind.APPROVER_MISSING, detail="of another version"), "ja", URL)
    assert unknown.title.startswith("【呼出】承認者がいません")


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("action", [Action.REVISE, Action.CORRECT, Action.LIFT])
def test_what_a_title_is_given_is_what_nobody_may_type(lang: str, action: Action) -> None:
    """The form's words in each language are among the marks that the desk refuses in a blank."""
    texts = tuple(Text(one, "title", "body") for one in LANGUAGES)
    order = an_order(texts=texts, action=action, in_force=action is not Action.LIFT)
    form = render_order(order, lang, URL).title.removesuffix("title").strip()
    assert form in marks()


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("action", Action)
def test_a_template_says_once_what_it_changes(lang: str, action: Action) -> None:
    """The templates' own words for update, correction and lift are those that sending would add."""
    about = Subject("14205", Hazard.FLOOD, action, OrderType.EVACUATION_ORDER, (), ())
    texts = write(about, suggested("境川", NOON))
    order = an_order(texts=texts, action=action, in_force=action is not Action.LIFT)
    own = next(text.title for text in texts if text.lang == lang)
    assert render_order(order, lang, URL).title == own
