"""Facts about Kanagawa that programs share: municipalities, warning areas, wards, river sections.

The rows are in schemas/reference/*.toml, each with its source.
Codes are text: five digits are a municipality, seven a class20 area.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).with_name("reference")
PREFECTURE = "140000"


@dataclass(frozen=True, slots=True)
class Municipality:
    """One town hall: 5-digit code, names, and the class20 areas it consists of."""

    code: str
    name: str
    name_en: str
    areas: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Area:
    """One warning area: 7-digit class20 code. Yokohama and Sagamihara have two each."""

    code: str
    name: str
    municipality: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Ward:
    """One ward of a designated city (5-digit code) and the warning areas that it lies in."""

    code: str
    name: str
    municipality: str
    areas: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RiverSection:
    """One forecast section of VXKO: 12-digit code, and the areas of Kanagawa that JMA lists for it."""

    code: str
    name: str
    areas: tuple[str, ...]


@cache
def municipalities() -> dict[str, Municipality]:
    """All 33, by 5-digit code."""
    rows = read_rows("municipalities", "municipality")
    return {row["code"]: _municipality(row) for row in rows}


@cache
def areas() -> dict[str, Area]:
    """All 35 warning areas, by class20 code."""
    rows = read_rows("municipalities", "municipality")
    return {area["code"]: Area(municipality=row["code"], **area) for row in rows for area in row["areas"]}


@cache
def wards() -> dict[str, Ward]:
    """The 28 wards of Yokohama, Kawasaki and Sagamihara, by 5-digit code."""
    rows = read_rows("wards", "ward")
    return {row["code"]: Ward(row["code"], row["name"], row["municipality"], tuple(row["areas"])) for row in rows}


@cache
def river_sections() -> dict[str, RiverSection]:
    """Forecast sections that touch Kanagawa, by 12-digit code."""
    return {row["code"]: _section(row) for row in read_rows("river_sections", "section")}


@cache
def forecast_areas() -> dict[str, tuple[str, ...]]:
    """The class20 areas of each 一次細分区域 (6 digits): only telegrams use these codes, people do not."""
    return {row["code"]: tuple(row["areas"]) for row in read_rows("forecast_areas", "forecast_area")}


def areas_of(code: str) -> tuple[str, ...]:
    """The class20 areas that a municipality, ward, area or the prefecture (140000) stands for; () if unknown.

    Five digits are a municipality or ward, six the same with its check digit; seven an area, or a whole city (1410000)
    or ward (1410100) with 00 behind.
    """
    if code == PREFECTURE:
        return tuple(areas())
    if code in areas():
        return (code,)
    if len(code) == 7 and code.endswith("00"):
        return _areas_of_five(code[:5])
    if len(code) == 6 and code[5:] == check_digit(code[:5]):
        return _areas_of_five(code[:5])
    return _areas_of_five(code)


def municipality_of(area: str) -> str:
    """The municipality (5 digits) of a class20 area; KeyError names a code that is none."""
    return areas()[area].municipality


def check_digit(code: str) -> str:
    """The sixth digit of a 5-digit municipality code (modulus 11, weights 6 to 2); "" if it is not five digits."""
    if len(code) != 5 or not code.isascii() or not code.isdigit():
        return ""
    total = sum(int(digit) * weight for digit, weight in zip(code, (6, 5, 4, 3, 2), strict=True))
    return str((11 - total % 11) % 10)


def _areas_of_five(code: str) -> tuple[str, ...]:
    place = municipalities().get(code) or wards().get(code)
    return place.areas if place else ()


def _municipality(row: dict[str, Any]) -> Municipality:
    return Municipality(row["code"], row["name"], row["name_en"], tuple(area["code"] for area in row["areas"]))


def _section(row: dict[str, Any]) -> RiverSection:
    return RiverSection(row["code"], row["name"], tuple(area for city in row["cities"] for area in areas_of(city)))


def read_rows(file: str, table: str) -> list[dict[str, Any]]:
    """One table of schemas/reference/<file>.toml, as it stands there."""
    rows: list[dict[str, Any]] = tomllib.loads((FOLDER / f"{file}.toml").read_text(encoding="utf8"))[table]
    return rows
