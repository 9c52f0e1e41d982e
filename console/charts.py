"""Geometry of a gauge's chart: stage over time with its thresholds, gaps left as gaps. Pure; a template draws it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from console.words import JST
from schemas.records.observed import Quality, Reading

WINDOW = timedelta(hours=24)
LABEL_HEIGHT = 14.0
USABLE = frozenset({Quality.VALID, Quality.SUSPECT})
GAP_FACTOR = 2.5
"""Two values further apart than this many usual steps are not joined: what lies between was not measured."""


@dataclass(frozen=True, slots=True)
class Frame:
    """Size and margins. Thresholds are named in the right margin, where no curve is: nothing hides it."""

    width: float
    height: float
    left: float
    right: float
    top: float = 14.0
    bottom: float = 28.0


WIDE = Frame(640.0, 260.0, 44.0, 158.0)
NARROW = Frame(360.0, 270.0, 36.0, 104.0)


@dataclass(frozen=True, slots=True)
class Line:
    """A threshold: its name, value and height on the chart; labels of close lines are moved apart."""

    name: str
    value: float
    y: float
    label_y: float


@dataclass(frozen=True, slots=True)
class Mark:
    """A tick of an axis."""

    label: str
    at: float


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch without values, from x over a width."""

    x: float
    width: float
    began_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Chart:
    """All that the drawing needs. `last` is the newest usable value, None when there is none in the window."""

    paths: tuple[str, ...]
    lines: tuple[Line, ...]
    gaps: tuple[Gap, ...]
    hours: tuple[Mark, ...]
    metres: tuple[Mark, ...]
    last: Reading | None
    last_x: float
    last_y: float
    width: float
    height: float
    left: float
    right: float
    top: float
    bottom: float


@dataclass(frozen=True, slots=True)
class _Scale:
    frame: Frame
    since: datetime
    until: datetime
    low: float
    high: float

    def x(self, at: datetime) -> float:
        share = (at - self.since) / (self.until - self.since)
        inner = self.frame.width - self.frame.left - self.frame.right
        return round(self.frame.left + share * inner, 1)

    def y(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        inner = self.frame.height - self.frame.top - self.frame.bottom
        return round(self.frame.top + (1 - share) * inner, 1)


def chart(readings: tuple[Reading, ...], thresholds: dict[str, float], now: datetime, frame: Frame = WIDE) -> Chart:
    """The chart of the last 24 hours up to `now` (event time); `readings` oldest first."""
    since = now - WINDOW
    usable = [r for r in readings if r.quality in USABLE and r.value is not None and since <= r.observed_at <= now]
    shown = [(r.observed_at, r.value) for r in usable if r.value is not None]
    scale = _scale(frame, since, now, [value for _, value in shown], thresholds)
    runs = _runs(shown)
    last = usable[-1] if usable else None
    return Chart(
        paths=tuple(" ".join(f"{scale.x(at)},{scale.y(value)}" for at, value in run) for run in runs),
        lines=_lines(thresholds, scale),
        gaps=_gaps(runs, scale, now),
        hours=_hours(scale),
        metres=_metres(scale),
        last=last,
        last_x=scale.x(last.observed_at) if last else 0.0,
        last_y=scale.y(last.value) if last and last.value is not None else 0.0,
        width=frame.width,
        height=frame.height,
        left=frame.left,
        right=frame.width - frame.right,
        top=frame.top,
        bottom=frame.height - frame.bottom,
    )


def change(readings: tuple[Reading, ...], minutes: int) -> float | None:
    """How much the newest usable value differs from the one `minutes` before it; None if that one was not measured."""
    values = {r.observed_at: r.value for r in readings if r.quality in USABLE and r.value is not None}
    if not values:
        return None
    newest = max(values)
    before = values.get(newest - timedelta(minutes=minutes))
    return None if before is None else round(values[newest] - before, 3)


def to_next(value: float, thresholds: dict[str, float]) -> tuple[str, float] | None:
    """The next threshold above a value, and how far away it is; None above the last."""
    above = [(limit, name) for name, limit in thresholds.items() if limit > value]
    return (min(above)[1], round(min(above)[0] - value, 2)) if above else None


def _lines(thresholds: dict[str, float], scale: _Scale) -> tuple[Line, ...]:
    rows = sorted(thresholds.items(), key=lambda row: row[1])
    heights = [scale.y(value) for _, value in rows]
    labels = _apart(heights, scale.frame.top)
    return tuple(Line(name, value, y, at) for (name, value), y, at in zip(rows, heights, labels, strict=True))


def _apart(heights: list[float], top: float) -> list[float]:
    """Where labels stand, lowest first: each beside its line, but a label's height apart, and none above the chart."""
    labels = list(heights)
    for i in range(1, len(labels)):
        labels[i] = min(labels[i], labels[i - 1] - LABEL_HEIGHT)
    for above in range(len(labels)):
        i = len(labels) - 1 - above
        labels[i] = max(labels[i], top + LABEL_HEIGHT * above)
    return labels


def _scale(frame: Frame, since: datetime, until: datetime, values: list[float], thresholds: dict[str, float]) -> _Scale:
    marks = [*values, *thresholds.values()] or [0.0, 1.0]
    low, high = min(marks), max(marks)
    margin = max((high - low) * 0.08, 0.1)
    return _Scale(frame, since, until, low - margin, high + margin)


def _runs(points: list[tuple[datetime, float]]) -> list[list[tuple[datetime, float]]]:
    """Stretches of values that belong together."""
    if not points:
        return []
    longest = _usual_step([at for at, _ in points]) * GAP_FACTOR
    runs = [[points[0]]]
    for before, point in pairwise(points):
        if point[0] - before[0] > longest:
            runs.append([])
        runs[-1].append(point)
    return runs


def _usual_step(times: list[datetime]) -> timedelta:
    steps = [(b - a).total_seconds() for a, b in pairwise(times)]
    return timedelta(seconds=median(steps)) if steps else timedelta(minutes=10)


def _gaps(runs: list[list[tuple[datetime, float]]], scale: _Scale, now: datetime) -> tuple[Gap, ...]:
    ends = [run[-1][0] for run in runs]
    begins = [run[0][0] for run in runs]
    between = [(end, begin) for end, begin in zip(ends, begins[1:], strict=False)]
    found = [Gap(scale.x(a), round(scale.x(b) - scale.x(a), 1), a, b) for a, b in between]
    step = _usual_step([at for run in runs for at, _ in run])
    if ends and now - ends[-1] > step * GAP_FACTOR:
        found.append(Gap(scale.x(ends[-1]), round(scale.x(now) - scale.x(ends[-1]), 1), ends[-1], None))
    return tuple(found)


def _hours(scale: _Scale) -> tuple[Mark, ...]:
    """A mark at every sixth hour of Japanese time."""
    first = scale.since.astimezone(JST).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    hours = [first + timedelta(hours=n) for n in range(int((scale.until - scale.since) / timedelta(hours=1)))]
    return tuple(Mark(f"{at:%H}時", scale.x(at)) for at in hours if at.hour % 6 == 0 and at <= scale.until)


def _metres(scale: _Scale) -> tuple[Mark, ...]:
    """Whole or half metres, at most about six marks."""
    step = next(s for s in (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 50.0, 500.0) if (scale.high - scale.low) / s <= 6)
    first = int(scale.low // step) + 1
    return tuple(Mark(f"{n * step:.1f}", scale.y(n * step)) for n in range(first, int(scale.high // step) + 1))
