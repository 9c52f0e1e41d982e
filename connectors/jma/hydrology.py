"""The numbers of a river forecast: stages measured and forecast, rain over the basin, thresholds, expected inundation.

What the telegram leaves empty (欠測, 未計算, level 9) is null with the telegram's word for it, never 0.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from connectors.jma.claims import MAX_CODE, MAX_NAME
from connectors.jma.kinds import kinds, plain
from connectors.jma.markup import Node
from connectors.jma.quantities import Slot, number, read_slots
from connectors.jma.seismic import moment
from schemas.records.observed import Quantity

INFOS = "met:Body/met:MeteorologicalInfos"
PROPERTY = "met:Kind/met:Property"
STATIONS = "met:Body/met:AdditionalInfo/met:FloodForecastAddition/met:HydrometricStationPart"
ASSUMED = f"{INFOS}[@type='氾濫水の予報']/met:MeteorologicalInfo/met:Item/{PROPERTY}/met:FloodAssumptionTable"
DISTRICTS = "met:Body/met:Warning/met:Item"
NOW = "現況"
AREA_DIGITS = 7
UNKNOWN_LEVEL = "9"
CUBIC_METRES = "m3/s"


@dataclass(frozen=True, slots=True)
class Measure:
    """How the telegram writes a stage or a discharge: its part, its element, our words and unit."""

    part: str
    element: str
    name: str
    unit: str


MEASURES = (
    Measure("met:WaterLevelPart", "eb:WaterLevel", "stage", "m"),
    Measure("met:DischargePart", "eb:Discharge", "discharge", CUBIC_METRES),
)


def river_numbers(root: Node, section: str) -> tuple[Quantity, ...]:
    """All of them; those about the basin as a whole have the section's code as their subject."""
    return (*_levels(root), *_rain(root, section), *_criteria(root), *_inundation(root))


def flood_prone(root: Node) -> tuple[Quantity, ...]:
    """浸水想定地区: the municipality's code (a dummy in samples) as subject, and the districts that are named in it.

    VXSU names warning areas; in VXKO that field is the gauge's code.
    """
    found = []
    for item in root.all(DISTRICTS):
        kind = plain(item.text("met:Kind/met:Name") or item.text(f"{PROPERTY}/met:Type"))
        for area in item.all("met:Areas/met:Area"):
            own = area.text("met:Code")
            code = own if len(own) == AREA_DIGITS else area.text("met:CityCode")
            if code:
                districts = area.text("met:SubCityList").strip("- ")
                name = f"{area.text('met:City')} {districts}".strip()[:MAX_NAME]
                found.append(Quantity("inundation_area", code[:MAX_CODE], name, None, "", None, None, kind[:MAX_NAME]))
    return tuple(dict.fromkeys(found))


def _levels(root: Node) -> Iterable[Quantity]:
    for series in root.all(f"{INFOS}[@type='水位・流量情報']/met:TimeSeriesInfo"):
        slots, now = read_slots(series), _now(series)
        for item in series.all("met:Item"):
            place = _place(item.find("met:Station"))
            for measure in MEASURES:
                for part in item.all(f"{PROPERTY}/{measure.part}"):
                    yield from _series(part, measure, place, slots, now)


def _series(
    part: Node, measure: Measure, place: tuple[str, str], slots: dict[str, Slot], now: str
) -> Iterable[Quantity]:
    """A value and a level for each time; the level has no words of its own and takes those of its value."""
    said: dict[str, str] = {}
    for element in part.all(measure.element):
        reference = element.attribute("refID")
        at = slots[reference].at if reference in slots else None
        text = element.text(".")
        if plain(element.attribute("type")) == "レベル":
            told = "不明" if text == UNKNOWN_LEVEL else said.get(reference, "")
            level = None if text == UNKNOWN_LEVEL else number(text)
            yield Quantity("stage_level", *place, level, "", at, None, told)
        else:
            said[reference] = plain(element.attribute("condition"))[:MAX_NAME]
            when = "observed" if reference == now else "forecast"
            yield Quantity(f"{measure.name}_{when}", *place, number(text), measure.unit, at, None, said[reference])


def _now(series: Node) -> str:
    """The timeId of 現況: what it points to was measured, all else is forecast."""
    defines = series.all("met:TimeDefines/met:TimeDefine")
    return next((d.attribute("timeId") for d in defines if plain(d.text("met:Name")) == NOW), "")


def _rain(root: Node, section: str) -> Iterable[Quantity]:
    """流域平均雨量. What has 見込み in the name of its time is forecast."""
    for series in root.all(f"{INFOS}[@type='雨量情報']/met:TimeSeriesInfo"):
        slots = read_slots(series)
        defines = series.all("met:TimeDefines/met:TimeDefine")
        names = {d.attribute("timeId"): plain(d.text("met:Name")) for d in defines}
        for item in series.all("met:Item"):
            basin = plain(item.text("met:Area/met:Name"))[:MAX_NAME]
            for rain in item.all(f"{PROPERTY}/met:PrecipitationPart/eb:Precipitation"):
                slot = slots.get(rain.attribute("refID"), Slot(None, None))
                told = names.get(rain.attribute("refID"), "")[:MAX_NAME]
                name = "rain_forecast" if "見込み" in told else "rain_observed"
                yield Quantity(name, section, basin, number(rain.text(".")), "mm", slot.at, slot.until, told)


def _criteria(root: Node) -> Iterable[Quantity]:
    """Thresholds of each station; one that is 無効 is null and says so."""
    for station in root.all(STATIONS):
        place = _place(station.find("met:Area"))
        for measure in MEASURES:
            for threshold in station.all(f"met:Criteria/{measure.element}"):
                word = _threshold(threshold.attribute("type"))
                valid = threshold.attribute("condition") != "無効"
                value = number(threshold.text(".")) if valid else None
                told = word if valid else f"{word} 無効"
                yield Quantity(f"criteria_{measure.name}", *place, value, measure.unit, None, None, told)


def _threshold(kind: str) -> str:
    written = plain(kind)
    name = written.removeprefix("レベル").lstrip("012345")
    return kinds().words["criteria"].get(name, written)[:MAX_NAME]


def _inundation(root: Node) -> Iterable[Quantity]:
    """氾濫水の予報: when the water comes (at) and is deepest (until), how deep at least; the words say both ends."""
    for part in root.all(f"{ASSUMED}/met:FloodAssumptionPart"):
        place = part.text("met:FloodAssumptionArea")[:MAX_NAME]
        depths = {d.attribute("bound"): d.text(".") for d in part.all("eb:FloodDepth")}
        told = "".join(f"{text}m{bound}" for bound, text in depths.items())[:MAX_NAME]
        at, until = moment(part.text("met:AttainmentTime")), moment(part.text("met:AttainmentDeepestTime"))
        yield Quantity("inundation_depth", place, place, number(depths.get("以上")), "m", at, until, told)


def _place(node: Node | None) -> tuple[str, str]:
    if node is None:
        return "", ""
    return node.text("met:Code")[:MAX_CODE], node.text("met:Name")[:MAX_NAME]
