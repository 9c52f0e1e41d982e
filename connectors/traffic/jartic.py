"""The sources `jartic` and `jartic-hourly`: counts on national roads, 20 minutes late: how evacuation routes do."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode

import msgspec

from connectors.places import Places
from connectors.readings.batches import batches
from connectors.readings.times import JST
from connectors.rows import FeedRow
from connectors.source import (
    NOT_YET,
    Answer,
    Asks,
    Failed,
    Got,
    Miss,
    New,
    Park,
    Parked,
    Parsed,
    Payload,
    Polled,
    Result,
    Unchanged,
)
from connectors.traffic.counts import Counts, Point, is_empty, read_counts
from schemas.records.observed import Reading

LATE = timedelta(minutes=20)
REACH = 6
"""Slots that are looked back for. Some never come."""
KANAGAWA = (138.91, 35.12, 139.84, 35.68)
"""West, south, east, north of the prefecture, in degrees; the rest of the box is left out by position."""
QUERY = {
    "service": "WFS",
    "version": "2.0.0",
    "request": "GetFeature",
    "srsName": "EPSG:4326",
    "outputFormat": "application/json",
    "exceptions": "application/json",
}
MAX_POINTS, MAX_BAD = 2000, 20


@dataclass(frozen=True, slots=True)
class Layer:
    """One of the service's series: its name there, how far apart its slots lie, and the unit of its counts."""

    name: str
    step: timedelta
    unit: str


LAYERS = {
    "jartic": Layer("t_travospublic_measure_5m", timedelta(minutes=5), "1/5min"),
    "jartic-hourly": Layer("t_travospublic_measure_1h", timedelta(hours=1), "1/h"),
}


@dataclass(frozen=True, slots=True)
class Placed:
    """A counter, by the municipalities whose roads it counts (5-digit codes)."""

    municipalities: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TrafficCursor:
    """`had`: the newest slots that were had. `points`: the counters that ever counted, so that silence has a name."""

    had: tuple[datetime, ...] = ()
    points: dict[str, tuple[str, ...]] = field(default_factory=dict)


class JarticSource:
    """All counters of the box whose position is ours."""

    def __init__(self, row: FeedRow, places: Places) -> None:
        self.row = row
        self.places = places
        self.layer = LAYERS[row.kind]

    async def poll(self, cursor: str | None, ask: Asks, now: datetime) -> Result:
        """The newest slot that may be there, and those before it that were not had. An empty answer is "not yet"."""
        state = _read_cursor(cursor)
        newest, step = _floor(now - LATE, self.layer.step), self.layer.step
        wanted = [slot for slot in (newest - i * step for i in range(REACH)) if slot not in state.had]
        answers = await asyncio.gather(*(ask.get(address(self.row.url, slot, self.layer)) for slot in wanted))
        return _result(state, dict(zip(wanted, answers, strict=True)))

    def parse(self, polled: Polled) -> Parsed:
        """One batch for each municipality that has a counter."""
        result = polled.result
        if isinstance(result, Failed):
            return Parsed()  # only the loop's own fault; a service that fails is missed, see _result
        state = _read_cursor(result.cursor)
        fresh: dict[str, list[Reading]] = {}
        parked: list[Parked] = []
        for payload in sorted(result.payloads if isinstance(result, New) else (), key=lambda one: one.url):
            counts, told = _read(payload, self.layer.unit)
            parked += told
            for point in counts.points:
                if self._place(point, state):
                    fresh.setdefault(point.code, []).extend(point.readings)
        stations = {code: Placed(towns) for code, towns in state.points.items()}
        failed = [miss.text for miss in result.missed if miss.reason != NOT_YET]
        missed = dict.fromkeys(stations, failed[0]) if failed and not fresh else {}
        records = batches(self.row.id, stations, polled, fresh, missed)
        return Parsed(records, tuple(parked), _write(state), result.content_at)

    def _place(self, point: Point, state: TrafficCursor) -> bool:
        """Whether the counter is ours; it is remembered with its municipalities. A row of counters.toml goes first."""
        if point.code not in state.points and len(state.points) < MAX_POINTS:
            known = self.places.counters.get(point.code)
            areas = known.areas if known else self.places.areas_at(point.lat, point.lon)
            towns = tuple(sorted({self.places.areas[area].municipality for area in areas}))
            if towns:
                state.points[point.code] = towns
        return point.code in state.points


def address(service: str, slot: datetime, layer: Layer = LAYERS["jartic"]) -> str:
    """The query for one slot. Without a time the service fails."""
    box = ",".join(str(degrees) for degrees in KANAGAWA)
    time = f"{slot.astimezone(JST):%Y%m%d%H%M}"
    condition = f"道路種別=3 AND 時間コード={time} AND BBOX(ジオメトリ,{box},'EPSG:4326')"
    return f"{service}?{urlencode(QUERY | {'typeNames': layer.name, 'cql_filter': condition}, quote_via=quote)}"


def _result(state: TrafficCursor, answers: dict[datetime, Answer]) -> New | Unchanged:
    """A service that fails is missed, not Failed: the cursor knows whom to tell."""
    got = {s: a.payload for s, a in answers.items() if isinstance(a, Got) and not is_empty(a.payload.body)}
    missed = tuple(_miss(slot, answer) for slot, answer in answers.items() if slot not in got)
    had = tuple(sorted({*state.had, *got})[-REACH:])
    cursor, content_at = _write(TrafficCursor(had, state.points)), max(had, default=None)
    return New(tuple(got.values()), cursor, content_at, missed) if got else Unchanged(cursor, content_at, missed)


def _miss(slot: datetime, answer: Answer) -> Miss:
    key = f"{slot.astimezone(JST):%H:%M} JST"
    if isinstance(answer, Failed):
        return Miss(key, answer.reason, answer.text)
    return Miss(key, NOT_YET, f"no count for {key} yet")


def _read(payload: Payload, unit: str) -> tuple[Counts, list[Parked]]:
    try:
        found = read_counts(payload.body, payload.fetched_at, unit)
    except Park as park:
        return Counts((), ()), [_parked(payload, park.reason, park.text, payload.body)]
    return found, [_parked(payload, row.reason, row.text, row.row.encode()) for row in found.bad[:MAX_BAD]]


def _parked(payload: Payload, reason: str, text: str, body: bytes) -> Parked:
    return Parked(reason, text, payload.url, body, payload.origin, trace=payload.trace)


def _floor(at: datetime, step: timedelta) -> datetime:
    minutes = int(step.total_seconds()) // 60
    return at.replace(minute=at.minute // minutes * minutes, second=0, microsecond=0)


def _read_cursor(cursor: str | None) -> TrafficCursor:
    """A cursor that cannot be read counts as none: that only repeats."""
    try:
        return msgspec.json.decode(cursor or "{}", type=TrafficCursor)
    except (msgspec.ValidationError, msgspec.DecodeError):
        return TrafficCursor()


def _write(state: TrafficCursor) -> str:
    return msgspec.json.encode(state).decode()
