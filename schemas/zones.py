"""Where hazards that are not weather say they are: tsunami coasts, quake regions, volcanoes, and a point for each area.

The rows are in schemas/reference/{tsunami,quake,volcanoes,points}.toml, each with its source.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from schemas.reference import areas_of

FOLDER = Path(__file__).with_name("reference")


@dataclass(frozen=True, slots=True)
class TsunamiZone:
    """One 津波予報区: the areas on its coast, those of them that no source confirms, and its tide gauges by code."""

    code: str
    name: str
    areas: tuple[str, ...]
    unverified: tuple[str, ...]
    stations: dict[str, str]


@dataclass(frozen=True, slots=True)
class QuakeCity:
    """A municipality or ward as seismic intensity names it (7 digits), and the areas that it stands for."""

    code: str
    name: str
    region: str
    areas: tuple[str, ...]
    retired: bool


@dataclass(frozen=True, slots=True)
class QuakeRegion:
    """One 細分区域 of seismic intensity, and the areas in it."""

    code: str
    name: str
    areas: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Volcano:
    """A volcano that can concern us; `areas` are told where a telegram names no municipality."""

    code: str
    name: str
    lat: float
    lon: float
    areas: tuple[str, ...]
    verified: bool


@dataclass(frozen=True, slots=True)
class Zones:
    """All of them, by code; `points` by area, `elsewhere` the tsunami zones of others by name."""

    tsunami: Mapping[str, TsunamiZone]
    elsewhere: Mapping[str, str]
    regions: Mapping[str, QuakeRegion]
    cities: Mapping[str, QuakeCity]
    volcanoes: Mapping[str, Volcano]
    points: Mapping[str, tuple[float, float]]


@cache
def zones() -> Zones:
    """Everything of this module at once."""
    return Zones(
        tsunami_zones(), _table("tsunami")["elsewhere"], quake_regions(), quake_cities(), volcanoes(), _points()
    )


@cache
def tsunami_zones() -> dict[str, TsunamiZone]:
    """The coasts of Kanagawa, by 3-digit code."""
    return {row["code"]: TsunamiZone(**_tuples(row)) for row in _table("tsunami")["zone"]}


@cache
def quake_cities() -> dict[str, QuakeCity]:
    """Municipalities and wards of seismic intensity, by 7-digit code; the retired ones, too."""
    return {
        city["code"]: _city(region["code"], city) for region in _table("quake")["region"] for city in region["cities"]
    }


@cache
def quake_regions() -> dict[str, QuakeRegion]:
    """The two regions of Kanagawa, by 3-digit code."""
    return {row["code"]: _region(row) for row in _table("quake")["region"]}


@cache
def volcanoes() -> dict[str, Volcano]:
    """The volcanoes that matter here, by JMA's number."""
    return {row["code"]: Volcano(**_tuples(row)) for row in _table("volcanoes")["volcano"]}


@cache
def _points() -> dict[str, tuple[float, float]]:
    return {area: (lat, lon) for area, (lat, lon) in _table("points")["points"].items()}


def _city(region: str, row: dict[str, Any]) -> QuakeCity:
    retired = tuple(row.get("retired", ()))
    return QuakeCity(row["code"], row["name"], region, retired or areas_of(row["code"]), bool(retired))


def _region(row: dict[str, Any]) -> QuakeRegion:
    areas = (area for city in row["cities"] for area in _city(row["code"], city).areas)
    return QuakeRegion(row["code"], row["name"], tuple(dict.fromkeys(areas)))


def _tuples(row: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}


def _table(file: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{file}.toml").read_text(encoding="utf8"))
