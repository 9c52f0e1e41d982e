"""気象警報・注意報 (VPWW54, VPWW55, VPWW56): only the section of 市町村等, which the other sections repeat in sum."""

from connectors.jma.claims import MAX_CODE, MAX_NAME, Body, Claim, problems
from connectors.jma.envelope import Envelope
from connectors.jma.kinds import Kind, codes, is_over, kinds, plain
from connectors.jma.markup import Node
from connectors.places import Places
from connectors.source import Park
from schemas.records.base import Hazard
from schemas.records.observed import BulletinItem

SECTION = "met:Body/met:Warning[@type='気象警報・注意報（市町村等）']/met:Item"
PREFECTURE = "met:Body/met:Warning[@type='気象警報・注意報（府県予報区等）']/met:Item/met:Area/met:Code"
HEAVY_RAIN_BY_CONDITION = "VPWW54"


def read_warnings(root: Node, envelope: Envelope, places: Places) -> Body:
    """The claims for our areas. Raises Park `no_section` where the section of 市町村等 is missing."""
    rows = root.all(SECTION)
    prefecture = root.text(PREFECTURE)
    if not rows or not prefecture:
        raise Park("no_section", "the body has no section 市町村等 or 府県予報区等, so it says nothing about any area")
    ours = [row for row in rows if row.text("met:Area/met:Code") in places.areas]
    claims = tuple(_claim(row, envelope.carrier) for row in ours)
    # VPWW54's Notice may hold the only trace of a level 4 or 5 flood: it is carried as text, for people.
    notice = "\n".join(node.text(".") for node in root.all("met:Body/met:Notice"))
    scope = f"{envelope.carrier}:{prefecture}"
    return Body(claims, scope, notice, problems(claims, codes("warnings")), len(rows) - len(ours))


def _claim(row: Node, carrier: str) -> Claim:
    area, name = row.text("met:Area/met:Code"), row.text("met:Area/met:Name")
    return Claim(area, tuple(item for kind in row.all("met:Kind") for item in _items(kind, carrier, area, name)))


def _items(kind: Node, carrier: str, area: str, name: str) -> list[BulletinItem]:
    """One item, or one per hazard where an old 大雨 kind names several in its Condition."""
    code = kind.text("met:Code")
    meaning = codes("warnings").get(code, Kind())
    spoken_of = kinds().carriers[carrier].hazard or Hazard.OTHER
    hazards = _by_condition(kind, carrier, meaning) or [meaning.hazard or spoken_of]
    return [_item(kind, meaning, hazard, area, name) for hazard in hazards]


def _by_condition(kind: Node, carrier: str, meaning: Kind) -> list[Hazard]:
    if carrier != HEAVY_RAIN_BY_CONDITION or meaning.hazard is not Hazard.HEAVY_RAIN:
        return []
    known = kinds().words["conditions"]
    words = plain(kind.text("met:Condition")).split("、")
    return [Hazard(known[word]) for word in dict.fromkeys(words) if word in known]


def _item(kind: Node, meaning: Kind, hazard: Hazard, area: str, name: str) -> BulletinItem:
    status = kind.text("met:Status")[:MAX_NAME]
    active = not is_over(status)
    return BulletinItem(
        hazard=hazard,
        subject=area,
        subject_name=name[:MAX_NAME],
        kind_code=kind.text("met:Code")[:MAX_CODE],
        kind_name=plain(kind.text("met:Name"))[:MAX_NAME],
        status=status,
        active=active,
        level=meaning.level if active else 0,
        summary=_sentence(kind)[:1000],
    )


def _sentence(kind: Node) -> str:
    """The official words on when the criteria are met (VPWW56): 警戒レベル４相当 from when until when."""
    return "\n".join(node.text(".") for node in kind.all("met:Property/met:CriteriaPeriod/met:Base/met:Sentence"))
