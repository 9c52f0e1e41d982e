"""気象警報・注意報時系列情報 (VPWP50): 危険度 and quantities per municipality and time slot.

A forecast, issued whether or not a warning is in force: its items have no level and never count as one.
"""

from connectors.jma.areas import not_named, ours
from connectors.jma.claims import MAX_NAME, Body, Claim, Problem
from connectors.jma.envelope import Envelope
from connectors.jma.kinds import is_over, kinds, plain
from connectors.jma.markup import Node
from connectors.jma.quantities import Slot, quantities, read_slots
from connectors.places import Places
from connectors.source import Park
from schemas.records.base import Hazard
from schemas.records.observed import BulletinItem, Quantity

SERIES = "met:Body/met:MeteorologicalInfos[@type='量的予想時系列（市町村等）']/met:TimeSeriesInfo"
Topics = dict[str, dict[Quantity, None]]
"""What a forecast is about (大雨, 風) → its numbers, in the order of the telegram."""


def read_timeseries(root: Node, envelope: Envelope, places: Places) -> Body:
    """One item per topic and area of ours. Raises Park `no_section` where there is no time series of 市町村等."""
    series = root.all(SERIES)
    if not series:
        raise Park("no_section", "the body has no 量的予想時系列（市町村等）, so it says nothing about any area")
    found: dict[str, Topics] = {}
    names: dict[str, str] = {}
    told: dict[Problem, None] = {}
    for part in series:
        slots = read_slots(part)
        for row in part.all("met:Item"):
            for area, name in ours(row, places):
                names[area] = name
                _add(found.setdefault(area, {}), told, row, (area, name), slots)
            told |= dict.fromkeys(_without_slot(row, slots))
    claims = tuple(Claim(area, tuple(_items(area, names[area], topics))) for area, topics in found.items())
    prefecture = f"{next(iter(found), '')[:2]}0000"
    missing = not_named(claims, places, prefecture)
    return Body(claims, f"{envelope.carrier}:{prefecture}", problems=(*told, *missing))


def _add(topics: Topics, told: dict[Problem, None], row: Node, area: tuple[str, str], slots: dict[str, Slot]) -> None:
    known = kinds().words["series"]
    for kind in row.all("met:Kind"):
        if is_over(kind.text("met:Status")):
            continue
        about = plain(kind.text("met:Property/met:Type"))
        if about not in known:
            told[Problem("unknown_kind", f"property {about[:60]!r} is in no table: kept as what it calls itself")] = (
                None
            )
        numbers = quantities(kind, *area, slots)
        topics.setdefault(known.get(about, about[:MAX_NAME]), {}).update(dict.fromkeys(numbers))


def _without_slot(row: Node, slots: dict[str, Slot]) -> list[Problem]:
    """JMA's own sample of 2024-12-26 has numbers of a slot that its TimeDefines do not define."""
    references = {str(found) for found in row.element.xpath(".//@refID")}
    text = "numbers of slot {} have no TimeDefine: left out, it is not known when they hold"
    return [Problem("unknown_slot", text.format(one[:20])) for one in sorted(references - slots.keys() - {""})]


def _items(area: str, name: str, topics: Topics) -> list[BulletinItem]:
    hazards = kinds().words["series_hazards"]
    return [
        BulletinItem(
            hazard=Hazard(hazards.get(topic, Hazard.OTHER)),
            subject=area,
            subject_name=name[:MAX_NAME],
            kind_code="",
            kind_name=topic,
            status="発表",
            active=True,
            level=None,
            quantities=tuple(numbers),
        )
        for topic, numbers in topics.items()
    ]
