"""指定河川洪水予報 (VXKO): one river section, its level by code, and the areas that it may flood.

The areas are those that JMA lists for the section (reference) and those that the telegram names as 浸水想定地区.
水位周知河川に関する情報 (VXSU) is written alike; it was put off in 2026 and is read by its one sample.
"""

from collections.abc import Mapping
from dataclasses import replace

from connectors.jma.claims import MAX_CODE, MAX_NAME, MAX_SUMMARY, Body, Claim, unknown_kind
from connectors.jma.envelope import Envelope
from connectors.jma.hydrology import flood_prone, river_numbers
from connectors.jma.kinds import Kind, codes, plain
from connectors.jma.markup import Node
from connectors.places import Places
from connectors.source import Park
from schemas.records.base import Hazard
from schemas.records.observed import BulletinItem, Quantity

INFORMATION = "ib:Head/ib:Headline/ib:Information"
SECTION_TYPES = ("指定河川洪水予報（予報区域）", "水位周知河川に関する情報（発表区間）")
BODY_ITEMS = "met:Body/met:Warning/met:Item"
MAIN_TEXTS = ("主文", "概況")
TABLES = {"VXKO": "floods", "VXSU": "announced_rivers"}


def read_flood(root: Node, envelope: Envelope, places: Places) -> Body:
    """The claims for our areas. Raises Park `no_section` where no section is named."""
    rows = [row for kind in SECTION_TYPES for row in root.all(f"{INFORMATION}[@type='{kind}']/ib:Item")]
    if not rows:
        raise Park("no_section", "the headline names no 予報区域, so it is not known which river it is about")
    known, summary, districts = codes(TABLES[envelope.carrier]), _main_text(root), flood_prone(root)
    named = {area: None for row in districts for area in places.areas_of(row.subject)}
    claims, found = [], []
    for row in rows:
        item = _item(row, summary, known)
        item = replace(item, quantities=river_numbers(root, item.subject))
        section = places.sections.get(item.subject)
        areas = dict.fromkeys([*(section.areas if section else ()), *named])
        claims += [Claim(area, (_in_area(item, area, districts, places),)) for area in areas]
        if item.kind_code not in known:
            found.append(unknown_kind(item))
    outside = sum(1 for row in districts if not places.areas_of(row.subject))
    return Body(tuple(claims), f"{envelope.carrier}:{envelope.event_id}", problems=tuple(found), outside=outside)


def _item(row: Node, summary: str, known: Mapping[str, Kind]) -> BulletinItem:
    code = row.text("ib:Kind/ib:Code")[:MAX_CODE]
    meaning = known.get(code, Kind())
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


def _in_area(item: BulletinItem, area: str, districts: tuple[Quantity, ...], places: Places) -> BulletinItem:
    """With the districts of this area only; a code that stands for nothing of ours is nobody's."""
    here = tuple(row for row in districts if area in places.areas_of(row.subject))
    return replace(item, quantities=(*here, *item.quantities))


def _main_text(root: Node) -> str:
    """主文, the official sentences per gauge."""
    properties = root.all(f"{BODY_ITEMS}/met:Kind/met:Property")
    texts = [node.text("met:Text") for node in properties if node.text("met:Type") in MAIN_TEXTS]
    return "\n".join(texts)[:MAX_SUMMARY]
