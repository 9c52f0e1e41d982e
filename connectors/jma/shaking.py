"""緊急地震速報 (VXSE43, VXSE44, VXSE45), where it warns: strong shaking is about to come, seconds ahead.

A forecast (Kind 00, 01) is no warning and makes no claim. What comes over a feed that is asked once a minute is too
late to act on; it is kept because it explains what came after it.
"""

from connectors.jma.claims import MAX_CODE, MAX_NAME, Body, Claim, unknown_kind
from connectors.jma.envelope import Envelope
from connectors.jma.kinds import Kind, codes, plain
from connectors.jma.markup import Node
from connectors.jma.quake import intensity_number
from connectors.jma.seismic import body_text, moment, words
from connectors.places import Places
from schemas.records.base import Hazard
from schemas.records.observed import BulletinItem, Quantity
from schemas.zones import QuakeRegion

REGIONS = "seis:Body/seis:Intensity/seis:Forecast/seis:Pref/seis:Area"
KIND = "seis:Category/seis:Kind"


def read_shaking(root: Node, envelope: Envelope, places: Places) -> Body:
    """The claims for our areas. One without a forecast (the last of a quake far away) is about nobody."""
    rows = root.all(REGIONS)
    known = codes("strong_shaking")
    spoken = [(places.zones.regions.get(row.text("seis:Code")), row) for row in rows]
    ours = [(region, row) for region, row in spoken if region]
    warned = [(region, _item(region, row, known.get(_kind(row), Kind()))) for region, row in ours]
    claims = tuple(Claim(area, (item,)) for region, item in warned if item.active for area in region.areas)
    problems = tuple(unknown_kind(item) for _, item in warned if item.kind_code not in known)
    scope = f"{envelope.carrier}:{envelope.event_id}"
    return Body(claims, scope, body_text(root), problems, len(rows) - len(ours))


def _kind(row: Node) -> str:
    return row.text(f"{KIND}/seis:Code")[:MAX_CODE]


def _item(region: QuakeRegion, row: Node, meaning: Kind) -> BulletinItem:
    return BulletinItem(
        hazard=Hazard.OTHER,
        subject=region.code,
        subject_name=row.text("seis:Name")[:MAX_NAME],
        kind_code=_kind(row),
        kind_name=plain(row.text(f"{KIND}/seis:Name"))[:MAX_NAME],
        status="発表",
        active=meaning.active,
        level=None,
        quantities=(_forecast(region, row),),
    )


def _forecast(region: QuakeRegion, row: Node) -> Quantity:
    """The lower end of what is expected; the condition has both ends ("5-から5+")."""
    low, high = row.text("seis:ForecastInt/seis:From"), row.text("seis:ForecastInt/seis:To")
    at = moment(row.text("seis:ArrivalTime"))
    told = words(f"{low}から{high}" if low != high else low, row.text("seis:Condition"))
    name = row.text("seis:Name")[:MAX_NAME]
    return Quantity("intensity_forecast", region.code, name, intensity_number(low), "", at, None, told)
