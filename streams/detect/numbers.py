"""What telegrams state for a place and a time, kept as far as a rule asks for it: forecasts, dangers, times, words."""

import unicodedata
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import NamedTuple

from schemas.records.base import Hazard
from schemas.records.observed import Bulletin, BulletinItem, Quantity
from streams.detect.knowledge import THRESHOLD_NAME
from streams.detect.limits import Carriers
from streams.detect.series import seconds

JST = timezone(timedelta(hours=9))
DUSK, DAWN = 18, 6
"""The night of the published criteria, in Japanese hours."""
KEPT_DANGER, KEPT_INTENSITY = 3, 3.0
"""Lower values decide nothing."""
WORD = "word"
OF_THE_EARTH = (Hazard.OTHER, Hazard.TSUNAMI)
LIFTED = "解除"
SENTENCE = 120


class Number(NamedTuple):
    """One stated value. Times in epoch seconds, 0 for none; `value` -1: stated without a number.

    `words`: the telegram's own, or the name of what a criteria stage belongs to.
    """

    name: str
    hazard: str
    subject: str
    value: float
    at: int
    until: int
    words: str


def numbers_of(bulletin: Bulletin, carriers: Carriers) -> tuple[Number, ...]:
    """What rules may ask of this telegram, in an order that its content alone decides."""
    found = {*_stated(bulletin.items), *_worded(bulletin, carriers)}
    return tuple(_joined(sorted(found)))


def at_night(at: int, until: int, said: int, ahead_h: float) -> bool:
    """Whether at..until touches the night that has begun when it was said, or begins within `ahead_h` of then."""
    dusk = _dusk(said)
    return is_near_night(said, ahead_h) and at < dusk + (24 - DUSK + DAWN) * 3600 and max(until, at + 1) > dusk


def is_near_night(said: int, ahead_h: float) -> bool:
    """Whether the night was on at that time, or began within `ahead_h` of it."""
    return _dusk(said) - said <= ahead_h * 3600


def threshold_in(words: str) -> str:
    """Which threshold a telegram means (L1 … FS, HWL), or ""."""
    plain = unicodedata.normalize("NFKC", words)
    if plain in {*THRESHOLD_NAME, "HWL"}:
        return plain
    return next((key for key, name in THRESHOLD_NAME.items() if key not in ("START", "NEAR") and name in plain), "")


def _dusk(said: int) -> int:
    """18:00 of the night that is on at that time, or comes next."""
    local = datetime.fromtimestamp(said, UTC).astimezone(JST)
    dusk = local.replace(hour=DUSK, minute=0, second=0, microsecond=0)
    return int((dusk - timedelta(days=1) if local.hour < DAWN else dusk).timestamp())


def _stated(items: Iterable[BulletinItem]) -> Iterator[Number]:
    for item in items:
        if item.status != LIFTED:
            yield from (_number(item, quantity) for quantity in item.quantities if _matters(quantity))


def _matters(quantity: Quantity) -> bool:
    name, value = quantity.name, quantity.value
    if name == "danger":
        return value is not None and value >= KEPT_DANGER
    if name == "intensity":
        return value is not None and value >= KEPT_INTENSITY
    if name == "storm_zone":
        return quantity.at is not None
    if name == "criteria_level":
        return value is not None and quantity.at is not None
    if name == "criteria_stage":
        return value is not None and threshold_in(quantity.condition) in ("L3", "L4", "FS")
    return name in ("stage_forecast", "stage_observed", "stage_level") and value is not None


def _number(item: BulletinItem, quantity: Quantity) -> Number:
    words = quantity.condition or quantity.subject_name
    if quantity.name == "criteria_stage":
        words = threshold_in(quantity.condition)
    elif quantity.name.startswith("stage_"):
        words = quantity.subject_name
    return Number(
        *(quantity.name, item.hazard.value, quantity.subject),
        -1.0 if quantity.value is None else quantity.value,
        *(seconds(quantity.at) if quantity.at else 0, seconds(quantity.until) if quantity.until else 0),
        words[:SENTENCE],
    )


def _worded(bulletin: Bulletin, carriers: Carriers) -> Iterator[Number]:
    """Phrases that rules.toml looks for, in what each item in force says; of a quake in all that its telegram says."""
    for item in bulletin.items:
        if item.status != LIFTED:
            headline = bulletin.text if item.hazard in OF_THE_EARTH else ""
            text = "".join((headline, item.kind_name, item.summary, *(q.condition for q in item.quantities)))
            for word, phrases in carriers.words.items():
                phrase = next((phrase for phrase in phrases if phrase in text), None)
                if phrase is not None:
                    yield Number(WORD, item.hazard.value, word, -1.0, 0, 0, phrase)


def _joined(ordered: list[Number]) -> Iterator[Number]:
    """Neighbouring slots of one danger are one span."""
    last: Number | None = None
    for number in ordered:
        if last is not None and _continues(last, number):
            last = last._replace(until=number.until)
            continue
        if last is not None:
            yield last
        last = number
    if last is not None:
        yield last


def _continues(last: Number, number: Number) -> bool:
    return number.name == "danger" and last[:4] == number[:4] and last.until == number.at and bool(number.at)
