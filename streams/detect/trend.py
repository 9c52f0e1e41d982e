"""How fast a stage rises, measured three ways at once, and how long, as a range, until it meets its next threshold."""

import math
from typing import NamedTuple

from streams.detect.knowledge import Tuning
from streams.detect.series import SPIKE, Series, window
from streams.detect.swing import UNKNOWN, Swing

HOUR = 3600.0
EXACT = 6
"""Decimals that are kept of a difference, so that 3.30 m - 3.00 m is 0.30 m and meets a limit of 0.30 m."""
LATEST_AGO_S = 1200
"""What counts as ten minutes ago, if nothing nearer is there."""
SLACK = 1e-9
"""m/s: what rounding may hide from the bound."""
NEAREST_M = 0.005
"""A threshold is never nearer than a gauge can read."""
SLOWEST, FASTEST = 0.03, 20.0
"""Each measure of pace counts as at least and at most so many distances an hour, so that none decides alone."""


class Trend(NamedTuple):
    """Median and quartiles of the pairwise slopes (m/h); the rise of 10 min and of up to 1 h (m).

    `before`: the pace of about 20 min before those 10 (m/h), which the newest value has no part in. For staff only,
    never as a stage at a future time: its skill is negative beyond an hour.
    """

    slope: float
    low: float
    high: float
    dh10: float
    rise_1h: float
    before: float = 0.0


class Rising(NamedTuple):
    """Per threshold: alarmed since, and last seen on the way to it (epoch seconds, 0 for not); the gauge's habit."""

    since: tuple[int, ...] = ()
    last: tuple[int, ...] = ()
    swing: Swing = UNKNOWN


STILL = Rising()


class Now(NamedTuple):
    """The accepted sample that decides. `over`: thresholds that still count as exceeded.

    `frozen`: the gauge has not moved for a while. `resumed`: it was silent before, so no time was seen to pass.
    """

    at: int
    value: float
    over: tuple[int, ...] = ()
    frozen: bool = False
    resumed: bool = False


def may_rise(steep: float, series: Series, value: float, next_height: float | None, tuning: Tuning) -> bool:
    """False only if no rule about a rise can be true: the steepest single step (m/s) already bounds every slope."""
    steep += SLACK
    reach = steep * 60 * max(tuning.horizon_min, tuning.rapid_to_l4_min)
    if next_height is not None and next_height - value <= reach:
        return True
    if steep * 600 >= tuning.rapid_dh10_m:
        return True
    return steep * HOUR >= tuning.rapid_rise_1h_m and value - min(s[1] for s in series) >= tuning.rapid_rise_1h_m - 1e-6


def fell(series: Series, at: int, value: float) -> bool:
    """True only if the last 10 minutes were no rise, whichever value they are counted from: then nothing begins."""
    for t, v, doubt, _ in reversed(series):
        if t < at - LATEST_AGO_S:
            break
        if t < at and doubt != SPIKE and v < value:
            return False
    return True


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
    return Trend(_part(slopes, 0.5), _part(slopes, 0.25), _part(slopes, 0.75), *_newest(points, rise))


def rapid(trend: Trend, value: float, l4: float | None, tuning: Tuning) -> bool:
    """Rapid rise in numbers of our own [R]: no source gives any."""
    if trend.dh10 >= tuning.rapid_dh10_m or trend.rise_1h >= tuning.rapid_rise_1h_m:
        return True
    return l4 is not None and value < l4 and minutes_to(l4 - value, trend.slope) <= tuning.rapid_to_l4_min


def pace(trend: Trend, distance: float, tuning: Tuning) -> float:
    """The one pace (m/h) that stands for three: of the last 10 min, of the 20 before them, of the hour.

    Their weighted geometric mean, so that all must agree: a spike makes only the first of them large, and a river that
    stops rising makes the first small at once. 0 unless the stage rose both before the newest value and with it.
    """
    if trend.before <= 0 or trend.dh10 <= 0 or distance <= 0:
        return 0.0
    slowest, fastest = SLOWEST * distance, FASTEST * distance
    last, before, hour = (
        math.log(min(max(measured, slowest), fastest)) for measured in (trend.dh10 * 6, trend.before, trend.slope)
    )
    weights = tuning.pace_last, tuning.pace_before, tuning.pace_hour
    return math.exp((weights[0] * last + weights[1] * before + weights[2] * hour) / sum(weights))


def horizon(swing: Swing, height: float, tuning: Tuning) -> float:
    """Minutes ahead that a rise is believed: shorter for a gauge that by itself goes part of this way every day."""
    share = swing.every_day / max(height - swing.lowest, NEAREST_M)
    return max(tuning.shortest_min, tuning.horizon_min / (1 + tuning.swing_weight * max(share, 0.0)))


def lead(trend: Trend, value: float, height: float, tuning: Tuning) -> tuple[float, float]:
    """Minutes until `height`, as the range in which most recorded floods came, never beyond the bound."""
    distance = max(height - value, NEAREST_M)
    middle = minutes_to(distance, pace(trend, distance, tuning) or trend.slope)
    return min(middle * tuning.soonest, tuning.bound_min), min(middle * tuning.latest, tuning.bound_min)


def minutes_to(distance: float, slope: float) -> float:
    """Minutes to climb a distance (m) at a slope (m/h); infinite if it does not climb."""
    return round(distance / slope * 60, EXACT) if slope > 0 else float("inf")


def approach(rising: Rising, heights: tuple[float, ...], now: Now, trend: Trend | None, tuning: Tuning) -> Rising:
    """Which thresholds the stage is on its way to. It ends at the threshold, or when unseen for the hold time.

    A threshold that still counts as exceeded is not approached again; a gauge that was lost or is frozen ends nothing.
    """
    if trend is None and not rising.since:
        return rising
    nothing = (0,) * len(heights)
    since, last = list(rising.since or nothing), list(rising.last or nothing)
    for i, height in enumerate(heights):
        if now.value >= height or (now.over and now.over[i]):
            since[i] = last[i] = 0
        elif trend is not None and _near(trend, now.value, height, rising.swing, tuning):
            since[i], last[i] = since[i] or now.at, now.at
        elif since[i]:
            since[i], last[i] = _unseen(since[i], last[i], now, tuning)
    return rising._replace(since=tuple(since), last=tuple(last)) if any(since) else Rising(swing=rising.swing)


def _unseen(since: int, last: int, now: Now, tuning: Tuning) -> tuple[int, int]:
    """An approach that does not show now: since when it counts, and when it was last seen; both 0 once it is over."""
    if now.resumed:
        return since, now.at
    over = not now.frozen and now.at - last >= tuning.hold_min * 60
    return (0, 0) if over else (since, last)


def _near(trend: Trend, value: float, height: float, swing: Swing, tuning: Tuning) -> bool:
    distance = max(height - value, NEAREST_M)
    return minutes_to(distance, pace(trend, distance, tuning)) <= horizon(swing, height, tuning)


def _newest(points: list[tuple[int, float]], rise: float) -> tuple[float, float, float]:
    """The rise of the last 10 minutes, scaled; the rise of the hour; the pace of the 20 minutes before those 10."""
    at, value = points[-1]
    ago = _nearest(points[:-1], at - 600, at - LATEST_AGO_S, at - 300)
    if ago is None:
        return 0.0, rise, 0.0
    earlier = _nearest(points, ago[0] - 1200, ago[0] - 2400, ago[0] - 300)
    before = (ago[1] - earlier[1]) / (ago[0] - earlier[0]) * HOUR if earlier else 0.0
    return round((value - ago[1]) * 600 / (at - ago[0]), EXACT), rise, before


def _nearest(points: list[tuple[int, float]], wanted: int, first: int, last: int) -> tuple[int, float] | None:
    """The point nearest to a time, of those between two others."""
    return min((p for p in points if first <= p[0] <= last), key=lambda p: abs(p[0] - wanted), default=None)


def _part(ordered: list[float], part: float) -> float:
    """A quantile of sorted numbers, linear between neighbours."""
    place = part * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
