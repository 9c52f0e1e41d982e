"""高潮予報区間 of VPWW57: coastal sections with warnings of their own, and the municipalities behind each."""

from collections.abc import Callable, Iterable

from connectors.jma.areas import named
from connectors.jma.claims import Claim, Problem
from connectors.jma.kinds import plain
from connectors.jma.markup import Node
from connectors.places import Places
from schemas.records.observed import BulletinItem

ROWS = "met:Body/met:Warning[@type='気象警報・注意報（高潮予報区間）']/met:Item"
TOWNS = "met:Body/met:Warning[@type='気象警報・注意報（市町村等）']/met:Item"
PARTS = "met:Body/met:AdditionalInfo/met:TidalWarningAddition/met:TidalAreaPart/met:Area"
Items = Callable[[Node, str, str], list[BulletinItem]]


def read_sections(root: Node, places: Places, items: Items) -> tuple[tuple[Claim, ...], tuple[Problem, ...]]:
    """Claims about sections for our areas behind them, and a Problem for each section that cannot be placed."""
    claims: list[Claim] = []
    told: list[Problem] = []
    rows = root.all(ROWS)
    codes = _codes_by_name(root) if rows else {}
    for row in rows:
        section, name = row.text("met:Area/met:Code"), row.text("met:Area/met:Name")
        towns = _towns(row, root, codes)
        if not towns:
            told.append(Problem("unknown_scope", f"高潮予報区間 {name} ({section}) names no municipality"))
        areas = dict.fromkeys(area for town in towns for area in places.areas_of(town))
        spoken = tuple(item for kind in row.all("met:Kind") for item in items(kind, section, name))
        claims += [Claim(area, spoken) for area in areas]
    return tuple(claims), tuple(told)


def _codes_by_name(root: Node) -> dict[str, str]:
    """Municipality names as this telegram writes them → its codes for them."""
    return {plain(name): code for row in root.all(TOWNS) for code, name in named(row)}


def _towns(row: Node, root: Node, codes: dict[str, str]) -> list[str]:
    """Codes of the municipalities: by AdditionalInfo, else by the names in SubCityList."""
    section = row.text("met:Area/met:Code")
    parts = [part for part in root.all(PARTS) if part.text("met:Code") == section]
    listed = [code for part in parts for code in part.text("met:SubCityCodeList").split()]
    return listed or list(_by_name(row.text("met:Area/met:SubCityList"), codes))


def _by_name(names: str, codes: dict[str, str]) -> Iterable[str]:
    return (codes[name] for name in map(plain, names.split()) if name in codes)
