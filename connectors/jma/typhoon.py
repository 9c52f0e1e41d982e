"""台風解析・予報情報 (VPTW60 to 65): where the typhoon is and goes, and when each of our areas lies in its storm zone.

Every telegram tells every area of ours, also that it lies in no zone: the track of the forecast before is gone then.
Between two forecasts come analyses that hold only 実況 and 推定: they are a scope of their own and end no forecast.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from connectors.jma.cancelled import About
from connectors.jma.claims import MAX_CODE, MAX_NAME, MAX_SUMMARY, Body, Claim, Problem
from connectors.jma.envelope import Envelope
from connectors.jma.kinds import kinds, plain
from connectors.jma.markup import Node, read_time
from connectors.jma.seismic import number, words
from connectors.jma.track import Disc, Point, disc_of, distance_km, spans
from connectors.places import Places
from connectors.source import Park
from schemas.records.base import Hazard
from schemas.records.observed import BulletinItem, Quantity

INFOS = "met:Body/met:MeteorologicalInfos[@type='台風情報']/met:MeteorologicalInfo"
PROPERTY = "met:Item/met:Kind/met:Property"
CENTRE = f"{PROPERTY}/met:CenterPart"
CIRCLE = f"{CENTRE}/met:ProbabilityCircle"
ZONES = ("暴風域", "暴風警戒域")
DEGREES = "中心位置(度)"
POSITION = re.compile(r"([+-]\d{1,2}(?:\.\d+)?)([+-]\d{1,3}(?:\.\d+)?)/", re.ASCII)


@dataclass(frozen=True, slots=True)
class Fix:
    """What a telegram says of one time. `zone` None: no storm winds then. `odd`: its shape is not known."""

    at: datetime
    centre: Point
    zone: Disc | None
    odd: bool
    circle_km: float | None
    label: str
    told: str


def read_typhoon(root: Node, envelope: Envelope, places: Places) -> Body:
    """The claims for every area of ours. Raises Park `no_section` where no position is given."""
    infos = root.all(INFOS)
    fixes = sorted((fix for info in infos if (fix := _fix(info))), key=lambda fix: fix.at)
    if not fixes:
        raise Park("no_section", "the telegram gives no position, so it says nothing about any area")
    about = _about(infos[0], envelope)
    claims = (Claim(a, (_item(a, p, fixes, about),)) for a, p in places.zones.points.items() if a in places.areas)
    forecast, analysis = _scopes(envelope)
    scope = forecast if _has_track(fixes, about) else analysis
    return Body(tuple(claims), scope, about.summary, _problems(infos, fixes))


def _scopes(envelope: Envelope) -> tuple[str, str]:
    """Of the forecast, and of the analysis."""
    return f"VPTW:{envelope.event_id}", f"VPTW:{envelope.event_id}:analysis"


def _has_track(fixes: list[Fix], about: "Typhoon") -> bool:
    """A typhoon that is gone has no track any more, and that is a forecast, too."""
    return any(fix.label.startswith("予報") for fix in fixes) or "消滅" in about.name


def _problems(infos: list[Node], fixes: list[Fix]) -> tuple[Problem, ...]:
    missing, odd = len(infos) - len(fixes), [fix.label for fix in fixes if fix.odd]
    found = []
    if missing:
        found.append(Problem("no_position", f"{missing} of {len(infos)} times have no position: left out"))
    if odd:
        found.append(
            Problem("odd_zone", f"the storm zone of {', '.join(odd)} has an unknown shape: its longest axis counts")
        )
    return tuple(found)


def cancelled_typhoon(envelope: Envelope, places: Places, _url: str) -> About:
    """Every area of ours was told."""
    return tuple(Claim(area, (), scope) for area in places.areas for scope in _scopes(envelope))


@dataclass(frozen=True, slots=True)
class Typhoon:
    """The typhoon: its number of the year (EventID), what it is called, and its class."""

    code: str
    name: str
    kind: str
    summary: str


def _about(info: Node, envelope: Envelope) -> Typhoon:
    part = f"{PROPERTY}/met:TyphoonNamePart"
    year_number, name = info.text(f"{part}/met:Number"), info.text(f"{part}/met:Name")
    called = (
        f"台風第{int(year_number[-2:])}号" if re.fullmatch(r"\d{4}", year_number, re.ASCII) else plain(envelope.title)
    )
    kind = plain(info.text(f"{PROPERTY}/met:ClassPart/eb:TyphoonClass"))
    full = words(f"{called} {name}".strip(), info.text(f"{part}/met:Remark"))
    summary = f"{full}: {_told(info)}"
    return Typhoon(envelope.event_id[:MAX_CODE], full[:MAX_NAME], kind[:MAX_CODE], summary[:MAX_SUMMARY])


def _item(area: str, point: Point, fixes: list[Fix], about: Typhoon) -> BulletinItem:
    zones = spans(point, ((fix.at, fix.zone) for fix in fixes))
    inside = [Quantity("storm_zone", area, about.name, None, "", span.at, span.until, "暴風警戒域") for span in zones]
    return BulletinItem(
        hazard=Hazard.STORM,
        subject=about.code,
        subject_name=about.name,
        kind_code=about.kind,
        kind_name="暴風警戒域" if zones else "暴風警戒域の外",
        status="発表",
        active=bool(zones),
        level=None,
        valid_from=zones[0].at if zones else None,
        valid_until=zones[-1].until if zones else None,
        summary=about.summary,
        quantities=(*inside, *(quantity for fix in fixes for quantity in _numbers(fix, point, about))),
    )


def _numbers(fix: Fix, point: Point, about: Typhoon) -> Iterable[Quantity]:
    place = (about.code, about.name)
    away = round(distance_km(point, fix.centre))
    yield Quantity("typhoon_distance", *place, float(away), "km", fix.at, None, words(fix.label, fix.told)[:MAX_NAME])
    if fix.circle_km is not None:
        yield Quantity("typhoon_circle", *place, fix.circle_km, "km", fix.at, None, fix.label)


def _fix(info: Node) -> Fix | None:
    """None for a time without a position: nothing can be said of it."""
    centre = _position([*info.all(f"{CENTRE}/eb:Coordinate"), *info.all(f"{CIRCLE}/eb:BasePoint")])
    when = info.find("met:DateTime")
    if centre is None or when is None:
        return None
    circles = [c for c in info.all(f"{PROPERTY}/met:WarningAreaPart") if plain(c.attribute("type")) in ZONES]
    axes = [axis for circle in circles for axis in _axes(circle.all("eb:Circle/eb:Axes/eb:Axis"))]
    drawn = disc_of(centre, axes)
    # Axes of a shape that is not known: rather too large a circle than none, and somebody is told.
    zone = drawn or (Disc(centre, max(length for _, length in axes)) if axes else None)
    reach = _axes(info.all(f"{CIRCLE}/eb:Axes/eb:Axis"))
    label = plain(when.attribute("type"))
    at = read_time(when.text("."), "MeteorologicalInfo/DateTime")
    return Fix(at, centre, zone, bool(axes) and drawn is None, reach[0][1] if reach else None, label, _told(info))


def _position(nodes: list[Node]) -> Point | None:
    for node in nodes:
        found = POSITION.fullmatch(node.text("."))
        if found and plain(node.attribute("type")) == DEGREES:
            return float(found.group(1)), float(found.group(2))
    return None


def _axes(nodes: list[Node]) -> list[tuple[float | None, float]]:
    """Direction (None: all around) and kilometres of each axis that has a length."""
    directions = kinds().numbers["directions"]
    found = []
    for node in nodes:
        lengths = [number(r.text(".")) for r in node.all("eb:Radius") if r.attribute("unit") == "km"]
        if lengths and lengths[0]:
            found.append((directions.get(plain(node.text("eb:Direction"))), lengths[0]))
    return found


def _told(info: Node) -> str:
    """Where, how strong, and what wind, in the telegram's words."""
    classes = (info.text(f"{PROPERTY}/met:ClassPart/eb:{name}Class") for name in ("Typhoon", "Area", "Intensity"))
    described = [
        node.attribute("description")
        for node in (
            *info.all(f"{CENTRE}/eb:Pressure"),
            *(wind for wind in info.all(f"{PROPERTY}/met:WindPart/eb:WindSpeed") if wind.attribute("unit") == "m/s"),
        )
    ]
    return words(info.text(f"{CENTRE}/met:Location"), *classes, *described)
