"""What a cell says about a number → the number in our unit, and whether it may be acted on."""

import math
import re
import unicodedata
from dataclasses import dataclass

from connectors.mapped.mapping import Pick, Quality, Value, refs
from connectors.mapped.row import Row
from connectors.mapped.units import KNOWN, factor, kept_unit
from connectors.river.quality import WITHOUT_VALUE, quality_of
from connectors.source import Park
from schemas.records.observed import Quality as Judged

NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
MINUS = str.maketrans("−–▲△", "----")
"""Signs that stand for minus in spreadsheets; NFKC leaves them as they are."""
CODES = re.compile(r"\d{1,3}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Measured:
    """One number in its kept unit; None where the source says that there is none."""

    quantity: str
    value: float | None
    unit: str


def read_value(value: Value, row: Row) -> Measured:
    """The number of a row. Raises Park `not_a_number`, `out_of_range`, `unknown_quantity`."""
    quantity = read_quantity(value, row)
    unit = kept_unit(quantity, value.unit)
    text = row.text(value.from_)
    if text in value.words:
        return Measured(quantity, _ranged(value, quantity, float(value.words[text])), unit)
    if not text or text in value.missing:
        return Measured(quantity, None, unit)
    if value.words and not value.unit:
        raise Park(
            "unknown_word",
            f"{text[:60]!r} is neither in words nor in missing; add it to one: {', '.join(value.words)[:200]}",
        )
    number = _number(value, text)
    if any(_same(number, marker) for marker in value.missing):
        return Measured(quantity, None, unit)
    times = factor(quantity, value.unit)
    if times is None:
        raise Park("bad_unit", f"nobody knows how {value.unit} becomes {unit}, the unit of {quantity}")
    return Measured(quantity, _ranged(value, quantity, round(number * value.scale * times + value.offset, 9)), unit)


def read_quantity(value: Value, row: Row) -> str:
    """The quantity's name: fixed, or a word of the row."""
    if isinstance(value.quantity, str):
        return value.quantity
    return chosen(value.quantity, row, "quantity")


def chosen(pick: Pick, row: Row, what: str) -> str:
    """A pick's text; with `words`, only what they list. Raises Park `unknown_<what>`."""
    if pick.const:
        return pick.const
    text = row.text(pick.from_)
    if not pick.words:
        return text
    if text not in pick.words:
        raise Park(
            f"unknown_{what}", f"{text[:60]!r} is not one of the words for {what}: {', '.join(pick.words)[:200]}"
        )
    return pick.words[text]


def read_quality(quality: Quality | None, row: Row, value: float | None) -> tuple[Judged, int | None]:
    """How far it may be trusted, and the source's own code. A word that the mapping does not list is never guessed."""
    judged, code = Judged.VALID, None
    if quality is not None and quality.codes:
        code = _code(row.text(quality.from_))
        judged = quality_of(code)
    elif quality is not None:
        text = row.text(quality.from_)
        if text not in quality.words:
            told = f"is not one of the words for quality: {', '.join(quality.words)}; add it to `words` of [quality]"
            raise Park("bad_quality", f"{text[:60]!r} {told}")
        judged = Judged(quality.words[text])
    missing = value is None and judged not in WITHOUT_VALUE
    return (Judged.MISSING if missing else judged), code


def is_read_from(value: Value) -> bool:
    """Whether it says where it stands."""
    return bool(refs(value.from_))


def _code(text: str) -> int | None:
    if not text:
        return None
    if not CODES.fullmatch(text) or int(text) > 255:
        raise Park("bad_quality", f"{text[:40]!r} is no code from 0 to 255")
    return int(text)


def _number(value: Value, text: str) -> float:
    plain = unicodedata.normalize("NFKC", text).translate(MINUS)
    for mark in value.strip:
        plain = plain.replace(unicodedata.normalize("NFKC", mark), "")
    if value.thousands:
        plain = plain.replace(value.thousands, "")
    plain = plain.replace(value.decimal, ".").strip()
    if not NUMBER.fullmatch(plain) or not math.isfinite(float(plain)):
        told = "list it under `missing` if it stands for none, or the marks around its number under `strip`"
        raise Park("not_a_number", f"{text[:60]!r} is no number; {told}")
    return float(plain)


def _same(number: float, marker: str) -> bool:
    """-9999 and -9999.0 are one marker."""
    return bool(NUMBER.fullmatch(marker)) and float(marker) == number


def _ranged(value: Value, quantity: str, number: float) -> float:
    known = KNOWN.get(quantity)
    lowest = value.lowest if value.lowest is not None else known.lowest if known else -math.inf
    highest = value.highest if value.highest is not None else known.highest if known else math.inf
    if not lowest <= number <= highest:
        raise Park("out_of_range", f"{number:g} is no {quantity}: it lies outside of {lowest:g} to {highest:g}")
    return number
