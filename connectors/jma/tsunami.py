"""津波警報・注意報・予報 (VTSE41) and 津波情報 (VTSE51, VTSE52): by 津波予報区, told to the areas on its coast.

Only VTSE41 warns. Each zone is a scope of its own: one that a later telegram does not list stays as it was. Its own
解除 (50, 60), 津波予報 (71 to 73) or 津波なし (00) ends it, or the sentence that no coast is warned any more. An area
with two coasts holds both. What VTSE51 and VTSE52 know (arrival, heights, 満潮) is information: it repeats the kind of
VTSE41, but ends nothing and must not outlive it.
"""

from collections.abc import Mapping
from datetime import datetime

from connectors.jma.cancelled import About
from connectors.jma.claims import MAX_CODE, MAX_NAME, Body, Claim, Problem, unknown_kind
from connectors.jma.envelope import Envelope
from connectors.jma.kinds import Kind, codes, plain
from connectors.jma.markup import Node
from connectors.jma.seismic import body_text, moment, number, words
from connectors.places import Places
from connectors.source import Park
from schemas.records.base import Hazard
from schemas.records.observed import BulletinItem, Quantity
from schemas.zones import TsunamiZone

TSUNAMI = "seis:Body/seis:Tsunami"
ZONE_CODE = "seis:Area/seis:Code"
OVER = {"50", "60", "00"}
NOBODY_WARNED = "大津波警報・津波警報・津波注意報を発表している沿岸はありません"
NO_ZONE = "the body names no 津波予報区, so it says nothing about any coast"


def read_tsunami_warning(root: Node, _envelope: Envelope, places: Places) -> Body:
    """The claims for our coasts. Raises Park `no_section` where no zone is named."""
    rows = _rows_of(root, "Forecast")
    if not rows:
        raise Park("no_section", NO_ZONE)
    ours, known = places.zones.tsunami, codes("tsunami")
    until, text = moment(root.text("ib:Head/ib:ValidDateTime")), body_text(root)
    items = {row.text(ZONE_CODE): _warning(row, known, until) for row in rows if row.text(ZONE_CODE) in ours}
    if NOBODY_WARNED in text:
        items = {zone.code: _nothing_in_force(zone) for zone in ours.values()} | items
    claims = [Claim(area, (item,), f"VTSE41:{code}") for code, item in items.items() for area in ours[code].areas]
    unknown = [unknown_kind(item) for item in items.values() if item.active and item.kind_code not in known]
    outside = sum(1 for row in rows if row.text(ZONE_CODE) not in ours)
    return Body(tuple(claims), "VTSE41", text, (*unknown, *_unknown_zones(rows, places)), outside)


def read_tsunami_information(root: Node, envelope: Envelope, places: Places) -> Body:
    """Arrival times and heights, forecast and observed, for our coasts. Raises Park `no_section` as above."""
    rows = [row for part in ("Observation", "Estimation", "Forecast") for row in _rows_of(root, part)]
    if not rows:
        raise Park("no_section", NO_ZONE)
    named: dict[str, list[Node]] = {}
    for row in rows:
        named.setdefault(row.text(ZONE_CODE), []).append(row)
    claims = [
        Claim(area, (_information(named[code], envelope),), f"{envelope.carrier}:{envelope.event_id}:{code}")
        for code, zone in places.zones.tsunami.items()
        if code in named
        for area in zone.areas
    ]
    outside = sum(1 for code in named if code and code not in places.zones.tsunami)
    return Body(tuple(claims), envelope.carrier, body_text(root), _unknown_zones(rows, places), outside)


def cancelled_tsunami(envelope: Envelope, places: Places, _url: str) -> About:
    """A 取消 names no zone: it is about each of ours."""
    event = "" if envelope.carrier == "VTSE41" else f"{envelope.event_id}:"
    return tuple(
        Claim(area, (), f"{envelope.carrier}:{event}{zone.code}")
        for zone in places.zones.tsunami.values()
        for area in zone.areas
    )


def _rows_of(root: Node, part: str) -> list[Node]:
    return root.all(f"{TSUNAMI}/seis:{part}/seis:Item")


def _unknown_zones(rows: list[Node], places: Places) -> tuple[Problem, ...]:
    """A code that no list has may be a part of one of our zones: somebody has to look. Gauges offshore have no code."""
    known = {"", *places.zones.tsunami, *places.zones.elsewhere}
    found = {row.text(ZONE_CODE): row.text("seis:Area/seis:Name") for row in rows if row.text(ZONE_CODE) not in known}
    return tuple(
        Problem("unknown_zone", f"津波予報区 {code[:MAX_CODE]!r} ({name[:MAX_NAME]}) is in no table: which coast?")
        for code, name in found.items()
    )


def _warning(row: Node, known: Mapping[str, Kind], until: datetime | None) -> BulletinItem:
    code = row.text("seis:Category/seis:Kind/seis:Code")[:MAX_CODE]
    return BulletinItem(
        hazard=Hazard.TSUNAMI,
        subject=row.text(ZONE_CODE)[:MAX_CODE],
        subject_name=row.text("seis:Area/seis:Name")[:MAX_NAME],
        kind_code=code,
        kind_name=plain(row.text("seis:Category/seis:Kind/seis:Name"))[:MAX_NAME],
        status=_status(code, row.text("seis:Category/seis:LastKind/seis:Code")),
        active=known.get(code, Kind()).active,
        level=None,
        valid_until=until,
        quantities=_forecast(row),
    )


def _nothing_in_force(zone: TsunamiZone) -> BulletinItem:
    """For a zone that is not listed where the telegram says that no coast of Japan is warned."""
    return BulletinItem(Hazard.TSUNAMI, zone.code, zone.name, "", NOBODY_WARNED, "解除", active=False, level=None)


def _status(code: str, last: str) -> str:
    """The telegram has kinds but no status: what changed follows from the kind before."""
    if code in OVER:
        return "解除"
    return "継続" if code == last else "発表"


def _information(rows: list[Node], envelope: Envelope) -> BulletinItem:
    return BulletinItem(
        hazard=Hazard.OTHER,
        subject=rows[0].text(ZONE_CODE)[:MAX_CODE],
        subject_name=rows[0].text("seis:Area/seis:Name")[:MAX_NAME],
        kind_code=envelope.carrier,
        kind_name=plain(envelope.title)[:MAX_NAME],
        status="発表",
        active=True,
        level=None,
        quantities=tuple(quantity for row in rows for quantity in (*_forecast(row), *_stations(row))),
    )


def _forecast(row: Node) -> tuple[Quantity, ...]:
    """What is expected for the zone as a whole."""
    place = (row.text(ZONE_CODE)[:MAX_CODE], row.text("seis:Area/seis:Name")[:MAX_NAME])
    return (*_heights(row, "tsunami_height", place), *_arrival(row, "tsunami_arrival", place))


def _stations(row: Node) -> list[Quantity]:
    """What each tide gauge expects (it then names its 満潮) or has measured."""
    found: list[Quantity] = []
    for station in row.all("seis:Station"):
        place = (station.text("seis:Code")[:MAX_CODE], station.text("seis:Name")[:MAX_NAME])
        tide = moment(station.text("seis:HighTideDateTime"))
        if tide is not None:
            found += [
                Quantity("high_tide", *place, None, "", tide, None, ""),
                *_arrival(station, "tsunami_arrival", place),
            ]
        else:
            found += _heights(station, "tsunami_observed", place)
            found += _arrival(station, "tsunami_first_wave", place)
    return found


def _heights(node: Node, name: str, place: tuple[str, str]) -> list[Quantity]:
    """Metres; null with the words where the telegram has none ("巨大", "高い", "不明", "観測中")."""
    height = node.find("seis:MaxHeight")
    if height is None:
        return []
    value = height.find("eb:TsunamiHeight")
    told = words(*_words_of(value) if value else (), height.text("seis:Condition"), height.text("seis:Revise"))
    metres = number(value.text(".")) if value else None
    return [Quantity(name, *place, metres, "m", moment(height.text("seis:DateTime")), None, told)]


def _words_of(height: Node) -> tuple[str, str]:
    """Such as "2.8m以上" and 上昇中; "巨大" or "高い" instead of 不明, which stands only where nothing else does."""
    description, condition = height.attribute("description"), height.attribute("condition")
    return description, "" if description and condition == "不明" else condition


def _arrival(node: Node, name: str, place: tuple[str, str]) -> list[Quantity]:
    first = node.find("seis:FirstHeight")
    if first is None:
        return []
    condition = words(first.text("seis:Condition"), first.text("seis:Initial"), first.text("seis:Revise"))
    return [Quantity(name, *place, None, "", moment(first.text("seis:ArrivalTime")), None, condition)]
