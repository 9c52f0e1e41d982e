"""震度速報 (VXSE51), 震源に関する情報 (VXSE52), 震源・震度に関する情報 (VXSE53): who felt how much.

VXSE51 knows regions, VXSE53 municipalities and wards. An area that is not listed is not told: from 震度速報 nobody
learns that it did not shake, and 震度５弱以上未入電 is a place whose value has not arrived, never "no shaking".
A VXSE53 without intensities is about a quake abroad: our coasts are told whether a tsunami is still being examined.
"""

from datetime import datetime

from connectors.jma.claims import MAX_CODE, MAX_NAME, Body, Claim, Problem
from connectors.jma.envelope import Envelope
from connectors.jma.kinds import kinds, plain
from connectors.jma.markup import Node
from connectors.jma.seismic import body_text, moment, words
from connectors.places import Places
from connectors.source import Park
from schemas.records.base import Hazard
from schemas.records.observed import BulletinItem, Quantity

INTENSITY = "seis:Body/seis:Intensity"
PREFECTURES = f"{INTENSITY}/seis:Observation/seis:Pref"
COMMENT_CODES = "seis:Body/seis:Comments/seis:ForecastComment/seis:Code"
EXAMINED = "0229"
"""固定付加文: 日本への津波の有無については現在調査中です."""
OURS = "14"
"""The Pref/Code of Kanagawa."""
UNKNOWN = "震度未入電"
NAMES = {
    0.0: "震度0",
    1.0: "震度1",
    2.0: "震度2",
    3.0: "震度3",
    4.0: "震度4",
    5.0: "震度5弱",
    5.5: "震度5強",
    6.0: "震度6弱",
    6.5: "震度6強",
    7.0: "震度7",
    None: UNKNOWN,
}


def read_intensity(root: Node, envelope: Envelope, places: Places) -> Body:
    """The claims for our areas: a quake is its scope. Raises Park `no_section` where no region is named."""
    if envelope.carrier == "VXSE53" and root.find(INTENSITY) is None:
        return _far_quake(root, envelope, places)
    scope = f"{envelope.carrier}:{envelope.event_id}"
    regions = [region for prefecture in root.all(PREFECTURES) for region in prefecture.all("seis:Area")]
    if not regions:
        raise Park("no_section", "the body names no region, so it says nothing about who felt the quake")
    at = _felt_at(root)
    spoken: dict[str, list[Quantity]] = {}
    for region in regions:
        for areas, quantity in _felt(region, places, at):
            for area in areas:
                spoken.setdefault(area, []).append(quantity)
    claims = tuple(Claim(area, (_item(area, found, places, envelope),)) for area, found in spoken.items())
    outside = sum(1 for region in regions if region.text("seis:Code") not in places.zones.regions)
    return Body(claims, scope, body_text(root), _unknown(root, places), outside)


def read_hypocentre(root: Node, envelope: Envelope, _places: Places) -> Body:
    """VXSE52 says where a quake was and that no tsunami is feared: it names no municipality, so it tells none."""
    return Body((), f"{envelope.carrier}:{envelope.event_id}", body_text(root))


def intensity_number(text: str) -> float | None:
    """The intensity as a number that can be compared (5弱 5.0, 5強 5.5), None where the text is none ("4 " is one)."""
    return kinds().numbers["intensities"].get(plain(text))


def _far_quake(root: Node, envelope: Envelope, places: Places) -> Body:
    """In force only while JMA examines whether a tsunami reaches Japan; the next telegram of the quake may end it."""
    examined = EXAMINED in root.text(COMMENT_CODES).split()
    item = BulletinItem(
        hazard=Hazard.TSUNAMI,
        subject=envelope.event_id[:MAX_CODE],
        subject_name=root.text("seis:Body/seis:Earthquake/seis:Hypocenter/seis:Area/seis:Name")[:MAX_NAME],
        kind_code=EXAMINED if examined else "",
        kind_name="遠地地震: 日本への津波の有無を調査中" if examined else "遠地地震",
        status="発表" if examined else "解除",
        active=examined,
        level=None,
    )
    areas = dict.fromkeys(area for zone in places.zones.tsunami.values() for area in zone.areas)
    scope = f"{envelope.carrier}:{envelope.event_id}"
    return Body(tuple(Claim(area, (item,)) for area in areas), scope, body_text(root))


def _felt_at(root: Node) -> datetime | None:
    return moment(root.text("seis:Body/seis:Earthquake/seis:OriginTime") or root.text("ib:Head/ib:TargetDateTime"))


def _felt(region: Node, places: Places, at: datetime | None) -> list[tuple[tuple[str, ...], Quantity]]:
    """What each municipality felt; where the telegram knows regions only (VXSE51), what the region did."""
    cities = region.all("seis:City")
    if not cities:
        known = places.zones.regions.get(_code(region))
        return [(known.areas, _quantity(region, at))] if known else []
    named = [(places.zones.cities.get(_code(city)), city) for city in cities]
    return [(known.areas, _quantity(city, at)) for known, city in named if known]


def _quantity(place: Node, at: datetime | None) -> Quantity:
    text = place.text("seis:MaxInt")
    told = words(text, place.text("seis:Condition"), place.text("seis:Revise"))
    name = place.text("seis:Name")[:MAX_NAME]
    return Quantity("intensity", _code(place)[:MAX_CODE], name, intensity_number(text), "", at, None, told)


def _item(area: str, felt: list[Quantity], places: Places, envelope: Envelope) -> BulletinItem:
    """`kind_name`: the strongest that is known of the area, as officials say it."""
    strongest = max((q.value for q in felt if q.value is not None), default=None)
    return BulletinItem(
        hazard=Hazard.OTHER,
        subject=area,
        subject_name=places.areas[area].name,
        kind_code=envelope.carrier,
        kind_name=NAMES.get(strongest, UNKNOWN)[:MAX_NAME],
        status="発表",
        active=True,
        level=None,
        quantities=tuple(felt),
    )


def _unknown(root: Node, places: Places) -> tuple[Problem, ...]:
    """A municipality of our prefecture that no table knows: JMA may have divided one of ours."""
    ours = [prefecture for prefecture in root.all(PREFECTURES) if _code(prefecture) == OURS]
    cities = [city for prefecture in ours for city in prefecture.all("seis:Area/seis:City")]
    regions = [region for prefecture in ours for region in prefecture.all("seis:Area")]
    unknown = [city for city in cities if _code(city) not in places.zones.cities]
    unknown += [region for region in regions if _code(region) not in places.zones.regions]
    return tuple(
        Problem(
            "unknown_area", f"intensity of {_code(node)[:MAX_CODE]!r} ({node.text('seis:Name')[:MAX_NAME]}): where?"
        )
        for node in unknown
    )


def _code(node: Node) -> str:
    return node.text("seis:Code")
