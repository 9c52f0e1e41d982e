"""Facts in one line each, for tests that ask whether a rule is true: telegrams with numbers, rain, dams, reports."""

from dataclasses import replace
from datetime import datetime, timedelta

from schemas.records.base import Hazard
from schemas.records.observed import (
    Bulletin,
    BulletinItem,
    Quality,
    Quantity,
    Reading,
    ReadingBatch,
    Report,
    ReportKind,
)
from streams.detect.knowledge import DamFacts, GaugeFacts, Knowledge
from tests.unit.streams.inputs import DAM, FUJISAWA_AREA, batch, bulletin, gauge, item, knowledge, report

SECTION, VXKO = "830306000100", "85050306000100001"
RAIN = "0358500100001"
FORECAST_LEVELS = (("L2", 4.5), ("L3", 5.2), ("L4", 5.65), ("FS", 6.5))
CRISIS_LEVELS = (("START", 2.0), ("NEAR", 5.5), ("FS", 6.0))


def number(
    name: str,
    value: float | None,
    at: datetime | None = None,
    hours: float = 0,
    *,
    subject: str = FUJISAWA_AREA,
    condition: str = "",
) -> Quantity:
    """One stated value; `hours`: how long its slot lasts."""
    until = at + timedelta(hours=hours) if at and hours else None
    return Quantity(name, subject, subject, value, "", at, until, condition)


def stated(hazard: Hazard, level: int | None, *numbers: Quantity, code: str = "", summary: str = "") -> BulletinItem:
    """One hazard of a telegram with what it states."""
    return replace(item(hazard, level, code=code), quantities=numbers, summary=summary)


def forecast(at: datetime, *stages: float, now: float = 4.0, level: int = 2, serial: int = 1) -> Bulletin:
    """A VXKO telegram: what the station measures, and one forecast for each hour that follows."""
    numbers = [number("stage_observed", now, at, subject=VXKO)]
    for hour, stage in enumerate(stages, start=1):
        numbers.append(number("stage_forecast", stage, at + timedelta(hours=hour), subject=VXKO))
    numbers += [number("criteria_stage", 5.2, subject=VXKO, condition="L3")]
    numbers += [number("criteria_stage", 5.65, subject=VXKO, condition="レベル４氾濫危険水位")]
    told = replace(stated(Hazard.FLOOD, level, *numbers, code="20"), subject=SECTION)
    return bulletin(at, told, carrier="VXKO", serial=serial)


def danger(at: datetime, hazard: Hazard, level: float, *, carrier: str, slot: datetime | None = None) -> Bulletin:
    """危険度 of a telegram, now or for a slot of three hours; the warning itself is no more than an advisory."""
    said = None if carrier == "VPWP50" else 2
    return bulletin(at, stated(hazard, said, number("danger", level, slot, 3 if slot else 0)), carrier=carrier)


def rain(at: datetime, mm_10min: float | None = None, mm_1h: float | None = None) -> ReadingBatch:
    """What one rain gauge measured."""
    said = (("rain_10min", mm_10min), ("rain_1h", mm_1h))
    rows = [Reading(RAIN, word, mm, "mm", at, Quality.VALID) for word, mm in said if mm is not None]
    return batch(at + timedelta(minutes=3), *rows, stations=(RAIN,))


def quake(at: datetime, intensity: float, *, carrier: str = "VXSE51", text: str = "", place: str = "x") -> Bulletin:
    """Seismic intensity of the area."""
    told = stated(Hazard.OTHER, None, number("intensity", intensity, at, condition=f"{intensity:g}"), summary=text)
    return bulletin(at, told, carrier=carrier, scope=f"{carrier}:{place}")


def storm(at: datetime, begins: datetime, *, serial: int = 1) -> Bulletin:
    """A typhoon whose storm zone reaches the area."""
    told = stated(Hazard.STORM, None, number("storm_zone", None, begins, 6))
    return bulletin(at, told, carrier="VPTW60", serial=serial)


def saw(at: datetime, detail: str, hazard: Hazard) -> Report:
    """A report whose kind is finer than the kinds of version 1."""
    return replace(report(at, ReportKind.OTHER, hazard), id=f"{detail} {at}", detail=detail)


def forecast_river() -> GaugeFacts:
    """A gauge that official forecasts name, with a rain gauge in its catchment."""
    known = gauge(river_class="洪水予報河川", thresholds=FORECAST_LEVELS)
    return replace(known, vxko=VXKO, rain=(RAIN,))


def published_river() -> GaugeFacts:
    """境川橋, with a rain gauge in its catchment and a stage at which water leaves it."""
    known = gauge()
    return replace(known, thresholds=(*known.thresholds, ("FS", 6.5)), rain=(RAIN,))


def crisis_gauge() -> GaugeFacts:
    """A gauge that says nothing below its start level."""
    return replace(gauge(river_class="その他河川", thresholds=CRISIS_LEVELS), start_m=2.0)


def known(of: GaugeFacts, *, coast: bool = True) -> Knowledge:
    """The rules that ship with this gauge, a dam above it and (unless told otherwise) the sea before it."""
    town = knowledge(of)
    dams = {DAM: DamFacts(DAM, "城山ダム", (FUJISAWA_AREA,))}
    return replace(town, dams=dams, rain_gauges={RAIN: "藤沢"}, coast=frozenset({FUJISAWA_AREA} if coast else ()))
