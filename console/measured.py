"""What is measured in a town: gauges, rain, dams, roads and whatever a mapping brings, each with its age. Pure.

A value that is missing is shown as missing; a gauge without thresholds is shown as not judged, never as normal.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from console.charts import USABLE, to_next
from console.projection import WorldView
from console.words import PASSABLE, QUALITIES, QUANTITIES, THRESHOLDS
from schemas.outlines import areas_at
from schemas.records.observed import Quality, Reading
from schemas.reference import municipalities, municipality_of
from schemas.stations import Counter, Dam, Gauge, RainGauge, counters, dams, gauges, rain_gauges

STALE = timedelta(minutes=40)
"""Older than this, a value says little about now: it is marked."""
ASLEEP = 0
"""The code beside `closed` of a crisis gauge that left the list near its start level: it sleeps, nothing is broken."""
BELOW_START = "観測開始水位未満"
NOT_JUDGED = "基準水位が分からないため、判定していません"
SILENT_BELOW = "観測開始水位より低い間は送信しない水位計です"
TRAFFIC = (
    "国道の観測点を通った台数で、通行止めや所要時間は分かりません。欠測は「車が通っていない」という意味ではありません。"
    "出典：国土交通省 API 機能による交通量(参考値)を加工して作成"
)
UNITS = {"1/5min": "台（5分間）", "1/h": "台（1時間）", "m3/s": "m³/s"}


@dataclass(frozen=True, slots=True)
class Fact:
    """One newest value. `text` says the value or why there is none; `doubt` is "" for a usable, recent one."""

    name: str
    text: str
    at: datetime
    doubt: str


@dataclass(frozen=True, slots=True)
class Line:
    """One station. `notes` say what must be known to read its values; `expected`: it should have spoken by now.

    `place`: where it stands, and for whom it is shown here: a gauge far upstream is no gauge of the town.
    """

    station: str
    name: str
    place: str
    facts: tuple[Fact, ...]
    notes: tuple[str, ...]
    expected: bool = True


@dataclass(frozen=True, slots=True)
class Section:
    """Stations of one kind."""

    title: str
    title_en: str
    note: str
    lines: tuple[Line, ...]


def sections(view: WorldView, towns: tuple[str, ...], now: datetime) -> tuple[Section, ...]:
    """Every kind that has a station here, known or heard of."""
    heard = view.gauges.stations_in(towns)
    roads = {name for name in heard if any(q.startswith("traffic_") for q in view.gauges.quantities(name))}
    others = heard - roads - gauges().keys() - rain_gauges().keys() - dams().keys()
    found = (
        Section("河川の水位", "River stage", "高さは観測所ごとの零点からの値です。", _gauges(view, towns, now)),
        Section("雨", "Rain", "", _lines(view, rain_gauges(), towns, now)),
        Section("ダム", "Dams", "", _lines(view, dams(), towns, now)),
        Section("避難経路の交通量", "Traffic on evacuation routes", TRAFFIC, _roads(view, roads, towns, now)),
        Section("そのほかの観測", "Other measurements", "", _unlisted(view, others, towns, now)),
    )
    return tuple(section for section in found if section.lines)


def _gauges(view: WorldView, towns: tuple[str, ...], now: datetime) -> tuple[Line, ...]:
    here = [g for g in gauges().values() if not set(towns).isdisjoint(g.municipalities)]
    lines = [_gauge(view, gauge, towns, now) for gauge in sorted(here, key=lambda g: (g.river, g.name))]
    return tuple(sorted(lines, key=lambda line: (not line.facts, not line.expected)))


def _gauge(view: WorldView, gauge: Gauge, towns: tuple[str, ...], now: datetime) -> Line:
    facts = _facts(view, gauge.station, now)
    notes = [] if gauge.judged else [NOT_JUDGED]
    notes += [SILENT_BELOW] if gauge.silent_below_start else []
    newest = view.gauges.newest(gauge.station, "stage")
    if newest is not None and newest.value is not None and newest.quality in USABLE:
        ahead = to_next(newest.value, gauge.thresholds)
        notes += [f"{THRESHOLDS.get(ahead[0], ahead[0])}水位まで {ahead[1]:.2f} m"] if ahead else []
    river = f"（{gauge.river}）" if gauge.river else ""
    return Line(
        gauge.station,
        f"{gauge.name}{river}",
        place_of(gauge, towns),
        facts,
        tuple(notes),
        not gauge.silent_below_start,
    )


def _lines(
    view: WorldView, known: dict[str, RainGauge] | dict[str, Dam], towns: tuple[str, ...], now: datetime
) -> tuple[Line, ...]:
    here = [place for place in known.values() if not set(towns).isdisjoint(place.municipalities)]
    return tuple(
        Line(p.station, p.name, place_of(p, towns), _facts(view, p.station, now), ())
        for p in sorted(here, key=lambda p: p.station)
    )


def _roads(view: WorldView, roads: set[str], towns: tuple[str, ...], now: datetime) -> tuple[Line, ...]:
    known = counters()
    return tuple(_road(view, point, known.get(point), towns, now) for point in sorted(roads))


def _road(view: WorldView, point: str, known: Counter | None, towns: tuple[str, ...], now: datetime) -> Line:
    name = known.road if known else f"観測点 {point}"
    place = place_of(known, towns) if known else _told(view.gauges.towns_of(point), towns)
    return Line(point, name, place, _facts(view, point, now), ())


def _unlisted(view: WorldView, stations: frozenset[str], towns: tuple[str, ...], now: datetime) -> tuple[Line, ...]:
    return tuple(
        Line(name, name, _told(view.gauges.towns_of(name), towns), _facts(view, name, now), ())
        for name in sorted(stations)
    )


def _facts(view: WorldView, station: str, now: datetime) -> tuple[Fact, ...]:
    newest = [view.gauges.newest(station, quantity) for quantity in view.gauges.quantities(station)]
    return tuple(_fact(reading, now) for reading in newest if reading is not None)


def _fact(reading: Reading, now: datetime) -> Fact:
    name = QUANTITIES.get(reading.quantity, reading.quantity)
    if reading.quality is Quality.CLOSED and reading.quality_code == ASLEEP:
        return Fact(name, BELOW_START, reading.observed_at, "")
    if reading.value is None or reading.quality not in USABLE:
        return Fact(name, QUALITIES[reading.quality], reading.observed_at, QUALITIES[reading.quality])
    doubt = QUALITIES[reading.quality] if reading.quality is Quality.SUSPECT else ""
    doubt = doubt or ("古い値" if now - reading.observed_at > STALE else "")
    return Fact(name, _value(reading.quantity, reading.value, reading.unit), reading.observed_at, doubt)


def _value(quantity: str, value: float, unit: str) -> str:
    if quantity == "closed" and value in PASSABLE:
        return PASSABLE[value]
    digits = 2 if unit == "m" else 0 if value.is_integer() else 1
    return f"{value:,.{digits}f} {UNITS.get(unit, unit)}"


def place_of(station: Gauge | RainGauge | Dam | Counter, towns: tuple[str, ...]) -> str:
    """Where a station stands, by its position or because it is for one municipality only; and for whom it is here."""
    stands = _stands_in(station)
    mine = [code for code in station.municipalities if code in towns]
    related = "" if set(mine) <= set(stands) else f"（{_names(mine)}に関係する観測所）"
    if not stands:
        return f"所在地の資料なし{related}"
    return f"所在地 {_names(stands)}{'の境の付近' if len(stands) > 1 else ''}{related}"


def _stands_in(station: Gauge | RainGauge | Dam | Counter) -> tuple[str, ...]:
    if not isinstance(station, Dam) and station.lat is not None and station.lon is not None:
        return tuple(dict.fromkeys(municipality_of(area) for area in areas_at(station.lat, station.lon)))
    alone = len(station.municipalities) == 1 and not isinstance(station, Dam)
    return station.municipalities if alone else ()


def _told(owners: tuple[str, ...], towns: tuple[str, ...]) -> str:
    """A station that no reference has: who is told of it is all that is known."""
    return f"{_names([code for code in owners if code in towns])}に関係する観測所"


def _names(codes: Sequence[str]) -> str:
    return "・".join(municipalities()[code].name for code in codes)
