"""火山: 噴火警報・予報 (VFVO50), 解説情報 (VFVO51), 観測報 (VFVO52), 噴火速報 (VFVO56).

VFVO50 and VFVO56 name their municipalities. VFVO51 and VFVO52 name volcanoes only: the areas of ours are those of the
reference. 噴火警戒レベル is not a 警戒レベル, so it is a quantity and no level.
"""

from connectors.jma.cancelled import About
from connectors.jma.claims import MAX_CODE, MAX_NAME, Body, Claim, unknown_kind
from connectors.jma.envelope import Envelope
from connectors.jma.kinds import codes, is_over, kinds, plain
from connectors.jma.markup import Node
from connectors.places import Places
from connectors.source import Park
from schemas.records.base import Hazard
from schemas.records.observed import BulletinItem, Quantity

INFO = "volc:Body/volc:VolcanoInfo"
CONTENT = "volc:Body/volc:VolcanoInfoContent"
AREA = "volc:Areas/volc:Area"
MUNICIPALITIES = "(対象市町村等)"
MEASURES = "(対象市町村の防災対応等)"
EXPLAINS = "VFVO51"
"""It repeats the level that VFVO50 has in force and must not outlive it: it claims nothing itself."""


def read_volcano(root: Node, envelope: Envelope, places: Places) -> Body:
    """The claims for our areas. Raises Park `no_section` where no volcano is named."""
    sections = {plain(node.attribute("type")): node.all("volc:Item") for node in root.all(INFO)}
    towns = [row for kind, rows in sections.items() if kind.endswith(MUNICIPALITIES) for row in rows]
    measures = [row for kind, rows in sections.items() if kind.endswith(MEASURES) for row in rows]
    rows = [row for rows in sections.values() for row in rows if row not in towns and row not in measures]
    volcanoes = [(row, area) for row in rows for area in row.all(AREA)]
    if not volcanoes:
        raise Park("no_section", "the body names no volcano, so it says nothing about any area")
    told = [claim for row, area in volcanoes for claim in _claims(row, area, towns, envelope, places)]
    problems = dict.fromkeys(unknown_kind(i) for claim in told for i in claim.items if not _is_known(i.kind_code))
    outside = len(volcanoes) - len({claim.items[0].subject for claim in told})
    return Body(tuple(told), envelope.carrier, _text(root), tuple(problems), outside)


def cancelled_volcano(envelope: Envelope, places: Places, _url: str) -> About:
    """The EventID ends with the volcano's number. Raises Park `unknown_scope` for a volcano of no table."""
    volcano = places.zones.volcanoes.get(envelope.event_id.rpartition("_")[2])
    if volcano is None:
        text = f"a cancellation about volcano {envelope.event_id[:MAX_CODE]!r}, which is in no table: which areas?"
        raise Park("unknown_scope", text)
    return tuple(Claim(area, (), _scope(envelope, volcano.code)) for area in volcano.areas)


def _claims(row: Node, volcano: Node, towns: list[Node], envelope: Envelope, places: Places) -> list[Claim]:
    code = volcano.text("volc:Code")[:MAX_CODE]
    level, scope = _level(row, volcano), _scope(envelope, code)
    if not towns:
        known = places.zones.volcanoes.get(code)
        item = _item(volcano, row, level, envelope)
        return [Claim(area, (item,), scope) for area in (known.areas if known else ())]
    named = [(city, _item(volcano, town, level, envelope)) for town in towns for city in town.all(AREA)]
    return [Claim(area, (item,), scope) for city, item in named for area in places.areas_of(city.text("volc:Code"))]


def _scope(envelope: Envelope, volcano: str) -> str:
    """Warnings and their explanation are about the volcano until the next one; an eruption is an event of its own."""
    subject = volcano if envelope.carrier in ("VFVO50", "VFVO51") else envelope.event_id
    return f"{envelope.carrier}:{subject}"


def _item(volcano: Node, told: Node, level: tuple[Quantity, ...], envelope: Envelope) -> BulletinItem:
    code = told.text("volc:Kind/volc:Code")[:MAX_CODE]
    status = told.text("volc:Kind/volc:Condition")[:MAX_NAME]
    meaning = codes("volcano").get(code)
    return BulletinItem(
        hazard=Hazard.OTHER,
        subject=volcano.text("volc:Code")[:MAX_CODE],
        subject_name=volcano.text("volc:Name")[:MAX_NAME],
        kind_code=code,
        kind_name=plain(told.text("volc:Kind/volc:Name"))[:MAX_NAME],
        status=status or "発表",
        active=not is_over(status) and (meaning is None or meaning.active) and envelope.carrier != EXPLAINS,
        level=None,
        quantities=level,
    )


def _level(row: Node, volcano: Node) -> tuple[Quantity, ...]:
    """噴火警戒レベル 1 to 5; nothing for a volcano that has none, and for an eruption."""
    level = kinds().numbers["volcanic_level"].get(row.text("volc:Kind/volc:Code"))
    if level is None:
        return ()
    place = (volcano.text("volc:Code")[:MAX_CODE], volcano.text("volc:Name")[:MAX_NAME])
    words = plain(row.text("volc:Kind/volc:Name"))[:MAX_NAME]
    return (Quantity("volcanic_level", *place, level, "", None, None, words),)


def _is_known(code: str) -> bool:
    return code in codes("volcano") or code in kinds().numbers["volcanic_level"]


def _text(root: Node) -> str:
    parts = ("VolcanoHeadline", "VolcanoActivity", "VolcanoPrevention")
    return "\n".join(filter(None, (root.text(f"{CONTENT}/volc:{part}") for part in parts)))
