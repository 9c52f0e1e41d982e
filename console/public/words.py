"""What the public pages say around an order, in every language that an order may carry. Pure but for its own files.

The order's own text is the municipality's; these are the frame: headings, times, what the reader should make of them.
"""

import tomllib
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Any

from schemas.records.base import Hazard, OrderType
from schemas.records.decided import LANGUAGES, Order, Text
from schemas.reference import areas, municipalities

FOLDER = Path(__file__).with_name("words")
JAPANESE = frozenset({"ja", "ja-easy"})
JST = timezone(timedelta(hours=9), "JST")
_DAYS = "月火水木金土日"
_WIDE = str.maketrans("0123456789", "０１２３４５６７８９")


@dataclass(frozen=True, slots=True)
class Words:
    """One language's words. `say` are plain sentences, a few with one blank."""

    lang: str
    say: dict[str, str]
    orders: dict[OrderType, str]
    hazards: dict[Hazard, str]

    @property
    def html(self) -> str:
        """The language as HTML names it."""
        return self.say["html"]

    @property
    def japanese(self) -> bool:
        """Whether names and numbers are written the Japanese way."""
        return self.lang in JAPANESE

    def order(self, order: Order) -> str:
        """警戒レベル４ 避難指示: number and word; a tsunami order has no number."""
        word = self.orders[order.order_type]
        if order.level is None:
            return self.say["tsunami"].format(order=word)
        level = str(order.level).translate(_WIDE) if self.japanese else str(order.level)
        return self.say["level"].format(level=level, order=word)

    def town(self, code: str) -> str:
        """A municipality's name; an unknown code reads as itself."""
        found = municipalities().get(code)
        if found is None:
            return code
        return found.name if self.japanese else found.name_en

    def where(self, order: Order) -> str:
        """The districts, else the areas, else all of the municipality."""
        if order.districts:
            return self.say["join"].join(order.districts)
        return self.say["join"].join(map(self.area, order.areas)) or self._whole(order)

    def when(self, moment: datetime) -> str:
        """A time as Japan reads it, in all languages: residents act by the clock on their wall."""
        local = moment.astimezone(JST)
        if self.japanese:
            return f"{local.month}月{local.day}日（{_DAYS[local.weekday()]}）{local:%H:%M}"
        return f"{local:%Y-%m-%d %H:%M}{self.say['time']}"

    def area(self, code: str) -> str:
        """A class20 area's name; an unknown code reads as itself."""
        found = areas().get(code)
        if found is None:
            return code
        return found.name if self.japanese else found.name_en

    def _whole(self, order: Order) -> str:
        town = self.town(order.municipality)
        return self.say["whole"].format(town=order.municipality_name if town == order.municipality else town)


@cache
def words(lang: str) -> Words:
    """One of LANGUAGES."""
    file: dict[str, Any] = tomllib.loads((FOLDER / f"{lang}.toml").read_text(encoding="utf8"))
    orders = {OrderType(name): word for name, word in file.pop("orders").items()}
    hazards = {Hazard(name): word for name, word in file.pop("hazards").items()}
    return Words(lang, file, orders, hazards)


def every_language() -> tuple[Words, ...]:
    """All languages, Japanese first."""
    return tuple(words(lang) for lang in LANGUAGES)


def text_of(order: Order, lang: str) -> Text:
    """The order's words in a language, in Japanese where the municipality wrote none: looked up by name."""
    by_lang = {text.lang: text for text in order.texts}
    return by_lang.get(lang) or by_lang["ja"]
