"""What is measured where: river gauges, rain gauges, dams and traffic counters, each with the areas it matters to.

The rows are in schemas/reference/*.toml, each with its source. Stages are metres above the station's own zero.
"""

import math
from dataclasses import dataclass
from functools import cache
from typing import Any

from schemas.reference import municipality_of, read_rows

UNIT = "m"
SYSTEMS = (
    "kikikanri",  # 川の水位情報, ten digits or letters and digits
    "kawabou",  # 川の防災情報 obsFcd: office 5, kind 3 (004 stage, 001 rain, 007 dam), station 5
    "suimon_db",  # 水文水質データベース, 15 digits
    "vxko",  # stations in a VXKO telegram, 17 digits
    "kanagawa_suibou",  # 神奈川県雨量水位情報
    "amedas",  # AMeDAS, five digits
    "kanagawa_dam",  # 神奈川県 ダム, a word
)
"""The code systems of the crosswalk. No code of one is ever made from that of another."""


@dataclass(frozen=True, slots=True)
class Upstream:
    """A gauge further up the same river, and how long its water takes from there, in minutes."""

    station: str
    travel_min: float
    source: str


@dataclass(frozen=True, slots=True)
class Gauge:
    """One river gauge. `thresholds` are metres above the station's own zero, empty where no source has any.

    `start_m`: 観測開始水位 in metres of the same zero; the gauge says nothing below it, and that is no fault. None: it
    always speaks. `warn_m`: 危険水位 as published for some crisis gauges; no rule uses it. `rain`: rain gauges of its
    catchment. `lat`, `lon`: degrees, None where no source has them. `river` is "" where no source names it.
    """

    station: str
    name: str
    river: str
    river_class: str
    municipalities: tuple[str, ...]
    areas: tuple[str, ...]
    thresholds: dict[str, float]
    zero_height_m: float | None
    tidal: bool
    codes: dict[str, str]
    unit: str
    source: str
    class_verified: bool
    start_m: float | None = None
    warn_m: float | None = None
    upstream: tuple[Upstream, ...] = ()
    rain: tuple[str, ...] = ()
    lat: float | None = None
    lon: float | None = None

    @property
    def judged(self) -> bool:
        """Whether any threshold is known. Without one its stage is neither normal nor high: nothing can be inferred."""
        return bool(self.thresholds)

    @property
    def silent_below_start(self) -> bool:
        """A crisis-management gauge: it sends only from its start level on, so silence says nothing about a fault."""
        return self.start_m is not None or "kikikanri" in self.codes

    @property
    def sleeps_below_m(self) -> float:
        """Who falls silent from a stage up to this fell below its start level; who does from higher may have broken.

        Half-way from the start level to 氾濫開始水位: 499 of 512 recorded silences (nationwide, at most 75 minutes
        apart) began there. Minus infinity for a gauge that always speaks.
        """
        if self.start_m is None:
            return -math.inf
        return (self.start_m + self.thresholds.get("FS", self.start_m)) / 2


@dataclass(frozen=True, slots=True)
class RainGauge:
    """One rain gauge and the areas it stands for. Degrees; rain is in mm."""

    station: str
    name: str
    areas: tuple[str, ...]
    municipalities: tuple[str, ...]
    codes: dict[str, str]
    lat: float | None
    lon: float | None
    source: str


@dataclass(frozen=True, slots=True)
class Dam:
    """One dam and the areas downstream of it. `thresholds` are levels in metres, empty where no source has any."""

    station: str
    name: str
    river: str
    areas: tuple[str, ...]
    municipalities: tuple[str, ...]
    codes: dict[str, str]
    thresholds: dict[str, float]
    source: str


@dataclass(frozen=True, slots=True)
class Counter:
    """One traffic counter (常時観測点) and the areas whose evacuation routes it counts. Degrees."""

    point: str
    road: str
    areas: tuple[str, ...]
    municipalities: tuple[str, ...]
    lat: float
    lon: float
    source: str


@cache
def gauges() -> dict[str, Gauge]:
    """Every river gauge that we know, by station."""
    return {row["station"]: _gauge(row) for row in read_rows("gauges", "gauge")}


@cache
def rain_gauges() -> dict[str, RainGauge]:
    """Every rain gauge that we know, by station. It is for its own areas and for those of the gauges below it."""
    return {row["station"]: _rain_gauge(row) for row in read_rows("rain", "rain")}


@cache
def dams() -> dict[str, Dam]:
    """Every dam that we know, by station."""
    return {row["station"]: Dam(**_placed(row)) for row in read_rows("dams", "dam")}


@cache
def counters() -> dict[str, Counter]:
    """Traffic counters with a row of their own, by point; any other is placed by its position when it is read."""
    return {row["point"]: Counter(**_placed(row)) for row in read_rows("counters", "counter")}


def _gauge(row: dict[str, Any]) -> Gauge:
    above = tuple(Upstream(**upper) for upper in row.get("upstream", ()))
    fixed = {"unit": UNIT, "upstream": above, "rain": tuple(row.get("rain", ()))}
    return Gauge(**_placed({"zero_height_m": None} | row | fixed))


def _rain_gauge(row: dict[str, Any]) -> RainGauge:
    below = [area for gauge in gauges().values() if row["station"] in gauge.rain for area in gauge.areas]
    areas = list(dict.fromkeys((*row["areas"], *below)))
    return RainGauge(**_placed({"lat": None, "lon": None} | row | {"areas": areas}))


def _placed(row: dict[str, Any]) -> dict[str, Any]:
    """A row with its areas as a tuple, and the municipalities that they belong to."""
    owners = dict.fromkeys(municipality_of(area) for area in row["areas"])
    return row | {"areas": tuple(row["areas"]), "municipalities": tuple(owners)}
