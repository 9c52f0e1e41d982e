"""What the public pages say: the orders in force and nothing else, in every language, with the data's time."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from functools import cache

import pytest

from console.public.book import Book
from console.public.site import STATUS, Look, Told, assets, lists, no_status, of_order
from console.public.words import every_language, words
from schemas.public_paths import folder, order_page
from schemas.records.base import OrderType, World
from schemas.records.decided import LANGUAGES, Action, Order, Text
from tests.unit.console.records import AT, FUJISAWA, ODAWARA, order

TOLD = Told(AT, AT)
LOOK = Look((FUJISAWA, ODAWARA))


def book(*orders: Order) -> Book:
    """A book that took these."""
    made = Book()
    for taken in orders:
        made.take(taken)
    return made


def index(of: Book, world: World = World.ACTUAL, lang: str = "ja") -> str:
    """The page of what is in force."""
    return lists(of, world, TOLD, LOOK)[f"{folder(world, lang)}index.html"].decode()


def test_an_order_in_force_is_on_the_list_with_number_word_place_action_and_time() -> None:
    """What docs/wording.md asks of every resident's text, on the page, too."""
    page = index(book(order(texts=(Text("ja", "題名", "いますぐ避難してください。"),))))
    for expected in (
        "警戒レベル４ 避難指示",
        "藤沢市全域",
        "土砂災害",
        "いますぐ避難してください。",
        "9月21日（月）15:40",
    ):
        assert expected in page


def test_a_lifted_order_leaves_the_list_and_keeps_its_page() -> None:
    """A push that is opened a week later still finds what it was about, and that it is over."""
    lifted = order(2, in_force=False, action=Action.LIFT, texts=(Text("ja", "解除", "避難指示を解除しました。"),))
    both = book(order(), lifted)
    assert "発令中の避難情報はありません" in index(both)
    page = of_order(both, World.ACTUAL, "order-1", TOLD, LOOK)["orders/order-1.html"].decode()
    assert "この避難情報は解除されました。" in page
    past = lists(both, World.ACTUAL, TOLD, LOOK)["past.html"].decode()
    assert "/orders/order-1.html" in past


@cache
def drills(world: World) -> list[dict[str, bytes]]:
    """With an order in force and one that is over, without any, and the two orders themselves; in every language."""
    drill = order(world=world, id="drill", texts=(Text("ja", "題名", "一行目。\n二行目。"),))
    over = (order(world=world, id="over"), order(2, world=world, id="over", in_force=False, action=Action.LIFT))
    full = book(drill, *over)
    ones = [of_order(full, world, name, TOLD, LOOK) for name in ("drill", "over")]
    return [lists(full, world, TOLD, LOOK), lists(book(), world, TOLD, LOOK), *ones]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(("world", "mark"), [(World.EXERCISE, "【訓練】"), (World.TEST, "【試験】")])
def test_every_line_of_a_drill_says_so(lang: str, world: World, mark: str) -> None:
    """On every line of every page and in its title: lists with and without orders, what was, and the order itself."""
    names = {order_page(world, lang, name) for name in ("drill", "over")}
    names |= {f"{folder(world, lang)}{name}.html" for name in ("index", "past")}
    said = words(lang).say
    pages = [content.decode() for made in drills(world) for name, content in made.items() if name in names]
    assert len(pages) == 6
    for page in pages:
        assert f"<title>{mark}" in page
        buttons = {said["subscribe"], said["refresh"]}  # what they do is real
        assert [line for line in lines_of(page) if mark not in line and line not in buttons] == []


def lines_of(page: str) -> list[str]:
    """What a reader sees below the frame, block by block, each line of a text by itself."""
    main = page.split("<main")[1].split(">", 1)[1].split("</main>")[0]
    blocks = re.sub(r"</?(?:p|h\d|div|section|article|a|br|li|ul)\b[^>]*>", "\n", main)
    return [line for line in (re.sub(r"<[^>]+>", "", one).strip() for one in blocks.split("\n")) if line]


def test_a_lifted_orders_page_does_not_change_with_the_clock() -> None:
    """Thousands of past pages are not written again each minute."""
    ended = book(order(2, in_force=False))
    later = Told(AT + timedelta(days=3), AT + timedelta(days=3))
    assert of_order(ended, World.ACTUAL, "order-1", TOLD, LOOK) == of_order(ended, World.ACTUAL, "order-1", later, LOOK)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_language_has_all_words(lang: str) -> None:
    """A sentence that one language lacks would be missing on the night it is needed."""
    said = {words.lang: words for words in every_language()}
    assert said[lang].say.keys() == said["ja"].say.keys()
    assert said[lang].hazards.keys() == said["ja"].hazards.keys()
    for name in ("late", "level", "tsunami", "revision"):
        blanks = [
            blank
            for blank in ("{minutes}", "{level}", "{order}", "{town}", "{number}")
            if blank in said["ja"].say[name]
        ]
        assert [blank for blank in blanks if blank not in said[lang].say[name]] == []


def test_a_language_that_the_municipality_did_not_write_says_so() -> None:
    """Japanese text on a Vietnamese page is explained in Vietnamese."""
    page = index(book(order()), lang="vi")
    assert "Mức cảnh báo 4: Chỉ thị lánh nạn" in page
    assert "chỉ có tiếng Nhật" in page
    assert "本文" in page


def test_every_link_leads_somewhere() -> None:
    """Also where nobody can subscribe and no link test runs: the status page then says so, in words."""
    ended = replace(order(), id="order-past", in_force=False, action=Action.LIFT)
    both = book(order(), ended)
    made = {STATUS: no_status()} | assets()
    for world in World:
        made |= lists(both, world, TOLD, replace(LOOK, resident=False))
    for known in ("order-1", "order-past"):
        made |= of_order(both, World.ACTUAL, known, TOLD, LOOK)
    named = {link for name, page in made.items() if name.endswith(".html") for link in links_of(page.decode())}
    assert {"/status.html", "/vi/past.html", "/orders/order-1.html"} <= named
    assert {link for link in named if (link.lstrip("/") + "index.html" * link.endswith("/")) not in made} == set()
    assert "/resident/" in links_of(index(both))


def links_of(page: str) -> set[str]:
    """What a page names on its own site."""
    return set(re.findall(r'(?:href|src)="(/[^"]*)"', page))


def test_a_drill_is_marked_on_every_line_and_only_in_its_own_world() -> None:
    """Neither looks like the other, in no language."""
    drill = book(order(world=World.EXERCISE, texts=(Text("ja", "題名", "訓練の本文\n訓練の本文、二行目"),)))
    for lang in LANGUAGES:
        page = index(drill, World.EXERCISE, lang)
        lines = [line for line in page.splitlines() if "訓練の本文" in line or 'class="level' in line or "<h1>" in line]
        assert len(lines) == 4
        assert all("【訓練】" in line for line in lines)
        assert 'class="world-exercise"' in page
        assert "【訓練】" not in index(drill, World.ACTUAL, lang)
    assert "訓練の本文" not in index(drill)
    (data,) = json.loads(lists(drill, World.EXERCISE, TOLD, LOOK)["exercise/orders.json"])["orders"]
    assert data["texts"] == [
        {"lang": "ja", "title": "【訓練】題名", "body": "【訓練】訓練の本文\n【訓練】訓練の本文、二行目"}
    ]


def test_a_tsunami_order_has_no_number() -> None:
    """The guideline gives it none; a wrong one would be read as a lower danger."""
    page = index(book(order(order_type=OrderType.TSUNAMI_EVACUATION, level=None)))
    assert "津波 避難指示" in page
    assert "警戒レベル" not in page


def test_an_unreadable_order_is_said() -> None:
    """A page that lacks an order must not look complete."""
    short = book()
    short.miss(World.ACTUAL)
    assert short.worlds_touched() == {World.ACTUAL}
    assert "読み取れなかった発令があります" in index(short)
    assert json.loads(lists(short, World.ACTUAL, TOLD, LOOK)["orders.json"])["unreadable"] == 1


def test_no_word_is_hidden_by_a_method_of_its_table() -> None:
    """A template that asks for `say.update` would print the method of the dictionary."""
    assert not [name for name in every_language()[0].say if hasattr(dict, name)]
    for lang in LANGUAGES:
        assert "built-in" not in index(book(order()), lang=lang)


def test_words_of_a_municipality_never_become_markup() -> None:
    """Text is text."""
    page = index(book(order(texts=(Text("ja", "t", "<script>alert(1)</script>"),))))
    assert "<script>alert" not in page


def test_the_gravest_order_of_a_town_stands_first_and_repeats_change_nothing() -> None:
    """As on the desk: 5, then a tsunami order, then 4."""
    grave = replace(order(), id="order-5", level=5, order_type=OrderType.EMERGENCY_SAFETY)
    wave = replace(order(), id="order-t", level=None, order_type=OrderType.TSUNAMI_EVACUATION)
    both = book(order(), wave, grave, order())
    assert [found.id for found in both.in_force(World.ACTUAL)] == ["order-5", "order-t", "order-1"]
    assert both.touched() == ((World.ACTUAL, "order-1"), (World.ACTUAL, "order-t"), (World.ACTUAL, "order-5"))
    assert both.touched() == ()


def test_an_id_that_is_no_file_name_is_refused() -> None:
    """Nobody writes outside of the folder by an order's id."""
    for bad in ("../../etc/passwd", "", "a/b", "x" * 65, "a.b"):
        with pytest.raises(ValueError, match="no order's id"):
            order_page(World.ACTUAL, "ja", bad)


def test_an_order_that_no_page_can_show_is_the_records_own_fault() -> None:
    """It is counted and said on the page; the publisher goes on."""
    for wrong in (order(id="../x"), order(texts=()), order(texts=(Text("en", "t", "b"),))):
        with pytest.raises(ValueError, match=r"no order's id|no text in Japanese"):
            book(wrong)


def test_paths_are_one_folder_per_world_and_language() -> None:
    """What pushes link to is what is written."""
    assert order_page(World.ACTUAL, "ja", "o1") == "orders/o1.html"
    assert order_page(World.EXERCISE, "en", "o1") == "exercise/en/orders/o1.html"
    written = of_order(book(order(world=World.EXERCISE)), World.EXERCISE, "order-1", TOLD, LOOK)
    assert {order_page(World.EXERCISE, lang, "order-1") for lang in LANGUAGES} < written.keys()
