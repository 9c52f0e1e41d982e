"""量的予想時系列 of VPWW54: what the warnings of the transition expect per slot, with the kind that it belongs to.

Its 危険度 are 注意報級, 警報級 and 特別警報級, without a 警戒レベル.
"""

from dataclasses import replace

from connectors.jma.areas import ours
from connectors.jma.claims import MAX_CODE, Claim
from connectors.jma.kinds import Kind, codes, plain
from connectors.jma.markup import Node
from connectors.jma.quantities import Slot, quantities, read_slots
from connectors.places import Places
from schemas.records.base import Hazard
from schemas.records.observed import Quantity

SERIES = "met:Body/met:MeteorologicalInfos[@type='量的予想時系列（市町村等）']/met:TimeSeriesInfo"
Expected = dict[tuple[str, str], dict[Quantity, None]]
"""Area and what a kind is about → numbers."""


def with_series(claims: tuple[Claim, ...], root: Node, places: Places) -> tuple[Claim, ...]:
    """The claims, each item in force with the numbers that the series has for its area and phenomenon."""
    expected = _expected(root, places)
    if not expected:
        return claims
    return tuple(_with(claim, expected) for claim in claims)


def _with(claim: Claim, expected: Expected) -> Claim:
    none: dict[Quantity, None] = {}
    items = (
        replace(item, quantities=(*item.quantities, *expected.get((claim.area, _about(item.kind_code)), none)))
        if item.active
        else item
        for item in claim.items
    )
    return replace(claim, items=tuple(items))


def _expected(root: Node, places: Places) -> Expected:
    found: Expected = {}
    for series in root.all(SERIES):
        slots = read_slots(series)
        for row in series.all("met:Item"):
            for area, name in ours(row, places):
                _add(found, row, (area, name), slots)
    return found


def _add(found: Expected, row: Node, area: tuple[str, str], slots: dict[str, Slot]) -> None:
    for kind in row.all("met:Kind"):
        about = _about(plain(kind.text("met:Code"))[:MAX_CODE])
        found.setdefault((area[0], about), {}).update(dict.fromkeys(quantities(kind, *area, slots)))


def _about(code: str) -> str:
    """The phenomenon of a kind code: the series may name another grade of it (大雨注意報) than what is in force."""
    hazard = codes("warnings").get(code, Kind()).hazard
    return code if hazard in (None, Hazard.OTHER) else str(hazard)
