"""The numbers of a Kind's properties: rain, wind, waves, tide, snow, 危険度, and when a criterion is met.

Which type of a number is which Quantity stands in kinds/quantities.toml; a type that is in no table is left out.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from lxml import etree

from connectors.jma.claims import MAX_NAME
from connectors.jma.kinds import kinds, plain
from connectors.jma.markup import NAMESPACES, Node, read_time
from connectors.source import Park
from schemas.records.observed import Quantity

MET = "{" + NAMESPACES["met"] + "}"
NUMBERS = frozenset(
    "{" + NAMESPACES["eb"] + "}" + name
    for name in ("Precipitation", "WindSpeed", "WaveHeight", "TidalLevel", "SnowfallDepth", "Humidity", "Visibility")
)
DURATION = re.compile(r"P(?:(\d{1,3})D)?(?:T(?:(\d{1,3})H)?(?:(\d{1,4})M)?)?", re.ASCII)
NUMBER = re.compile(r"[+-]?\d{1,6}(\.\d{1,4})?", re.ASCII)
MIXED = "危険度"
"""A property of VPWW54 with the 危険度 of several things, which each names itself."""
MAX_QUANTITIES = 300
"""More numbers for one kind and area than a telegram's slots can hold: the rest is left out."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One TimeDefine: from when until when."""

    at: datetime | None
    until: datetime | None


@dataclass(frozen=True, slots=True)
class About:
    """Whom a kind's numbers are about, and the slots that their refID names."""

    area: str
    name: str
    slots: Mapping[str, Slot]


def quantities(kind: Node, area: str, name: str, slots: Mapping[str, Slot] | None = None) -> tuple[Quantity, ...]:
    """Every number that a kind states; equal numbers of slots that follow each other are one."""
    about = About(area, name[:MAX_NAME], slots or {})
    found = [one for part in kind.element.findall(f"{MET}Property") for one in _of_property(part, about)]
    return tuple(_runs(found)[:MAX_QUANTITIES])


def read_slots(series: Node) -> dict[str, Slot]:
    """A time series' TimeDefines by timeId."""
    defines = series.all("met:TimeDefines/met:TimeDefine")
    return {define.attribute("timeId"): slot_of(define.element, "DateTime") for define in defines}


def slot_of(element: etree._Element, tag: str = "Time") -> Slot:
    """The time beside or in an element with its duration; without a duration the time alone."""
    at = _time(element.findtext(MET + tag))
    length = _duration(element.findtext(f"{MET}Duration"))
    return Slot(at, at + length if at and length else None)


def number(text: str | None) -> float | None:
    """None for an empty text, NaN and whatever else is no number: never 0."""
    written = plain(text or "")
    return float(written) if NUMBER.fullmatch(written) else None


def _of_property(part: etree._Element, about: About) -> Iterable[Quantity]:
    label = plain(part.findtext(f"{MET}Type") or "")
    for element in part.iter(f"{MET}Significancy", f"{MET}CriteriaClass", *NUMBERS):
        if element.get("refID", "") and element.get("refID") not in about.slots:
            continue  # a number of a slot that is not defined is about no time
        if element.tag == f"{MET}Significancy":
            yield _danger(element, label, about)
        elif element.tag == f"{MET}CriteriaClass":
            yield _criteria(element, about)
        else:
            yield from _number(element, label, about)


def _danger(element: etree._Element, label: str, about: About) -> Quantity:
    """危険度: a level where its code has one; wind, waves and snow have classes without a 警戒レベル."""
    code, name = plain(element.findtext(f"{MET}Code") or ""), element.findtext(f"{MET}Name") or ""
    if label == MIXED:
        name = f"{element.get('type') or ''} {name}".strip()
    slot = _slot(element, about)
    where = _where(element, about)
    return Quantity("danger", about.area, where, _level(code), "", slot.at, slot.until, (name or code)[:MAX_NAME])


def _criteria(element: etree._Element, about: About) -> Quantity:
    """From when until when a level's criterion is met; the condition is the official sentence."""
    sentence = next(element.itersiblings(f"{MET}Sentence", preceding=True), None)
    at = _time(_text(next(element.itersiblings(f"{MET}Time"), None)))
    length = _duration(_text(next(element.itersiblings(f"{MET}Duration"), None)))
    level = _level(plain(element.findtext(f"{MET}Code") or ""))
    until = at + length if at and length else None
    said = _text(sentence).strip()[:MAX_NAME]
    return Quantity("criteria_level", about.area, _where(element, about), level, "", at, until, said)


def _number(element: etree._Element, label: str, about: About) -> Iterable[Quantity]:
    kind = plain(element.get("type") or "")
    name = kinds().words["quantities"].get(kind)
    if name is None:
        return
    slot = _slot(element, about)
    told = element.get("description") or element.get("condition") or ""
    shown = f"{label if label.startswith('高潮') else kind} {told}".strip()[:MAX_NAME]
    unit = element.get("unit") or ""
    yield Quantity(name, about.area, _where(element, about), number(element.text), unit, slot.at, slot.until, shown)


def _level(code: str) -> float | None:
    return kinds().numbers["danger"].get(code)


def _where(element: etree._Element, about: About) -> str:
    """The part of the area that is meant, if the telegram names one."""
    parent = element.getparent()
    local = "" if parent is None else _text(parent.find(f"{MET}AreaName"))
    return (f"{about.name} {local.strip()}" if local else about.name)[:MAX_NAME]


def _slot(element: etree._Element, about: About) -> Slot:
    reference = element.get("refID")
    if reference:
        return about.slots[reference]
    parent = element.getparent()
    return Slot(None, None) if parent is None else slot_of(parent)


def _text(element: etree._Element | None) -> str:
    return "" if element is None else (element.text or "")


def _time(text: str | None) -> datetime | None:
    """A time that cannot be read is none: the number stands, without it."""
    try:
        return read_time((text or "").strip(), "Time")
    except Park:
        return None


def _duration(text: str | None) -> timedelta | None:
    found = DURATION.fullmatch((text or "").strip())
    if found is None or not any(found.groups()):
        return None
    days, hours, minutes = (int(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes)


def _runs(found: list[Quantity]) -> list[Quantity]:
    """Slots that follow each other with the same number become one from the first's begin to the last's end."""
    merged: list[Quantity] = []
    for one in found:
        if merged and _goes_on(merged[-1], one):
            merged[-1] = replace(merged[-1], until=one.until)
        else:
            merged.append(one)
    return merged


def _goes_on(last: Quantity, one: Quantity) -> bool:
    return last.until is not None and last.until == one.at and replace(last, at=one.at, until=one.until) == one
