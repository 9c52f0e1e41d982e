"""指定河川洪水予報 (VXKO): one river section, its level by code, and the areas that it may flood.

The areas are those that JMA lists for the section (reference) and those that the telegram names as 浸水想定地区.
"""

from connectors.jma.claims import MAX_CODE, MAX_NAME, MAX_SUMMARY, Body, Claim, unknown_kind
from connectors.jma.envelope import Envelope
from connectors.jma.kinds import Kind, codes, plain
from connectors.jma.markup import Node
from connectors.places import Places
from connectors.source import Park
from schemas.records.base import Hazard
from schemas.records.observed import BulletinItem

SECTIONS = "ib:Head/ib:Headline/ib:Information[@type='指定河川洪水予報（予報区域）']/ib:Item"
BODY_ITEMS = "met:Body/met:Warning[@type='指定河川洪水予報']/met:Item"


def read_flood(root: Node, envelope: Envelope, places: Places) -> Body:
    """The claims for our areas. Raises Park `no_section` where no section is named."""
    rows = root.all(SECTIONS)
    if not rows:
        raise Park("no_section", "the headline names no 予報区域, so it is not known which river it is about")
    cities = [node.text("met:CityCode") for node in root.all(f"{BODY_ITEMS}/met:Areas/met:Area")]
    named = [area for code in cities for area in places.areas_of(code)]
    claims, found = [], []
    for row in rows:
        item = _item(row, _main_text(root))
        section = places.sections.get(item.subject)
        areas = dict.fromkeys([*(section.areas if section else ()), *named])
        claims += [Claim(area, (item,)) for area in areas]
        if item.kind_code not in codes("floods"):
            found.append(unknown_kind(item))
    outside = sum(1 for code in cities if not places.areas_of(code))
    return Body(tuple(claims), f"VXKO:{envelope.event_id}", problems=tuple(found), outside=outside)


def _item(row: Node, summary: str) -> BulletinItem:
    code = row.text("ib:Kind/ib:Code")[:MAX_CODE]
    meaning = codes("floods").get(code, Kind())
    return BulletinItem(
        hazard=Hazard.FLOOD,
        subject=row.text("ib:Areas/ib:Area/ib:Code")[:MAX_CODE],
        subject_name=row.text("ib:Areas/ib:Area/ib:Name")[:MAX_NAME],
        kind_code=code,
        kind_name=plain(row.text("ib:Kind/ib:Name"))[:MAX_NAME],
        status=row.text("ib:Kind/ib:Condition")[:MAX_NAME],
        active=meaning.active,
        level=meaning.level,
        summary=summary,
    )


def _main_text(root: Node) -> str:
    """主文, the official sentences per gauge."""
    properties = root.all(f"{BODY_ITEMS}/met:Kind/met:Property")
    texts = [node.text("met:Text") for node in properties if node.text("met:Type") == "主文"]
    return "\n".join(texts)[:MAX_SUMMARY]
