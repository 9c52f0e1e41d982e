"""気象警報・注意報 (VPWW53–61, VPWS50): the section of 市町村等, which the other sections repeat in sum."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from connectors.jma.areas import not_named, ours
from connectors.jma.claims import MAX_CODE, MAX_NAME, MAX_SUMMARY, Body, Claim, Problem, problems
from connectors.jma.envelope import Envelope
from connectors.jma.kinds import Kind, codes, is_over, kinds, plain
from connectors.jma.markup import Node
from connectors.jma.old_series import with_series
from connectors.jma.quantities import quantities
from connectors.jma.tidal import read_sections
from connectors.places import Places
from connectors.source import Park
from schemas.records.base import Hazard
from schemas.records.observed import BulletinItem, Quantity

SECTION = "met:Body/met:Warning[@type='気象警報・注意報（{}）']/met:Item"
MUNICIPALITIES = SECTION.format("市町村等")
PREFECTURE = SECTION.format("府県予報区等") + "/met:Area/met:Code"
COARSE = tuple(SECTION.format(name) for name in ("市町村等をまとめた地域等", "一次細分区域等", "府県予報区等"))
WORDS = ("met:Body/met:Notice", "met:Body/met:Comment/met:Text")
TRANSITION = frozenset({"VPWW53", "VPWW54"})
"""The carriers until about 2028: 大雨 by its Condition, and coarser sections where 市町村等 are missing."""


def read_warnings(root: Node, envelope: Envelope, places: Places) -> Body:
    """The claims for our areas. Raises Park `no_section` where the section of 市町村等 is missing."""
    rows, told = _rows(root, envelope.carrier, places)
    prefecture = root.text(PREFECTURE)
    if not rows or not prefecture:
        raise Park("no_section", "the body has no section 市町村等 or 府県予報区等, so it says nothing about any area")
    claims = tuple(claim for row in rows for claim in _claims(row, envelope.carrier, places))
    if envelope.carrier in TRANSITION:
        claims = with_series(claims, root, places)
    surge, unplaced = read_sections(root, places, lambda kind, area, name: item_of(kind, envelope.carrier, area, name))
    # The transition's Notice may hold the only trace of a level 4 or 5 flood: what is free text is carried, for people.
    notice = "\n".join(filter(None, (node.text(".") for path in WORDS for node in root.all(path))))
    missing = not_named(claims, places, prefecture)
    found = (*told, *problems(claims, codes("warnings")), *missing, *unplaced)
    return Body((*claims, *surge), f"{envelope.carrier}:{prefecture}", notice, found, _outside(rows, places))


def read_snapshot(root: Node, envelope: Envelope, places: Places) -> Body:
    """VPWS50: what is in force in all of Japan. Kinds and their levels only, without numbers and sentences."""
    rows = root.all(MUNICIPALITIES)
    if not rows:
        raise Park("no_section", "the body has no section 市町村等, so it says nothing about any area")
    claims = tuple(_compact(claim) for row in rows for claim in _claims(row, envelope.carrier, places))
    prefectures = dict.fromkeys(f"{claim.area[:2]}0000" for claim in claims)
    missing = tuple(problem for code in prefectures for problem in not_named(claims, places, code))
    found = (*problems(claims, codes("warnings")), *missing)
    return Body(claims, f"{envelope.carrier}:all", "", found, _outside(rows, places))


def item_of(kind: Node, carrier: str, area: str, name: str) -> list[BulletinItem]:
    """One item, or one per hazard where an old 大雨 kind names several in its Condition."""
    meaning = codes("warnings").get(_code(kind), Kind())
    spoken_of = kinds().carriers[carrier].hazard or Hazard.OTHER
    hazards = _by_condition(kind, carrier, meaning) or [meaning.hazard or spoken_of]
    numbers = quantities(kind, area, name)
    return [_item(kind, meaning, hazard, (area, name), numbers) for hazard in hazards]


def _rows(root: Node, carrier: str, places: Places) -> tuple[list[Node], tuple[Problem, ...]]:
    rows = root.all(MUNICIPALITIES)
    if rows or carrier not in TRANSITION:
        return rows, ()
    coarse = [found for section in COARSE if (found := root.all(section))]
    finest = next((found for found in coarse if any(ours(row, places) for row in found)), coarse[-1] if coarse else [])
    text = "there is no section 市町村等: what a coarser section says is taken for every municipality in it"
    return finest, (Problem("coarse_section", text),)


def _claims(row: Node, carrier: str, places: Places) -> Iterable[Claim]:
    kinds_here = row.all("met:Kind")
    for area, name in ours(row, places):
        yield Claim(area, tuple(item for kind in kinds_here for item in item_of(kind, carrier, area, name)))


def _outside(rows: list[Node], places: Places) -> int:
    return sum(1 for row in rows if not ours(row, places))


def _compact(claim: Claim) -> Claim:
    plainer = (replace(i, quantities=(), summary="", valid_from=None, valid_until=None) for i in claim.items)
    return Claim(claim.area, tuple(plainer))


def _code(kind: Node) -> str:
    return plain(kind.text("met:Code"))[:MAX_CODE]


def _by_condition(kind: Node, carrier: str, meaning: Kind) -> list[Hazard]:
    if carrier not in TRANSITION or meaning.hazard is not Hazard.HEAVY_RAIN:
        return []
    known = kinds().words["conditions"]
    words = plain(kind.text("met:Condition")).split("、")
    return [Hazard(known[word]) for word in dict.fromkeys(words) if word in known]


def _item(
    kind: Node, meaning: Kind, hazard: Hazard, area: tuple[str, str], numbers: tuple[Quantity, ...]
) -> BulletinItem:
    status = kind.text("met:Status")[:MAX_NAME]
    active = not is_over(status)
    since, until = _period(numbers)
    return BulletinItem(
        hazard=hazard,
        subject=area[0],
        subject_name=area[1][:MAX_NAME],
        kind_code=_code(kind),
        kind_name=plain(kind.text("met:Name"))[:MAX_NAME],
        status=status,
        active=active,
        level=meaning.level if active else 0,
        valid_from=since,
        valid_until=until,
        summary=_summary(kind, numbers)[:MAX_SUMMARY],
        quantities=numbers,
    )


def _period(numbers: tuple[Quantity, ...]) -> tuple[datetime | None, datetime | None]:
    """From the first to the last moment at which a criterion is officially expected to be met."""
    met = [number for number in numbers if number.name == "criteria_level"]
    since = min((number.at for number in met if number.at), default=None)
    return since, max((number.until for number in met if number.until), default=None)


def _summary(kind: Node, numbers: tuple[Quantity, ...]) -> str:
    """The telegram's own words: 氾濫発生, when criteria are met, and what is added (うねり, 竜巻)."""
    condition = kind.text("met:Condition")
    said = [condition] if condition and condition not in kinds().words["conditions"] and "、" not in condition else []
    for number in numbers:
        if number.name == "criteria_level" and number.condition:
            local = number.subject_name.partition(" ")[2]
            said.append(f"{local}：{number.condition}" if local else number.condition)
    notes = kind.all("met:Addition/met:Note") + kind.all("met:WarningNotice/met:Note")
    return "\n".join(dict.fromkeys([*said, *(note.text(".") for note in notes)]))
