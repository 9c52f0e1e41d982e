"""The calm gauges of a batch, all at once: what `gauge.keep` does with each of them, without a call for each of them.

Only what is surely calm by a cheap bound is kept here; of everything else `keep` and `weigh` decide. A property test
holds both ways against each other.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from schemas.records.columns import Columns
from schemas.records.observed import ReadingBatch
from streams.detect.guard import Judged
from streams.detect.knowledge import Track, Tuning
from streams.detect.series import LIMIT, QUANTITY, SPAN_S, UNIT, VALID, Sample, Series, append, steepest
from streams.detect.state import Station
from streams.detect.threshold import CALM
from streams.detect.trend import HOUR, SLACK

STAGE, MICROS = (QUANTITY, UNIT), 1_000_000
new = tuple.__new__
"""A NamedTuple of ready parts, at half the price of its own constructor."""


class Limits(NamedTuple):
    """Of one tuning: plausible stages, the largest step, and what climbs (m/s) surely slower than any rule asks.

    A stage that lies further under a threshold than `reach_s` at its steepest pace is not on the way to it.
    """

    lowest_m: float
    highest_m: float
    spike_m: float
    slow: float
    reach_s: float
    ahead_s: float


class Poll(NamedTuple):
    """One moment's valid stages of one source: `codes` ascend. Times in epoch seconds."""

    codes: tuple[str, ...]
    values: tuple[float | None, ...]
    at: int
    polled: int
    replay: int


def poll_of(batch: ReadingBatch, polled: int, replay: int) -> Poll | None:
    """The batch as one moment's valid stages, if it is that and comes in columns, as nearly all do."""
    if not isinstance(batch, Columns) or batch.at is None:
        return None
    form = batch.form
    if form.even != STAGE or not form.ascending:
        return None
    return Poll(form.codes, batch.values, batch.at // MICROS, polled, replay)


def keep_calm(stations: dict[str, Station], poll: Poll, tracks: Mapping[str, Track]) -> list[tuple[int, str, Sample]]:
    """Fills `stations` in place with the calm ones; the usable samples of the others, in order."""
    rest: list[tuple[int, str, Sample]] = []
    at, replay = poll.at, poll.replay
    tuning, limits = None, None
    for code, value in zip(poll.codes, poll.values, strict=True):
        track = tracks.get(code)
        if track is None:
            continue
        if tuning is not track.tuning or limits is None:
            tuning, limits = track.tuning, limits_of(track.tuning)
        before = stations.get(code)
        if before is None:
            before = stations[code] = Station(poll.polled)
        # No comparison holds for a NaN.
        if value is None or not limits[0] <= value <= limits[1] or at > poll.polled + limits[5]:
            continue
        sample = (at, value, VALID, replay)
        after = _kept(before, sample, track.lowest, limits)
        if after is None:
            rest.append((at, code, sample))
        else:
            stations[code] = after
    return rest


def _kept(before: Station, sample: Sample, lowest: float, limits: Limits) -> Station | None:
    """The station with the sample, if it is surely calm. Parts are taken by place: by name costs twice as much."""
    heard, series, judged, crossings, rising, _, steep, steep_at = before
    judged_at, judged_value, _, pending_at, _, flat_since = judged
    if crossings[0] or rising[0] or pending_at or flat_since or not judged_at:
        return None
    at, value, _, _ = sample
    ends, low, high, _ = rising[2]
    if at >= ends or not low <= value <= high:
        return None
    step = value - judged_value
    if at <= judged_at or series[-1][0] != judged_at or not -limits[2] <= step <= limits[2]:
        return None
    slope = step / (at - judged_at)
    series = _appended(series, sample)
    if slope >= steep:
        steep, steep_at = slope, at
    elif steep_at < series[0][0]:
        steep, steep_at = steepest(series)
    if steep >= limits[3] or value + (steep + SLACK) * limits[4] >= lowest:
        return None
    now = new(Judged, (at, value, slope, 0, 0.0, 0))
    return new(Station, (heard, series, now, CALM, rising, "", steep, steep_at))


def _appended(series: Series, sample: Sample) -> Series:
    """As `append`, looking first at the two usual cases: nothing is too old yet, or exactly one sample is."""
    oldest, size = sample[0] - SPAN_S, len(series)
    if size < LIMIT:
        if series[0][0] > oldest:
            return (*series, sample)
        if size > 1 and series[1][0] > oldest:
            return (*series[1:], sample)
    return append(series, sample)


@lru_cache(maxsize=64)
def limits_of(tuning: Tuning) -> Limits:
    """The bounds below which `trend.may_rise` cannot hold."""
    slow = min(tuning.rapid_dh10_m / 600, tuning.rapid_rise_1h_m / HOUR) - 2 * SLACK
    reach_s = 60 * max(tuning.horizon_min, tuning.rapid_to_l4_min)
    return Limits(tuning.lowest_m, tuning.highest_m, tuning.spike_m, slow, reach_s, tuning.ahead_min * 60)
