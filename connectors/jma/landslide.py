"""土砂災害警戒情報 (VXWW50): every area of the prefecture, each with 警戒 (level 4), 解除 or なし."""

from connectors.jma.claims import MAX_CODE, MAX_NAME, Body, Claim, problems
from connectors.jma.envelope import Envelope
from connectors.jma.kinds import Kind, codes, is_over, plain
from connectors.jma.markup import Node
from connectors.places import Places
from connectors.source import Park
from schemas.records.base import Hazard
from schemas.records.observed import BulletinItem

SECTION = "met:Body/met:Warning[@type='土砂災害警戒情報']/met:Item"


def read_landslide(root: Node, envelope: Envelope, places: Places) -> Body:
    """The claims for our areas. Raises Park `no_section` where the body lists no area at all."""
    rows = root.all(SECTION)
    if not rows:
        raise Park("no_section", "the body has no 土砂災害警戒情報 section, so it says nothing about any area")
    ours = [row for row in rows if row.text("met:Area/met:Code") in places.areas]
    claims = tuple(_claim(row) for row in ours)
    # The EventID is a constant text per prefecture: the stable name of what this telegram replaces.
    scope = f"VXWW50:{envelope.event_id}"
    return Body(claims, scope, problems=problems(claims, codes("landslide")), outside=len(rows) - len(ours))


def _claim(row: Node) -> Claim:
    area = row.text("met:Area/met:Code")
    return Claim(area, tuple(_item(kind, area, row.text("met:Area/met:Name")) for kind in row.all("met:Kind")))


def _item(kind: Node, area: str, area_name: str) -> BulletinItem:
    code = kind.text("met:Code")[:MAX_CODE]
    status = (kind.text("met:Status") or kind.text("met:Condition"))[:MAX_NAME]
    meaning = codes("landslide").get(code, Kind())
    active = meaning.active and not is_over(status)
    return BulletinItem(
        hazard=Hazard.LANDSLIDE,
        subject=area,
        subject_name=area_name[:MAX_NAME],
        kind_code=code,
        kind_name=plain(kind.text("met:Name"))[:MAX_NAME],
        status=status,
        active=active,
        level=meaning.level if active else 0,
    )
