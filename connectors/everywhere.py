"""Places that answer for all of Japan: whatever code a telegram names is an area of its own.

For looking at recordings and for tests. What runs answers for the reference's areas only.
"""

import re
from collections.abc import Iterable

from lxml import etree

from connectors.jma.markup import Node, read_xml
from connectors.places import Places, from_reference
from connectors.source import Park
from schemas.reference import Area, RiverSection
from schemas.zones import QuakeCity, QuakeRegion, TsunamiZone, Volcano, Zones

Names = dict[str, str]
NO_PLACES = frozenset({"IntensityStation", "Station", "Kind", "LastKind"})
WIDE = re.compile(r"\d{2}00\d{2}|(01|47)\d{4}")
"""府県予報区 and what they consist of; Hokkaido and Okinawa have several of them."""
COASTS = frozenset({"高潮予報区間", "水位基準地点"})
"""Codes of seven digits that are no municipality."""


def everywhere(body: bytes) -> Places:
    """Places for the areas that these bytes name; where they name none, those of the reference."""
    try:
        root = read_xml(body)
    except Park:
        return from_reference()
    named = _named(root)
    towns = {code: name for code, name in named.items() if len(code) == 7}
    areas = {code: _area(code, name) for code, name in named.items() if len(code) in (3, 6, 7, 12)}
    if not areas:
        return from_reference()

    def areas_of(code: str) -> tuple[str, ...]:
        """A code that a row names is its own area; a wider one stands for the named towns of its prefecture, if any."""
        if code in towns:
            return (code,)
        inside = tuple(town for town in towns if town[:2] == code[:2]) if WIDE.fullmatch(code) else ()
        return inside or ((code,) if code in areas else ())

    sections = {code: RiverSection(code, name, () if towns else (code,)) for code, name in named.items()}
    rivers = {code: section for code, section in sections.items() if len(code) == 12}
    return Places(areas, rivers, {}, areas_of, _zones(named, areas))


def _area(code: str, name: str) -> Area:
    return Area(code, name, code[:5], "")


def _named(root: Node) -> Names:
    """Every code of the telegram with the name beside it, stations left out."""
    found: Names = {}
    for element in root.element.iter("{*}Code", "{*}CityCode", "{*}SubCityCodeList"):
        parent = element.getparent()
        if parent is None or etree.QName(parent).localname in NO_PLACES or _coast(parent):
            continue
        for code in (element.text or "").split():
            if code.isascii() and code.isdigit():
                found.setdefault(code, (parent.findtext("{*}Name") or parent.findtext("{*}City") or code).strip())
    return found


def _coast(area: etree._Element) -> bool:
    around = area.getparent()
    return area.get("codeType") in COASTS or (around is not None and around.get("codeType") in COASTS)


def _zones(named: Names, areas: Iterable[str]) -> Zones:
    """Each coast, quake region, municipality and volcano stands for itself."""
    own = {code: (code,) for code in areas}
    three = {code: name for code, name in named.items() if len(code) == 3}
    towns = {code: name for code, name in named.items() if len(code) == 7}
    return Zones(
        tsunami={code: TsunamiZone(code, name, own[code], (), {}) for code, name in three.items()},
        elsewhere={},
        regions={code: QuakeRegion(code, name, own[code]) for code, name in three.items()},
        cities={code: QuakeCity(code, name, "", own[code], False) for code, name in towns.items()},
        volcanoes={code: Volcano(code, name, 0.0, 0.0, own[code], False) for code, name in three.items()},
        points={},
    )
