"""Counts of the road ministry's permanent counters (WFS GeoJSON) → one count for each direction. Pure.

Built from its documentation and notes on live answers; unverified against a recording. A direction with any fault flag
carries numbers all the same (0, or a part of the vehicles): it has no count then, never an empty road.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from connectors.readings.document import BadRow, read_json
from connectors.readings.numbers import number
from connectors.readings.times import AHEAD
from connectors.source import Park
from schemas.records.observed import Quality, Reading

CODE, TIME = "常時観測点コード", "時間コード"
DIRECTIONS = {"上り": "traffic_up", "下り": "traffic_down"}
KINDS = ("小型交通量", "大型交通量", "車種判別不能交通量")
FAULTS = ("停電", "ループ異常", "超音波異常", "欠測")
NO_FAULT = (None, "", "0", 0, False)
TIME_CODE = re.compile(r"\d{12}", re.ASCII)
MOST = {"1/5min": 5000.0, "1/h": 60_000.0}
"""Vehicles in one direction, by unit; a lane passes about 150 in five minutes."""
MAX_FEATURES = 50_000


@dataclass(frozen=True, slots=True)
class Point:
    """One counter in one slot: where it stands (degrees), and what it counted in each direction."""

    code: str
    lat: float
    lon: float
    readings: tuple[Reading, ...]


@dataclass(frozen=True, slots=True)
class Counts:
    """The counters of one answer, and what could not be read."""

    points: tuple[Point, ...]
    bad: tuple[BadRow, ...]


def is_empty(body: bytes) -> bool:
    """Whether a good answer has no counter at all: the slot is not there yet, which says nothing of the roads."""
    try:
        return not _features(body)
    except Park:
        return False


def read_counts(body: bytes, now: datetime, unit: str = "1/5min") -> Counts:
    """Every counter; `unit` is one of MOST. Raises Park where the answer as a whole is none."""
    features = _features(body)
    if len(features) > MAX_FEATURES:
        raise Park("too_many_values", f"{len(features)} counters are more than the {MAX_FEATURES} that there can be")
    points: dict[tuple[str, datetime], Point] = {}
    bad: list[BadRow] = []
    for feature in features:
        try:
            _add(points, _point(feature, now, unit))
        except Park as park:
            bad.append(BadRow(park.reason, park.text, str(feature)[:500], None))
    return Counts(tuple(points.values()), tuple(bad))


def _features(body: bytes) -> list[Any]:
    found = read_json(body)
    if "exceptions" in found:
        raise Park("service_exception", f"the service answered {str(found['exceptions'])[:300]}")
    features = found.get("features")
    if not isinstance(features, list):
        raise Park("no_values", "the answer has no list of features")
    return features


def _add(points: dict[tuple[str, datetime], Point], point: Point) -> None:
    at = point.readings[0].observed_at
    if points.setdefault((point.code, at), point) != point:
        raise Park("conflict", f"counter {point.code} has two counts for {at.isoformat()}; the first counts")


def _point(feature: Any, now: datetime, unit: str) -> Point:
    values = feature.get("properties") if isinstance(feature, dict) else None
    if not isinstance(values, dict):
        raise Park("bad_row", f"a {type(feature).__name__} without properties where a counter was expected")
    code = _code(values.get(CODE))
    lon, lat = _position(feature.get("geometry"), code)
    at = _time(values.get(TIME), code)
    if at > now + AHEAD:
        raise Park("future_time", f"counter {code}: {values[TIME]} lies ahead of {now.isoformat()}")
    readings = tuple(_direction(values, direction, code, at, unit) for direction in DIRECTIONS)
    return Point(code, lat, lon, readings)


def _direction(values: dict[str, Any], direction: str, code: str, at: datetime, unit: str) -> Reading:
    """The sum of all kinds of vehicles; no count if one of them is missing or a fault is flagged."""
    fields = [f"{direction}・{kind}" for kind in KINDS]
    counts = [number(values.get(field), f"counter {code}: {field}", 0, MOST[unit]) for field in fields]
    known = [count for count in counts if count is not None]
    whole = len(known) == len(KINDS) and all(values.get(f"{direction}・{fault}") in NO_FAULT for fault in FAULTS)
    value, quality = (sum(known), Quality.VALID) if whole else (None, Quality.MISSING)
    return Reading(code, DIRECTIONS[direction], value, unit, at, quality)


def _code(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | str) or not 0 < len(str(value)) <= 20:
        raise Park("unknown_station", f"{CODE} is {str(value)[:40]!r}")
    return str(value)


def _time(value: Any, code: str) -> datetime:
    """YYYYMMDDhhmm in JST, as a number or a text."""
    text = str(value)[:40]
    try:
        if isinstance(value, bool) or TIME_CODE.fullmatch(text) is None:
            raise ValueError("not 12 digits")
        return datetime.strptime(text + "+0900", "%Y%m%d%H%M%z").astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Park("bad_time", f"counter {code}: {TIME} is {text!r}: {error}") from error


def _position(geometry: Any, code: str) -> tuple[float, float]:
    """Longitude and latitude of the first point of a MultiPoint, or of a Point."""
    found = geometry.get("coordinates") if isinstance(geometry, dict) else None
    if isinstance(found, list) and found and isinstance(found[0], list):
        found = found[0]
    if not isinstance(found, list) or len(found) < 2:
        raise Park("no_position", f"counter {code} has no position")
    lon, lat = number(found[0], "longitude", -180, 180), number(found[1], "latitude", -90, 90)
    if lon is None or lat is None:
        raise Park("no_position", f"counter {code} has no position")
    return lon, lat
