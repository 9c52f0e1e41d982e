"""What a resident can choose: every municipality and ward of schemas/reference, with its readings and outline. Pure."""

import tomllib
from collections.abc import Collection
from functools import cache
from pathlib import Path

from console.placenames import town as called
from schemas.outlines import outlines
from schemas.reference import Municipality, Ward, municipalities, wards

READINGS = Path(__file__).with_name("readings.toml")
SPOKEN = ("ko", "vi", "pt", "tl", "ne")
"""Languages that call a municipality otherwise than Japanese or English do: as their order texts do."""

Row = dict[str, object]


@cache
def readings() -> dict[str, dict[str, str]]:
    """`kana` of every place, and `wards`' names in letters, by code."""
    tables: dict[str, dict[str, str]] = tomllib.loads(READINGS.read_text(encoding="utf8"))
    return tables


def place_rows(with_districts: Collection[str] = ()) -> list[Row]:
    """One row for each place, a city's wards behind it. `with_districts`: municipalities that supplied theirs."""
    rows: list[Row] = []
    for town in municipalities().values():
        rows.append(_town(town, town.code in with_districts))
        rows += [_ward(ward, town) for ward in wards().values() if ward.municipality == town.code]
    return rows


def outline_rings() -> dict[str, list[list[tuple[float, float]]]]:
    """The rings of every place that can be chosen, as longitude and latitude, each closed by its first point."""
    return {code: [list(ring[:-1]) for ring in rings] for code, rings in sorted(outlines().items())}


def _town(town: Municipality, has_districts: bool) -> Row:
    row: Row = {"code": town.code, "name": town.name, "kana": readings()["kana"][town.code], "en": town.name_en}
    spoken = {lang: called(town.code, lang) for lang in SPOKEN}
    return row | {"municipality": town.code, "areas": town.areas, "has_districts": has_districts, "in": spoken}


def _ward(ward: Ward, town: Municipality) -> Row:
    read = readings()
    row: Row = {"code": ward.code, "name": ward.name, "kana": read["kana"][ward.code], "en": read["wards"][ward.code]}
    return row | {"municipality": town.code, "areas": ward.areas, "has_districts": False, "city": town.name}
