"""The last hour of one station: readings by observation time, however and however often they arrived."""

import math
from datetime import datetime

from schemas.records.observed import Quality, Reading
from streams.detect.knowledge import Tuning

Sample = tuple[int, float, int, int]
"""Observed at (epoch seconds), metres, doubt (0 valid, 1 suspect, 2 an unconfirmed spike), 1 if from a replay."""
Series = tuple[Sample, ...]

SPAN_S = 75 * 60
LIMIT = 96
VALID, SUSPECT, SPIKE = 0, 1, 2
QUANTITY, UNIT = "stage", "m"
MOVED_M = 0.005
"""Less is no movement: half of what most gauges can show."""


def seconds(moment: datetime) -> int:
    """Epoch seconds of an aware time."""
    return int(moment.timestamp())


def sample_of(reading: Reading, polled_s: int, replay: int, tuning: Tuning) -> Sample | None:
    """The reading as a sample; None if it may not be acted on: no value, stuck, closed, implausible, in the future."""
    value = reading.value
    if value is None or reading.quantity != QUANTITY or reading.unit != UNIT:
        return None
    if reading.quality is Quality.VALID:
        doubt = VALID
    elif reading.quality is Quality.SUSPECT:
        doubt = SUSPECT
    else:
        return None
    at = seconds(reading.observed_at)
    if not math.isfinite(value) or not tuning.lowest_m <= value <= tuning.highest_m:
        return None
    return (at, value, doubt, replay) if at <= polled_s + tuning.ahead_min * 60 else None


def merge(series: Series, new: Sample) -> Series:
    """The series with one sample more; the same object if the sample says nothing new.

    Order of arrival does not matter within the span, and a repeat changes nothing.
    """
    if not series or new[0] > series[-1][0]:
        return append(series, new)
    if new[0] <= series[-1][0] - SPAN_S:
        return series
    at = next(i for i, sample in enumerate(series) if sample[0] >= new[0])
    old = series[at]
    if old[0] != new[0]:
        return _trimmed((*series[:at], new, *series[at:]))
    best = max(old, new, key=_trust)
    return series if best == old else (*series[:at], best, *series[at + 1 :])


def append(series: Series, new: Sample) -> Series:
    """As `merge`, for a sample that is newer than all."""
    oldest = new[0] - SPAN_S
    first = 0
    for sample in series:
        if sample[0] > oldest:
            break
        first += 1
    first = max(first, len(series) + 1 - LIMIT)
    return (*series[first:], new)


def steepest(series: Series) -> tuple[float, int]:
    """The fastest climb between neighbours (m/s, at least 0) and when it ended. It bounds the slope of every pair."""
    fastest, ended = 0.0, 0
    for i in range(1, len(series)):
        slope = (series[i][1] - series[i - 1][1]) / (series[i][0] - series[i - 1][0])
        if slope > fastest:
            fastest, ended = slope, series[i][0]
    return fastest, ended


def without(series: Series, since: int, until: int) -> Series:
    """The series with the samples from one time to before another marked as spikes that nothing confirmed."""
    return tuple((t, v, SPIKE, r) if since <= t < until else (t, v, d, r) for t, v, d, r in series)


def unmoved_since(series: Series, at: int, value: float) -> int:
    """Since when the accepted sample (at, value) and all directly before it are the same."""
    for t, v, doubt, _ in reversed(series):
        if t > at or doubt == SPIKE:
            continue
        if abs(v - value) >= MOVED_M:
            break
        at = t
    return at


def window(series: Series, end: int, length_s: float, step_s: int = 600) -> list[tuple[int, float]]:
    """At most one sample per ten minutes, newest first of each slot, of the time up to `end`; spikes left out."""
    slots: dict[int, tuple[int, float]] = {}
    for at, value, doubt, _ in series:
        if doubt != SPIKE and end - length_s <= at <= end:
            slots[(end - at) // step_s] = max(slots.get((end - at) // step_s, (0, 0.0)), (at, value))
    return sorted(slots.values())


def _trimmed(series: Series) -> Series:
    oldest = series[-1][0] - SPAN_S
    if series[0][0] > oldest and len(series) <= LIMIT:
        return series
    return tuple(sample for sample in series if sample[0] > oldest)[-LIMIT:]


def _trust(sample: Sample) -> tuple[int, float, int]:
    """Two values of one moment: the valid one, then the higher one, so that order of arrival cannot matter."""
    return (-sample[2], sample[1], sample[3])
