"""One sample of one gauge: merged, judged, compared with thresholds and trend. The innermost step of detection."""

from typing import Any, NamedTuple

from streams.detect.guard import Judged, judge
from streams.detect.hits import Moment
from streams.detect.knowledge import GaugeFacts, Track, Tuning
from streams.detect.series import SUSPECT, Sample, Series, append, merge, steepest, unmoved_since, without
from streams.detect.state import Station
from streams.detect.swing import swung
from streams.detect.threshold import CALM, Silent, cross
from streams.detect.trend import Now, Trend, approach, fell, fit, lead, may_rise, rapid


class Step(NamedTuple):
    """The station after a sample. `moment` is there only if its rise was worth measuring."""

    station: Station
    accepted: bool
    moment: Moment | None


def take(station: Station, sample: Sample, track: Track) -> Step:
    """Fold one usable sample. One older than what was already judged is stored, and not acted on."""
    calm = keep(station, sample, track)
    return weigh(station, sample, track) if calm is None else Step(calm, False, None)


def weigh(station: Station, sample: Sample, track: Track) -> Step:
    """As `take`, for a sample that is not just to be kept."""
    series = merge(station.series, sample)
    before, at = station.judged, sample[0]
    if series is station.series:
        return Step(station, False, None)
    station = station._replace(series=series, note="", **_steep(series))
    if at <= before.at or at <= before.pending_at:
        return Step(station, False, None)
    judged, accepted = judge(before, at, sample[1], sample[2] == SUSPECT, sample[1] >= track.lowest, track.tuning)
    station = station._replace(judged=judged)
    return _judged(station, before, track) if accepted else Step(station, False, None)


def keep(station: Station, sample: Sample, track: Track) -> Station | None:
    """The usual case, cheaply: far below every threshold, in line, too slow for any rule about a rise; else None."""
    judged, tuning = station.judged, track.tuning
    at, value, doubt, _ = sample
    if station.crossings.over or station.rising.since or judged.pending_at or judged.flat_since or doubt:
        return None
    if not judged.at or at <= judged.at or station.series[-1][0] != judged.at or value >= track.lowest:
        return None
    step = value - judged.value
    if abs(step) > tuning.spike_m:
        return None
    slope = step / (at - judged.at)
    series = append(station.series, sample)
    steep, steep_at = station.steep, station.steep_at
    if slope >= steep:
        steep, steep_at = slope, at
    elif steep_at < series[0][0]:
        steep, steep_at = steepest(series)
    if may_rise(steep, series, value, track.lowest, tuning):
        return None
    rising = station.rising
    swing = swung(rising.swing, at, value)
    rising = rising if swing is rising.swing else rising._replace(swing=swing)
    return Station(station.heard, series, Judged(at, value, slope), CALM, rising, "", steep, steep_at)


def _judged(station: Station, before: Judged, track: Track) -> Step:
    """Thresholds and trend of a sample that counts."""
    tuning, judged, crossings = track.tuning, station.judged, station.crossings
    series = _without_refuted(station.series, before, judged, tuning)
    at, value = judged.at, judged.value
    gap = at - before.at if before.at else 0
    silent = Silent(bool(judged.flat_since), at - unmoved_since(series, at, value) >= tuning.frozen_min * 60)
    if crossings.over or value >= track.lowest:
        crossings = cross(crossings, track.heights, at, value, gap, silent, tuning)
    higher = next((h for h in track.heights if h > value), None)
    watched = crossings.over or station.rising.since or _may_begin(station.steep, series, at, value, higher, tuning)
    trend = fit(series, at, value, tuning) if watched else None
    rising = station.rising._replace(swing=swung(station.rising.swing, at, value))
    now = Now(at, value, crossings.over, any(silent), gap > tuning.stale_min * 60)
    rising = approach(rising, track.heights, now, trend, tuning)
    station = station._replace(series=series, crossings=crossings, rising=rising)
    return Step(station, True, _moment(track.gauge, at, value, trend, higher, tuning))


def _may_begin(steep: float, series: Series, at: int, value: float, higher: float | None, tuning: Tuning) -> bool:
    return may_rise(steep, series, value, higher, tuning) and not fell(series, at, value)


def _steep(series: Series) -> dict[str, Any]:
    steep, steep_at = steepest(series)
    return {"steep": steep, "steep_at": steep_at}


def _moment(
    gauge: GaugeFacts, at: int, value: float, trend: Trend | None, higher: float | None, tuning: Tuning
) -> Moment | None:
    if trend is None:
        return None
    left = lead(trend, value, higher, tuning) if higher is not None and trend.high > 0 else None
    return Moment(gauge.station, at, value, trend, rapid(trend, value, gauge.height_of("L4"), tuning), left)


def _without_refuted(series: Series, before: Judged, judged: Judged, tuning: Tuning) -> Series:
    """A value that waited and was not borne out must not count in any later rise."""
    if not before.pending_at or abs(before.pending - judged.value) <= tuning.spike_m:
        return series
    return without(series, before.pending_at, judged.at)
