"""Order texts from templates: one per hazard, level and language, of which only blanks may change.

Pure. Without a needed blank or a language there is no text, so nothing can be submitted.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from console.phrases import AUTOMATIC, WRITTEN, Incomplete, Template, checked, language_name, phrases, template
from console.placenames import area, moment, river, town
from schemas.levels import ORDER_WORDS, WITHOUT_EVACUATION, level_of
from schemas.records.base import Hazard, OrderType
from schemas.records.decided import MAX_BODY_BYTES, MAX_TITLE_BYTES, Action, Text
from schemas.reference import municipalities


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


def blanks(subject: Subject) -> tuple[Blank, ...]:
    """All fields to fill, language by language."""
    return tuple(blank for lang in WRITTEN for blank in _blanks(subject, lang))


def suggested(river_name: str | None, now: datetime | None) -> dict[str, dict[str, str]]:
    """What the blanks hold before an officer touches them: the river by its name in each language, and the time.

    Without a time the order is a policy's, which is issued by itself.
    """
    filled = {}
    for lang in WRITTEN:
        file, named = phrases(lang), river(river_name, lang)
        time = str(file["automatic"]) if now is None else moment(now, lang)
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
    file = phrases(lang)
    if subject.districts:
        return str(file["join"]).join(subject.districts)
    if not subject.areas or set(subject.areas) == set(municipalities()[subject.municipality].areas):
        return str(file["whole"]).format(municipality=town(subject.municipality, lang))
    return str(file["join"]).join(area(code, lang) for code in subject.areas)


def filled_in(lang: str, chosen: Template, action: Action, known: dict[str, str]) -> Text:
    """A template with its blanks filled, and the word that says that it changes an order. Raises Incomplete."""
    prefix = str(phrases(lang)["prefix"].get(action.value, ""))
    title, body = chosen.fill(known)
    text = Text(lang, prefix + title, body)
    size = measure(text)
    if not size.fits:
        over = f"題名 {size.title_bytes}/{MAX_TITLE_BYTES}・本文 {size.body_bytes}/{MAX_BODY_BYTES} バイト"
        raise Incomplete(f"{language_name(lang)}：文が長すぎます（{over}）。地区や欄を短くしてください")
    return text


def order_word(order_type: OrderType, lang: str) -> str:
    """What an order is called in a language."""
    return str(phrases(lang)["orders"][order_type.value])


def _write(subject: Subject, lang: str, values: dict[str, str]) -> Text:
    filled = checked(lang, values)
    missing = [b.label for b in _blanks(subject, lang) if b.required and b.name not in filled]
    if missing:
        raise Incomplete(f"{language_name(lang)}：「{'」「'.join(missing)}」を入力してください")
    known = filled | {
        "municipality": town(subject.municipality, lang),
        "places": places(subject, lang),
        "order": order_word(subject.order_type, lang),
    }
    return filled_in(lang, _template(subject, lang), subject.action, known)


def _blanks(subject: Subject, lang: str) -> tuple[Blank, ...]:
    chosen, labels = _template(subject, lang), phrases(lang)["labels"]
    names = [name for name in chosen.blanks if name not in AUTOMATIC]
    return tuple(Blank(lang, name, labels[name], name in chosen.needed) for name in names)


def _template(subject: Subject, lang: str) -> Template:
    hazard = Hazard.OTHER if subject.hazard in WITHOUT_EVACUATION else subject.hazard
    row = "lift" if subject.action is Action.LIFT else str(level_of(subject.order_type) or "order")
    try:
        return template(lang, hazard.value, row)
    except KeyError as error:
        word = ORDER_WORDS[subject.order_type][0]
        raise Incomplete(f"{language_name(lang)}：この災害に「{word}」の文例はありません") from error
