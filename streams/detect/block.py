"""The last hour of gauges that one source polls together, in columns: what a calm poll does to all of them at once.

Each line is that of `gauge.keep`, over arrays of doubles: the same numbers, bit by bit.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from streams.detect.series import LIMIT, SPAN_S
from streams.detect.trend import SLACK

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_least, _most, _all, _any = np.minimum.reduce, np.maximum.reduce, np.logical_and.reduce, np.logical_or.reduce
"""As the arrays' own methods, at half their price for so few numbers."""


class Bounds(NamedTuple):
    """What every gauge of the block is held to: the narrowest of all their tunings. Metres, m/s and seconds.

    `heights`: the lowest threshold of each; `ends`: when the first of their days ends.
    """

    lowest_m: float
    highest_m: float
    spike_m: float
    slow: float
    reach_s: float
    ahead_s: float
    ends: int
    heights: Floats


class Block(NamedTuple):
    """The samples of one window by moment (epoch seconds), all valid, and what `Station` says beside its series.

    `slopes`: the pace (m/s) from one moment to the next, one fewer than moments. `taken`: polls since it was made.
    """

    bounds: Bounds
    times: tuple[int, ...]
    replays: tuple[int, ...]
    values: tuple[Floats, ...]
    slopes: tuple[Floats, ...]
    steep: Floats
    steep_at: Ints
    low: Floats
    high: Floats
    taken: int = 0


def taken(block: Block, stages: tuple[float | None, ...], at: int, polled: int, replay: int) -> Block | None:
    """The block after one more poll; None if it is not surely calm for every gauge."""
    bounds, times, last = block.bounds, block.times, block.times[-1]
    if not last < at < bounds.ends or at > polled + bounds.ahead_s:
        return None
    value = np.array(stages, np.float64)
    step = value - block.values[-1]
    low, high = np.minimum(block.low, value), np.maximum(block.high, value)
    # No comparison holds for a NaN, and the least of a NaN is one.
    if not (
        _least(low) >= bounds.lowest_m and _most(high) <= bounds.highest_m and _most(np.abs(step)) <= bounds.spike_m
    ):
        return None
    slopes = (*block.slopes, step / (at - last))
    times = (*times, at)
    first = _first(times)
    if first > len(times) - 2:
        return None
    times, slopes = times[first:], slopes[first:]
    steep, steep_at = _steepest(block, slopes, times)
    if not (_most(steep) < bounds.slow and _all(value + (steep + SLACK) * bounds.reach_s < bounds.heights)):
        return None
    replays, values = (*block.replays, replay)[first:], (*block.values, value)[first:]
    return Block(bounds, times, replays, values, slopes, steep, steep_at, low, high, block.taken + 1)


def _first(times: tuple[int, ...]) -> int:
    """How many moments are too old, or too many, beside the newest."""
    oldest, first = times[-1] - SPAN_S, max(len(times) - LIMIT, 0)
    while times[first] <= oldest:
        first += 1
    return first


def _steepest(block: Block, slopes: tuple[Floats, ...], times: tuple[int, ...]) -> tuple[Floats, Ints]:
    """As the series' own: the newest of equals, and anew where the steepest step has left the window."""
    rises = slopes[-1] >= block.steep
    steep, steep_at = np.maximum(slopes[-1], block.steep), np.where(rises, times[-1], block.steep_at)
    gone = steep_at < times[0]
    if _any(gone):
        left = np.concatenate(slopes).reshape(len(slopes), -1)
        fastest = np.maximum(_most(left), 0.0)
        ended = np.where(fastest > 0, np.array(times)[left.argmax(0) + 1], 0)
        steep, steep_at = np.where(gone, fastest, steep), np.where(gone, ended, steep_at)
    return steep, steep_at
