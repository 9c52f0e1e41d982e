"""How fast a stage rises (Theil-Sen over the last hour) and how long, as a range, until it meets its next threshold."""

from typing import NamedTuple

from streams.detect.knowledge import Tuning
from streams.detect.series import Series, window

HOUR = 3600.0
EXACT = 6
"""Decimals that are kept of a difference, so that 3.30 m - 3.00 m is 0.30 m and meets a limit of 0.30 m."""
REMEMBERED = 16
"""Approaches per threshold before the older half of their weight is forgotten."""
SLACK = 1e-9
"""m/s: what rounding may hide from the bound."""


class Trend(NamedTuple):
    """Median and quartiles of the pairwise slopes (m/h); the rise of 10 min and of up to 1 h (m).

    For staff only (domain.md §4.6), never as a stage at a future time: its skill is negative beyond an hour.
    """

    slope: float
    low: float
    high: float
    dh10: float
    rise_1h: float


class Rising(NamedTuple):
    """Per threshold: alarmed since, and last seen on the way to it (epoch seconds, 0 for not).

    `met` and `missed` count how earlier approaches ended: at the threshold, or in nothing. A river that tides or gates
    turn round misses often, and is then believed only for a shorter time ahead.
    """

    since: tuple[int, ...] = ()
    last: tuple[int, ...] = ()
    met: tuple[int, ...] = ()
    missed: tuple[int, ...] = ()


STILL = Rising()


def may_rise(steep: float, series: Series, value: float, next_height: float | None, tuning: Tuning) -> bool:
    """False only if no rule about a rise can be true: the steepest single step (m/s) already bounds every slope."""
    steep += SLACK
    reach = steep * 60 * max(tuning.horizon_min, tuning.rapid_to_l4_min)
    if next_height is not None and next_height - value <= reach:
        return True
    if steep * 600 >= tuning.rapid_dh10_m:
        return True
    return steep * HOUR >= tuning.rapid_rise_1h_m and value - min(s[1] for s in series) >= tuning.rapid_rise_1h_m - 1e-6


def fit(series: Series, at: int, value: float, tuning: Tuning) -> Trend | None:
    """The trend that ends in the accepted sample (at, value), or None for too few samples."""
    points = [p for p in window(series, at, tuning.window_min * 60) if p[0] != at]
    points.append((at, value))
    if len(points) < tuning.min_samples:
        return None
    slopes = sorted(
        (points[j][1] - points[i][1]) / (points[j][0] - points[i][0]) * HOUR
        for i in range(len(points))
        for j in range(i + 1, len(points))
    )
    rise = round(value - points[0][1], EXACT)
    return Trend(_part(slopes, 0.5), _part(slopes, 0.25), _part(slopes, 0.75), _dh10(points), rise)


def rapid(trend: Trend, value: float, l4: float | None, tuning: Tuning) -> bool:
    """Rapid rise as domain.md §1.3.2 [R] puts it in numbers: no source does."""
    if trend.dh10 >= tuning.rapid_dh10_m or trend.rise_1h >= tuning.rapid_rise_1h_m:
        return True
    return l4 is not None and value < l4 and minutes_to(l4 - value, trend.slope) <= tuning.rapid_to_l4_min


def lead(trend: Trend, value: float, height: float, tuning: Tuning) -> tuple[float, float]:
    """Minutes until `height`, as a range from the quartiles of the slopes, never beyond the bound."""
    soon, late = minutes_to(height - value, trend.high), minutes_to(height - value, trend.low)
    return min(soon, tuning.bound_min), min(late, tuning.bound_min)


def minutes_to(distance: float, slope: float) -> float:
    """Minutes to climb a distance (m) at a slope (m/h); infinite if it does not climb."""
    return round(distance / slope * 60, EXACT) if slope > 0 else float("inf")


def approach(
    rising: Rising, heights: tuple[float, ...], at: int, value: float, trend: Trend | None, tuning: Tuning
) -> Rising:
    """Which thresholds the stage is on its way to. It ends at the threshold, or when unseen for the hold time."""
    if trend is None and not rising.since:
        return rising
    nothing = (0,) * len(heights)
    since, last = list(rising.since or nothing), list(rising.last or nothing)
    met, missed = list(rising.met or nothing), list(rising.missed or nothing)
    for i, height in enumerate(heights):
        if value >= height:
            met[i] += bool(since[i])
            since[i] = last[i] = 0
        elif trend is not None and _near(height - value, trend.slope, horizon(met[i], missed[i], tuning)):
            since[i], last[i] = since[i] or at, at
        elif since[i] and at - last[i] >= tuning.hold_min * 60:
            missed[i] += 1
            since[i] = last[i] = 0
        if met[i] + missed[i] > REMEMBERED:
            met[i], missed[i] = met[i] // 2, missed[i] // 2
    times = (tuple(since), tuple(last)) if any(since) else ((), ())
    return Rising(*times, *((tuple(met), tuple(missed)) if any(met) or any(missed) else ((), ())))


def horizon(met: int, missed: int, tuning: Tuning) -> float:
    """Minutes ahead that this gauge's trend is believed: all of the horizon until it has misled."""
    share = (met + 1) / (met + missed + 1)
    return float(max(min(tuning.shortest_min, tuning.horizon_min), tuning.horizon_min * share**tuning.trust_power))


def _near(distance: float, slope: float, within_min: float) -> bool:
    return minutes_to(distance, slope) <= within_min


def _dh10(points: list[tuple[int, float]]) -> float:
    """The rise of the last 10 minutes: from the sample nearest to 10 min ago, of 5 to 20 min ago, scaled to 10."""
    at, value = points[-1]
    near = [p for p in points[:-1] if 300 <= at - p[0] <= 1200]
    if not near:
        return 0.0
    before_at, before = min(near, key=lambda p: abs(at - p[0] - 600))
    return round((value - before) * 600 / (at - before_at), EXACT)


def _part(ordered: list[float], part: float) -> float:
    """A quantile of sorted numbers, linear between neighbours."""
    place = part * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
