"""Order texts from templates: one per hazard, level and language, of which only blanks may change.

Pure but for reading its own files. Without a needed blank or a language there is no text, so nothing can be submitted.
"""

import re
import tomllib
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from console.words import JST, jst
from schemas.levels import ORDER_WORDS, WITHOUT_EVACUATION, level_of
from schemas.records.base import Hazard, OrderType
from schemas.records.decided import MAX_BODY_BYTES, MAX_TITLE_BYTES, Action, Text
from schemas.reference import areas, municipalities

FOLDER = Path(__file__).with_name("wording")
WRITTEN = ("ja", "ja-easy", "en")
"""Languages that have templates, in the order in which they are shown."""

AUTOMATIC = frozenset({"municipality", "places", "order"})
_BLANK = re.compile(r"\{(\w+)\}")
_OPTIONAL = re.compile(r"\[\[(.*?)\]\]")


class Incomplete(ValueError):
    """A text cannot be made: says which blank of which language is missing, or what is too long."""


@dataclass(frozen=True, slots=True)
class Blank:
    """One field that an officer fills in one language."""

    lang: str
    name: str
    label: str
    required: bool


@dataclass(frozen=True, slots=True)
class Subject:
    """What the order is about: decides the template and the automatic blanks."""

    municipality: str
    hazard: Hazard
    action: Action
    order_type: OrderType
    areas: tuple[str, ...]
    districts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Size:
    """How long a text is, against what a push may carry."""

    title_chars: int
    title_bytes: int
    body_chars: int
    body_bytes: int

    @property
    def fits(self) -> bool:
        """Whether both parts fit."""
        return self.title_bytes <= MAX_TITLE_BYTES and self.body_bytes <= MAX_BODY_BYTES


def with_type(subject: Subject, order_type: OrderType) -> Subject:
    """The same order, but of another type."""
    return replace(subject, order_type=order_type)


def language_name(lang: str) -> str:
    """What a language calls itself."""
    return str(_file(lang)["name"]) if lang in WRITTEN else lang


def blanks(subject: Subject) -> tuple[Blank, ...]:
    """All fields to fill, language by language."""
    return tuple(blank for lang in WRITTEN for blank in _blanks(subject, lang))


def suggested(river: str | None, now: datetime) -> dict[str, dict[str, str]]:
    """What the blanks hold before an officer touches them: the river by its name in each language, and the time."""
    filled = {}
    for lang in WRITTEN:
        file = _file(lang)
        named = file["rivers"].get(river, river if lang == "ja" else None) if river else None
        time = f"{now.astimezone(JST):%b %-d, %H:%M}" if lang == "en" else jst(now)
        filled[lang] = file["defaults"] | ({"river": named} if named else {}) | {"time": time}
    return filled


def write(subject: Subject, values: dict[str, dict[str, str]]) -> tuple[Text, ...]:
    """The texts in every written language; `values` are the filled blanks by language. Raises Incomplete."""
    return tuple(_write(subject, lang, values.get(lang, {})) for lang in WRITTEN)


def measure(text: Text) -> Size:
    """Characters and UTF-8 bytes of a text."""
    return Size(len(text.title), len(text.title.encode()), len(text.body), len(text.body.encode()))


def places(subject: Subject, lang: str) -> str:
    """The districts, else the areas, else the whole municipality, as a language lists them."""
    file = _file(lang)
    if subject.districts:
        return str(file["join"]).join(subject.districts)
    town = municipalities()[subject.municipality]
    if not subject.areas or set(subject.areas) == set(town.areas):
        return str(file["whole"]).format(municipality=_town(subject.municipality, lang))
    return str(file["join"]).join(areas()[a].name_en if lang == "en" else areas()[a].name for a in subject.areas)


def _write(subject: Subject, lang: str, values: dict[str, str]) -> Text:
    filled = {name: value.strip() for name, value in values.items() if value.strip()}
    missing = [b.label for b in _blanks(subject, lang) if b.required and b.name not in filled]
    if missing:
        raise Incomplete(f"{language_name(lang)}：「{'」「'.join(missing)}」を入力してください")
    known = filled | _automatic(subject, lang)
    template = _template(subject, lang)
    prefix = str(_file(lang)["prefix"].get(subject.action.value, ""))
    text = Text(lang, prefix + _fill(template["title"], known), _fill(template["body"], known))
    if not measure(text).fits:
        limit = f"本文は {MAX_BODY_BYTES} バイトまで"
        raise Incomplete(f"{language_name(lang)}：文が長すぎます（{limit}）。地区や欄を短くしてください")
    return text


def _automatic(subject: Subject, lang: str) -> dict[str, str]:
    word_ja, word_en = ORDER_WORDS[subject.order_type]
    return {
        "municipality": _town(subject.municipality, lang),
        "places": places(subject, lang),
        "order": word_en if lang == "en" else word_ja,
    }


def _fill(template: str, known: dict[str, str]) -> str:
    """Optional parts with an empty blank go; blanks are replaced once: what an officer enters is never a template."""
    kept = _OPTIONAL.sub(lambda part: part[1] if set(_BLANK.findall(part[1])) <= known.keys() else "", template)
    return _BLANK.sub(lambda blank: known[blank[1]], kept)


def _blanks(subject: Subject, lang: str) -> tuple[Blank, ...]:
    template = _template(subject, lang)
    whole = template["title"] + template["body"]
    needed = set(_BLANK.findall(_OPTIONAL.sub("", whole)))
    labels = _file(lang)["labels"]
    names = dict.fromkeys(name for name in _BLANK.findall(whole) if name not in AUTOMATIC)
    return tuple(Blank(lang, name, labels[name], name in needed) for name in names)


def _template(subject: Subject, lang: str) -> dict[str, str]:
    hazard = Hazard.OTHER if subject.hazard in WITHOUT_EVACUATION else subject.hazard
    row = "lift" if subject.action is Action.LIFT else str(level_of(subject.order_type) or "order")
    try:
        found: dict[str, str] = _file(lang)[hazard.value][row]
    except KeyError as error:
        word = ORDER_WORDS[subject.order_type][0]
        raise Incomplete(f"{language_name(lang)}：この災害に「{word}」の文例はありません") from error
    return found


def _town(code: str, lang: str) -> str:
    town = municipalities()[code]
    return town.name_en if lang == "en" else town.name


@cache
def _file(lang: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{lang}.toml").read_text(encoding="utf8"))
