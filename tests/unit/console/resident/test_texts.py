"""The page's words: complete in every language, with the same blanks, and called as orders themselves call things."""

import re
from pathlib import Path

import pytest

from console.phrases import language_name
from console.resident.site import FOLDER
from console.resident.texts import blanks, names, texts, worker_words
from console.wording import order_word
from schemas.levels import level_of
from schemas.records.base import OrderType
from schemas.records.decided import LANGUAGES

OTHERS = [lang for lang in LANGUAGES if lang != "ja"]
SAME_IN_ENGLISH = {"check.at", "level.tsunami", "shelters.tsunami", "page.time", "places.search_hint", "check.support"}
"""Nothing but a blank, or a word that another language took over: Tsunami, Browser."""

NAMED = (
    ("notify.done", "check.send_test"),
    ("check.subscription_forgotten", "notify.turn_on"),
    ("page.noscript", "orders.all"),
)
"""A sentence, and the button or link that it names."""

COMPUTED = {"level", "denied", "ios", "check", "shelters"}
"""Tables whose keys are put together in the scripts."""


@pytest.mark.parametrize("lang", OTHERS)
def test_every_language_says_everything(lang: str) -> None:
    """The same keys, with the same blanks, and none empty."""
    said, wanted = texts(lang), texts("ja")
    assert sorted(said) == sorted(wanted)
    assert [key for key in wanted if key != "page.time" and blanks(said[key]) != blanks(wanted[key])] == []
    assert [key for key, text in said.items() if not text.strip() or text != text.strip()] == []


@pytest.mark.parametrize("lang", [lang for lang in OTHERS if lang != "en"])
def test_nothing_was_left_in_english(lang: str) -> None:
    """But for words that are the same."""
    english, said = texts("en"), texts(lang)
    assert {key for key in said if said[key] == english[key]} <= SAME_IN_ENGLISH


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_level_is_a_number_and_the_word_of_the_order(lang: str) -> None:
    """As its title in the push: a reader must recognise one by the other."""
    said = texts(lang)
    for order_type in OrderType:
        level = level_of(order_type)
        words = said["level.tsunami" if level is None else f"level.{level}"]
        assert order_word(order_type, lang) in words
        assert level is None or str(level) in words


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_button_is_called_what_is_written_on_it(lang: str) -> None:
    """Who is told to press something finds it by these words."""
    said = texts(lang)
    assert [(sentence, button) for sentence, button in NAMED if said[button] not in said[sentence]] == []


def test_languages_are_offered_by_their_own_names() -> None:
    """In the order in which an order carries them, and as the order texts call them."""
    assert names() == {lang: language_name(lang) for lang in LANGUAGES}
    assert len(set(names().values())) == len(LANGUAGES)


def test_the_worker_speaks_them_all() -> None:
    """Without a network it has no other words."""
    for lang, words in worker_words().items():
        assert set(words) == {"locale", "levels", "tsunami", "unreadable_title", "unreadable_body"}, lang


def test_every_text_is_used_and_every_use_has_one() -> None:
    """A key of the markup or the scripts that nobody wrote would stand on the page."""
    sources = "\n".join(path.read_text(encoding="utf8") for path in _sources())
    used = set(re.findall(r'data-t(?:-hint|-label)?="([\w.]+)"', sources)) | set(
        re.findall(r'"([a-z]+\.[a-z_0-9]+)"', sources)
    )
    known = set(texts("ja"))
    assert {key for key in re.findall(r'\bt\("([\w.]+)"', sources) if key not in known} == set()
    assert {key for key in re.findall(r'data-t="([\w.]+)"', sources) if key not in known} == set()
    unused = {key for key in known - used if key.split(".")[0] not in COMPUTED | {"worker"}}
    assert unused - {"page.name", "page.title"} == set()


def _sources() -> list[Path]:
    return [*(FOLDER / "page").glob("*.js"), *(FOLDER / "page").glob("*.html"), *(FOLDER / "worker").glob("*.js")]
