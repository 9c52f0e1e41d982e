"""The files of order texts: one template per hazard, level and language, and the rules for what fills its blanks.

Pure but for reading its own files. A file that names a blank nobody knows is refused when it is read.
"""

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from schemas.levels import DRILL_MARK, ORDER_WORDS
from schemas.records.decided import LANGUAGES

FOLDER = Path(__file__).with_name("wording")
WRITTEN = LANGUAGES
"""Languages that have templates, in the order in which they are shown: all that an order may carry."""

AUTOMATIC = frozenset({"municipality", "places", "order"})
LONGEST = {"river": 30, "time": 40, "shelter": 60, "cause": 60}
"""The blanks that officers fill, and how many characters each may have: with all of them full, every text fits."""

_BLANK = re.compile(r"\{(\w+)\}")
_OPTIONAL = re.compile(r"\[\[(.*?)\]\]")
_JOINERS = "\u200c\u200d"
"""Zero-width, and yet letters: Devanagari is spelled with them."""
_UNSEEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
_LIFTED = ("【解除】", "【おわり】", "[해제]", "[Lifted]", "[Dỡ bỏ]", "[Encerrado]", "[Inalis na]", "[हटाइयो]")


class Incomplete(ValueError):
    """A text cannot be made: says in Japanese which blank of which language is missing or wrong, or too long."""


@dataclass(frozen=True, slots=True)
class Template:
    """The words of one order in one language, with {blanks} and [[parts that go with an empty blank]]."""

    title: str
    body: str

    @property
    def blanks(self) -> tuple[str, ...]:
        """Every blank, in the order of the text."""
        return tuple(dict.fromkeys(_BLANK.findall(self.title + self.body)))

    @property
    def needed(self) -> frozenset[str]:
        """Blanks without which there is no text."""
        return frozenset(_BLANK.findall(_OPTIONAL.sub("", self.title + self.body)))

    def fill(self, known: dict[str, str]) -> tuple[str, str]:
        """Title and body. What fills a blank is never read as a template itself."""
        return _fill(self.title, known), _fill(self.body, known)


def phrases(lang: str) -> dict[str, Any]:
    """The file of a language; KeyError for one that is not written."""
    return _files()[lang]


def template(lang: str, hazard: str, row: str) -> Template:
    """One template; KeyError if the file has none."""
    found = phrases(lang)[hazard][row]
    return Template(found["title"], found["body"])


def language_name(lang: str) -> str:
    """What a language calls itself."""
    return str(phrases(lang)["name"]) if lang in WRITTEN else lang


def tongue(lang: str) -> str:
    """What HTML calls a language (BCP 47): やさしい日本語 is Japanese."""
    return {"ja-easy": "ja", "zh": "zh-Hans", "tl": "fil"}.get(lang, lang)


def checked(lang: str, values: dict[str, str]) -> dict[str, str]:
    """The filled blanks of one language, without the empty ones. Raises Incomplete for what may not stand in a text."""
    filled = {name: value.strip() for name, value in values.items() if value.strip()}
    labels = phrases(lang)["labels"]
    for name, value in filled.items():
        if name not in LONGEST:
            raise Incomplete(f"{language_name(lang)}：「{name}」という欄はありません")
        problem = wrong_in(value)
        if len(value) > LONGEST[name]:
            problem = f"{LONGEST[name]}文字までです"
        if problem:
            raise Incomplete(f"{language_name(lang)}：「{labels[name]}」は{problem}")
    return filled


def wrong_in(value: str) -> str | None:
    """What an officer may not enter, in words, or None: unseen characters, line breaks, marks that only we set."""
    if any(unicodedata.category(char) in _UNSEEN and char not in _JOINERS for char in value):
        return "改行や見えない文字を使えません"
    mark = next((mark for mark in marks() if mark in value), None)
    return f"「{mark}」を使えません（送信のときに自動で付きます）" if mark else None


@cache
def marks() -> tuple[str, ...]:
    """All that says that a text is a drill, an update, a correction or a lift, in any language."""
    forms = [mark.strip() for lang in WRITTEN for mark in phrases(lang)["prefix"].values()]
    return tuple(dict.fromkeys([*filter(None, DRILL_MARK.values()), *forms, *_LIFTED]))


def _fill(words: str, known: dict[str, str]) -> str:
    kept = _OPTIONAL.sub(lambda part: part[1] if set(_BLANK.findall(part[1])) <= known.keys() else "", words)
    return _BLANK.sub(lambda blank: known[blank[1]], kept)


@cache
def _files() -> dict[str, dict[str, Any]]:
    return {lang: _read(lang) for lang in WRITTEN}


def _read(lang: str) -> dict[str, Any]:
    found = tomllib.loads((FOLDER / f"{lang}.toml").read_text(encoding="utf8"))
    found.setdefault("orders", {kind.value: words[lang == "en"] for kind, words in ORDER_WORDS.items()})
    rows = [row for table in found.values() if isinstance(table, dict) for row in table.values()]
    for row in rows:
        if isinstance(row, dict):
            strangers = set(Template(row["title"], row["body"]).blanks) - AUTOMATIC - LONGEST.keys()
            if strangers:
                raise ValueError(f"wording/{lang}.toml: no blank is called {', '.join(sorted(strangers))}")
    return found
