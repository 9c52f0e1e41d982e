"""気象特別警報報知 (VPNO50): which 特別警報 are in force where. It has a headline and no body.

It lists the areas with a 特別警報 and no others, so an area of its prefecture that is not listed has none any more;
when all are lifted it names only the prefecture, with 解除 and code 00.
"""

from connectors.jma.areas import ours
from connectors.jma.claims import MAX_CODE, MAX_NAME, Body, Claim, Problem, problems
from connectors.jma.envelope import Envelope
from connectors.jma.kinds import Kind, codes, plain
from connectors.jma.markup import Node
from connectors.places import Places
from connectors.source import Park
from schemas.records.base import Hazard
from schemas.records.observed import BulletinItem

ROWS = "ib:Head/ib:Headline/ib:Information[@type='気象特別警報報知（{}）']/ib:Item"
MUNICIPALITIES, PREFECTURE = ROWS.format("市町村等"), ROWS.format("府県予報区等")
LIFTED, NOT_LISTED = "解除", "なし"
LIFTED_CODE = "00"


def read_special(root: Node, envelope: Envelope, places: Places) -> Body:
    """Level 5 for the areas listed. Raises Park `no_section` where neither a municipality nor a lifting is there."""
    prefectures = root.all(PREFECTURE)
    rows = root.all(MUNICIPALITIES)
    prefecture = next((row.text("ib:Areas/ib:Area/ib:Code") for row in prefectures), "")
    lifted = any(_lifted(row) for row in prefectures)
    if not prefecture or not (rows or lifted):
        raise Park("no_section", "the headline names no municipality and lifts nothing: it says nothing about any area")
    if lifted and rows:
        raise Park("contradiction", "the headline says 解除 for the prefecture and lists 特別警報 in municipalities")
    found: dict[str, list[BulletinItem]] = {area: [] for area in places.areas_of(prefecture)}
    for row in rows:
        for area, name in ours(row, places):
            found.setdefault(area, []).extend(_item(kind, area, name) for kind in row.all("ib:Kind"))
    over = LIFTED if lifted else NOT_LISTED
    claims = tuple(Claim(area, tuple(items) or (_nothing(area, over, places),)) for area, items in found.items())
    told = problems(tuple(claim for claim in claims if claim.items[0].active), codes("warnings"))
    return Body(claims, f"{envelope.carrier}:{prefecture}", problems=_only_kinds(told))


def _lifted(row: Node) -> bool:
    return any(
        plain(kind.text("ib:Code")) == LIFTED_CODE or plain(kind.text("ib:Name")) == LIFTED
        for kind in row.all("ib:Kind")
    )


def _item(kind: Node, area: str, name: str) -> BulletinItem:
    code = plain(kind.text("ib:Code"))[:MAX_CODE]
    meaning = codes("warnings").get(code, Kind())
    return BulletinItem(
        hazard=meaning.hazard or Hazard.OTHER,
        subject=area,
        subject_name=name[:MAX_NAME],
        kind_code=code,
        kind_name=plain(kind.text("ib:Name"))[:MAX_NAME],
        status="発表",
        active=True,
        level=meaning.level,
    )


def _nothing(area: str, status: str, places: Places) -> BulletinItem:
    """No 特別警報 here (any more)."""
    return BulletinItem(Hazard.OTHER, area, places.areas[area].name, LIFTED_CODE, status, status, False, 0)


def _only_kinds(told: tuple[Problem, ...]) -> tuple[Problem, ...]:
    return tuple(problem for problem in told if problem.reason == "unknown_kind")
