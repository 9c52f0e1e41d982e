"""What the public pages say around an order, in every language that an order may carry. Pure but for its own files.

The order's own text is the municipality's; these are the frame: headings, times, what the reader should make of them.
"""

import tomllib
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from console.phrases import language_name, phrases, tongue
from console.placenames import area, moment, town
from console.wording import order_word
from schemas.levels import DRILL_WORD
from schemas.records.base import Hazard, World
from schemas.records.decided import LANGUAGES, Order, Text
from schemas.reference import areas, municipalities

FOLDER = Path(__file__).with_name("words")
JAPANESE = frozenset({"ja", "ja-easy"})
_WIDE = str.maketrans("0123456789", "０１２３４５６７８９")


@dataclass(frozen=True, slots=True)
class Words:
    """One language's words. `say` are plain sentences, a few with one blank; names are as in the orders' texts."""

    lang: str
    say: dict[str, str]
    hazards: dict[Hazard, str]

    @property
    def html(self) -> str:
        """The language as HTML names it."""
        return tongue(self.lang)

    @property
    def name(self) -> str:
        """What the language calls itself."""
        return language_name(self.lang)

    def order(self, order: Order) -> str:
        """警戒レベル４ 避難指示: number and word; a tsunami order has no number."""
        word = order_word(order.order_type, self.lang)
        if order.level is None:
            return self.say["tsunami"].format(order=word)
        level = str(order.level).translate(_WIDE) if self.lang in JAPANESE else str(order.level)
        return self.say["level"].format(level=level, order=word)

    def drill(self, world: World) -> str:
        """Drill or test in the reader's language, beside the mark."""
        return DRILL_WORD[world].get(self.lang, "").strip(" ：:")

    def town(self, code: str) -> str:
        """A municipality's name; an unknown code reads as itself."""
        return town(code, self.lang) if code in municipalities() else code

    def area(self, code: str) -> str:
        """A class20 area's name; an unknown code reads as itself."""
        return area(code, self.lang) if code in areas() else code

    def where(self, order: Order) -> str:
        """The districts, else the areas, else all of the municipality."""
        join = str(phrases(self.lang)["join"])
        whole = str(phrases(self.lang)["whole"]).format(municipality=self._town_of(order))
        return join.join(order.districts) or join.join(map(self.area, order.areas)) or whole

    def when(self, at: datetime) -> str:
        """A time as Japan reads it, in all languages: residents act by the clock on their wall."""
        return f"{moment(at, self.lang)}{self.say['time']}"

    def _town_of(self, order: Order) -> str:
        known = order.municipality in municipalities()
        return self.town(order.municipality) if known else order.municipality_name


@cache
def words(lang: str) -> Words:
    """One of LANGUAGES."""
    file: dict[str, Any] = tomllib.loads((FOLDER / f"{lang}.toml").read_text(encoding="utf8"))
    hazards = {Hazard(name): word for name, word in file.pop("hazards").items()}
    return Words(lang, file, hazards)


def every_language() -> tuple[Words, ...]:
    """All languages, Japanese first."""
    return tuple(words(lang) for lang in LANGUAGES)


def text_of(order: Order, lang: str) -> Text:
    """The order's words in a language, in Japanese where the municipality wrote none: looked up by name."""
    by_lang = {text.lang: text for text in order.texts}
    return by_lang.get(lang) or by_lang["ja"]
