"""Flash floods made of slow ones, for want of a recorded set to tune on: steep, rare, with near misses and bad sensors.

Each gauge keeps its calm stage and its noise; its one flood comes two to sixty times as fast and up to as high, a few
smaller ones beside it, and some single values are wrong. The mix was chosen so that the baselines score on it about as
they are published to score on the flash flood that is kept back.
"""

from dataclasses import dataclass

import numpy as np

from bench.floods import Record, Series
from bench.protocol import STEP_S, Floats, grid_of, heights

DAYS = 30
FASTER = (2, 3, 6, 60)
MINORS = 1.4
"""Smaller floods per gauge, on average."""
MINOR_SIZES, SIZES = (0.05, 0.4), (0.3, 1.0)
SPIKES_PER_DAY = 0.05
SPIKE_KINDS = (0.2, 1.0, 3.0)
"""Some sensors are five times as good as the usual, some three times as bad."""
SPIKE_SIZES_M = (0.05, 3.0)
NOISE_M, CALM_NOISE = 0.001, 0.7
BEFORE_S, AFTER_S, FADE_S = 4 * 86400, 8 * 86400, 43200
CALM_VALUES, CALM_STEP = 1000, 36


@dataclass(frozen=True, slots=True)
class Flood:
    """One recorded flood as height above the gauge's median, and when it peaked (epoch seconds)."""

    times: Floats
    above: Floats
    peak: float

    def at(self, times: Floats, start: float, faster: float, size: float) -> Floats:
        """The flood at other times: peaking at `start`, so many times as fast, so many times as high."""
        source = self.peak + (times - start) * faster
        place = np.clip(np.searchsorted(self.times, source), 0, len(self.times) - 1)
        rise = np.clip((source - self.peak + BEFORE_S) / FADE_S, 0, 1)
        fall = np.clip((self.peak + AFTER_S - source) / FADE_S, 0, 1)
        return size * np.maximum(self.above[place], 0) * rise * fall


def flashy(record: Record, seeds: range) -> Record:
    """A month per seed of every gauge that rose by a metre."""
    return {
        f"{station}f{seed}": _month(station, series, np.random.default_rng([seed, place]))
        for seed in seeds
        for place, (station, series) in enumerate(record.items())
        if heights(grid_of(station, *series))
    }


def _month(station: str, series: Series, dice: np.random.Generator) -> Series:
    times, values = series
    grid, middle = grid_of(station, times, values), float(np.median(values))
    flood = Flood(times, values - middle, float(grid.times[np.nanargmax(grid.truth)]))
    month = times[0] + np.arange(DAYS * 86400 // STEP_S) * STEP_S + 60.0 * dice.integers(0, 5)
    water = flood.at(month, month[0] + dice.uniform(0.3, 0.9) * DAYS * 86400, dice.choice(FASTER), dice.uniform(*SIZES))
    for _ in range(dice.poisson(MINORS)):
        start = month[0] + dice.uniform(0.05, 0.95) * DAYS * 86400
        size = dice.uniform(*MINOR_SIZES) * dice.uniform(*SIZES)
        water = np.maximum(water, flood.at(month, start, dice.choice(FASTER), size))
    noise = dice.normal(0, NOISE_M, len(month)) * (1 + 3 * water / max(float(water.max()), 0.1))
    stage = middle + water + CALM_NOISE * np.resize(_ripple(values[:CALM_VALUES] - middle), len(month)) + noise
    return month, np.round(stage + _spikes(len(month), dice), 3)


def _ripple(calm: Floats) -> Floats:
    """What is left of a calm week without its slow part."""
    knots = np.arange(0, len(calm), CALM_STEP)
    slow = [np.median(calm[max(0, k - CALM_STEP // 2) : k + CALM_STEP // 2]) for k in knots]
    return np.asarray(calm - np.interp(np.arange(len(calm)), knots, slow))


def _spikes(size: int, dice: np.random.Generator) -> Floats:
    """Single wrong values, two upwards for one downwards."""
    spikes = np.zeros(size)
    count = dice.poisson(SPIKES_PER_DAY * DAYS * dice.choice(SPIKE_KINDS))
    low, high = np.log(SPIKE_SIZES_M)
    heights_m = np.exp(dice.uniform(low, high, count)) * dice.choice((1, 1, -1), count)
    spikes[dice.integers(0, size, count)] += heights_m
    return spikes
