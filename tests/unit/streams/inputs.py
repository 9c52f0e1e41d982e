"""Inputs of watch, made in one line each: readings, bulletins, reports and ticks with everything else filled in."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from functools import cache

from schemas.records.base import Hazard, Origin, Trace, World
from schemas.records.judged import Change, Detection, Recommendation
from schemas.records.observed import (
    Bulletin,
    BulletinItem,
    InfoType,
    PollOutcome,
    Quality,
    Reading,
    ReadingBatch,
    Report,
    ReportKind,
)
from schemas.records.plumbing import Tick
from streams.detect.area import Input
from streams.detect.knowledge import AreaFacts, GaugeFacts, Knowledge, RuleBook
from streams.detect.rules import read_rules
from streams.knowledge import RULES
from streams.watch import Watched, WatchFold

JST = timezone(timedelta(hours=9))
MADE = datetime(2026, 1, 1, tzinfo=UTC)
TRACE = Trace("trace", MADE)
FUJISAWA, FUJISAWA_AREA = "14205", "1420500"
GAUGE = "3585_4_309"
DAM = "shiroyama"
SAKAI = (("L1", 4.00), ("L2", 4.50), ("L3", 5.20), ("L4", 5.65))


def jst(text: str) -> datetime:
    """`21 15:00` is that day and time of September 2026 in Japan."""
    day, clock = text.split()
    hour, minute = clock.split(":")
    return datetime(2026, 9, int(day), int(hour), int(minute), tzinfo=JST)


def gauge(
    station: str = GAUGE,
    *,
    thresholds: tuple[tuple[str, float], ...] = SAKAI,
    river_class: str = "水位周知河川",
    areas: tuple[str, ...] = (FUJISAWA_AREA,),
) -> GaugeFacts:
    """境川橋 unless told otherwise."""
    return GaugeFacts(station, "境川橋", "境川", river_class, areas, thresholds)


@cache
def book() -> RuleBook:
    """The rules that ship, read once."""
    return read_rules(RULES.read_text(encoding="utf8"), {})


def knowledge(*gauges: GaugeFacts, areas: Mapping[str, str] | None = None) -> Knowledge:
    """The rules that ship, with these gauges (境川橋 if none) and areas (code → name)."""
    known = {g.station: g for g in gauges or (gauge(),)}
    names = areas or {FUJISAWA_AREA: "藤沢市"}
    return Knowledge(known, {code: AreaFacts(code, name, code[:5]) for code, name in names.items()}, book())


def reading(at: datetime, value: float | None, quality: Quality = Quality.VALID, station: str = GAUGE) -> Reading:
    """One stage in metres."""
    return Reading(station, "stage", value, "m", at, quality)


def batch(
    polled_at: datetime,
    *readings: Reading,
    outcome: PollOutcome | None = None,
    stations: tuple[str, ...] = (GAUGE,),
    origin: Origin = Origin.LIVE,
) -> ReadingBatch:
    """One poll; new if it brought readings, else unchanged."""
    came = outcome or (PollOutcome.NEW if readings else PollOutcome.UNCHANGED)
    name = f"batch {polled_at.isoformat()} {len(readings)}"
    return ReadingBatch(
        *(name, World.ACTUAL, origin, "kawabou", FUJISAWA, polled_at, came, None, stations, readings, TRACE, MADE)
    )


def polls(levels: Mapping[datetime, float], delay_min: float = 3.0) -> list[ReadingBatch]:
    """One poll per reading, shortly after it."""
    return [batch(at + timedelta(minutes=delay_min), reading(at, value)) for at, value in sorted(levels.items())]


def dam_polls(start: datetime) -> list[ReadingBatch]:
    """城山ダム fills up, then lets through what comes in, then closes again: inflow, outflow (m3/s), storage (%)."""
    found = []
    for i, values in enumerate(((900, 400, 90), (900, 880, 97), (800, 780, 98), (300, 100, 80), (300, 100, 70))):
        at = start + timedelta(hours=i)
        words = (("dam_inflow", "m3/s"), ("dam_outflow", "m3/s"), ("dam_storage", "%"))
        rows = [Reading(DAM, w, v, u, at, Quality.VALID) for (w, u), v in zip(words, values, strict=True)]
        found.append(batch(at + timedelta(minutes=4), *rows, stations=(DAM,)))
    return found


def climb(start: datetime, *values: float | None) -> dict[datetime, float]:
    """Values ten minutes apart; None leaves one out."""
    return {start + timedelta(minutes=10 * i): v for i, v in enumerate(values) if v is not None}


def item(
    hazard: Hazard, level: int | None, *, status: str = "発表", code: str = "", subject: str = FUJISAWA_AREA
) -> BulletinItem:
    """One hazard of a telegram; 解除 and なし are inactive."""
    active = status not in {"解除", "なし"}
    return BulletinItem(
        hazard, subject, subject, code, f"{hazard.value} {level}", status, active, level if active else 0
    )


def bulletin(
    at: datetime,
    *items: BulletinItem,
    carrier: str = "VXWW50",
    serial: int | None = 1,
    info: InfoType = InfoType.ISSUED,
    area: str = FUJISAWA_AREA,
    scope: str | None = None,
    origin: Origin = Origin.LIVE,
) -> Bulletin:
    """One carrier's statement about one area."""
    content = ",".join(f"{i.hazard.value}:{i.subject}:{i.level}:{i.status}" for i in items)
    name = f"{carrier}|{scope}|{area}|{at.isoformat()}|{serial}|{info.value}|{content}"
    return Bulletin(
        *(
            name,
            World.ACTUAL,
            origin,
            "jma",
            area[:5],
            area,
            "藤沢市",
            carrier,
            scope or f"{carrier}:140000",
            "",
            serial,
        ),
        *(
            info,
            at,
            at + timedelta(minutes=1),
            f"{carrier} title",
            "headline",
            "横浜地方気象台",
            f"https://example.org/{serial}",
        ),
        *("0" * 64, items, TRACE, MADE),
    )


def report(at: datetime, kind: ReportKind, hazard: Hazard, text: str = "巡視員より") -> Report:
    """What somebody saw in Fujisawa."""
    name = f"report {kind.value} {at.isoformat()}"
    return Report(
        name, World.ACTUAL, Origin.LIVE, FUJISAWA, FUJISAWA_AREA, hazard, kind, text, "a", at, b"", TRACE, MADE
    )


def tick(at: datetime) -> Tick:
    """Event time, with every input handled."""
    return Tick(World.ACTUAL, "watch", 0, at, (), TRACE, MADE)


class Run:
    """A fold with everything that it said."""

    def __init__(self, known: Knowledge | None = None, municipality: str = FUJISAWA) -> None:
        self.fold = WatchFold(known or knowledge())
        self.state: Watched = self.fold.initial(World.ACTUAL, municipality)
        self.detections: list[Detection] = []
        self.recommendations: list[Recommendation] = []

    def take(self, *records: Input) -> "Run":
        """Fold them in this order; the state takes the way through bytes each time, as after a restart."""
        for record in records:
            self.state, outputs = self.fold.step(self.state, record, MADE)
            self.state = self.fold.decode(self.fold.encode(self.state))
            self.detections += [o.record for o in outputs if o.topic == "detections"]
            self.recommendations += [o.record for o in outputs if o.topic == "recommendations"]
        return self

    def said(self, *rules: str) -> list[tuple[str, str, int | None, str]]:
        """(rule, phase, level, time in Japan) of the detections of these rules, or of all."""
        return [
            (d.rule, d.phase.value, d.level, d.at.astimezone(JST).strftime("%d %H:%M"))
            for d in self.detections
            if not rules or d.rule in rules
        ]

    def levels(self) -> dict[tuple[str, Hazard], int | None]:
        """What the newest recommendation calls for, where it calls for anything."""
        if not self.recommendations:
            return {}
        return {(c.area, c.hazard): c.level for c in self.recommendations[-1].called if c.hits}


def without_path(recommendation: Recommendation) -> Recommendation:
    """What is said, without what depends on the way there, and without silences."""
    called = tuple(replace(c, previous_level=None, change=Change.SAME) for c in recommendation.called)
    return replace(recommendation, id="", number=0, at=MADE, called=called, silences=())
