"""One sample of one gauge: merged, judged, compared with thresholds and trend. The innermost step of detection."""

from typing import NamedTuple

from streams.detect.guard import Judged, judge
from streams.detect.hits import Moment
from streams.detect.knowledge import GaugeFacts, Tuning
from streams.detect.series import SUSPECT, Sample, Series, merge, without
from streams.detect.state import Station
from streams.detect.threshold import cross
from streams.detect.trend import Trend, approach, fit, lead, may_rise, rapid


class Step(NamedTuple):
    """The station after a sample. `moment` is there only if its rise was worth measuring."""

    station: Station
    accepted: bool
    moment: Moment | None


def take(station: Station, sample: Sample, gauge: GaugeFacts, heights: tuple[float, ...], tuning: Tuning) -> Step:
    """Fold one usable sample. One older than what was already judged is stored, and not acted on."""
    series = merge(station.series, sample)
    before = station.judged
    at = sample[0]
    if series is station.series or at <= before.at or at <= before.pending_at:
        return Step(station._replace(series=series), False, None)
    alarming = bool(heights) and sample[1] >= heights[0]
    judged, accepted = judge(before, at, sample[1], sample[2] == SUSPECT, alarming, tuning)
    if not accepted:
        return Step(Station(station.heard, series, judged, station.crossings, station.rising), False, None)
    series = _without_refuted(series, before, judged, tuning)
    return _judged(
        Station(station.heard, series, judged, station.crossings, station.rising), before, gauge, heights, tuning
    )


def _judged(station: Station, before: Judged, gauge: GaugeFacts, heights: tuple[float, ...], tuning: Tuning) -> Step:
    at, value, crossings = station.judged.at, station.judged.value, station.crossings
    if crossings.over or (heights and value >= heights[0]):
        gap = at - before.at if before.at else 0
        crossings = cross(crossings, heights, at, value, gap, bool(station.judged.flat_since), tuning)
    higher = next((h for h in heights if h > value), None)
    watched = crossings.over or station.rising.since or may_rise(station.series, value, higher, tuning)
    trend = fit(station.series, at, value, tuning) if watched else None
    rising = approach(station.rising, heights, at, value, trend, tuning)
    station = Station(station.heard, station.series, station.judged, crossings, rising)
    return Step(station, True, _moment(gauge, at, value, trend, higher, tuning))


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
    return without(series, before.pending_at)
