"""Rules that others use, on the same grid, so that our own figures stand beside theirs in one run."""

from collections.abc import Callable

import numpy as np

from bench.protocol import Flags, Floats, Grid

AHEAD_STEPS = 6.0
"""Sixty minutes."""
Rule = Callable[[Grid, float, float], Flags]
"""(grid, threshold, the gauge's median) → alarm or not at each grid time, from what was known by then."""


def at_crossing(grid: Grid, height: float, middle: float) -> Flags:  # noqa: ARG001 - one signature for all rules
    """Speak when the threshold is reached."""
    return grid.values >= height


def watch_level(grid: Grid, height: float, middle: float) -> Flags:
    """A fixed lower level, at 80 % of the way from the usual stage to the threshold."""
    return grid.values >= middle + 0.8 * (height - middle)


def last_20_min(grid: Grid, height: float, middle: float) -> Flags:  # noqa: ARG001 - one signature for all rules
    """The straight line through now and 20 minutes ago."""
    slope = (grid.values - _back(grid.values, 2)) / 2
    return _reaches(grid.values, slope, height)


def theil_sen(grid: Grid, height: float, middle: float) -> Flags:  # noqa: ARG001 - one signature for all rules
    """The median of the pairwise slopes of the last hour."""
    return _reaches(grid.values, theil_sen_slopes(grid.values), height)


def theil_sen_twice(grid: Grid, height: float, middle: float) -> Flags:
    """The same, two in a row."""
    alarm = theil_sen(grid, height, middle)
    return alarm & np.concatenate(([False], alarm[:-1]))


def kalman(grid: Grid, height: float, middle: float) -> Flags:  # noqa: ARG001 - one signature for all rules
    """A damped local trend, with a gate at four standard deviations that one value cannot pass."""
    level, slope, spread = grid.values[0], 0.0, np.diag([0.01, 0.01])
    step, damp = np.array([[1.0, 1.0], [0.0, 0.95]]), 0.95
    alarm, refused = np.zeros(len(grid.values), dtype=bool), 0
    for i, value in enumerate(grid.values):
        level, slope = level + slope, damp * slope
        spread = step @ spread @ step.T + np.diag([1e-5, 4e-5])
        if np.isnan(value):
            continue
        if np.isnan(level) or (abs(value - level) > 4 * np.sqrt(spread[0, 0] + 1e-4) and refused >= 1):
            level, slope, spread, refused = value, 0.0, np.diag([0.01, 0.01]), 0
        elif abs(value - level) > 4 * np.sqrt(spread[0, 0] + 1e-4):
            refused += 1
            continue
        refused, gain = 0, spread[:, 0] / (spread[0, 0] + 1e-4)
        level, slope = level + gain[0] * (value - level), slope + gain[1] * (value - level)
        spread = spread - np.outer(gain, spread[0])
        alarm[i] = level >= height or level + slope * damp * (1 - damp**AHEAD_STEPS) / (1 - damp) >= height
    return alarm


RULES: dict[str, Rule] = {
    "alarm at crossing": at_crossing,
    "watch level at 80 %": watch_level,
    "last 20 min slope": last_20_min,
    "Theil-Sen 60 min": theil_sen,
    "Theil-Sen 60, two in a row": theil_sen_twice,
    "Kalman, damped trend, gate": kalman,
}


def theil_sen_slopes(values: Floats, points: int = 7, fewest: int = 4) -> Floats:
    """Metres per ten minutes at each grid time; NaN for too few values."""
    padded = np.concatenate((np.full(points - 1, np.nan), values))
    windows = np.lib.stride_tricks.sliding_window_view(padded, points)
    pairs = [(windows[:, j] - windows[:, i]) / (j - i) for i in range(points) for j in range(i + 1, points)]
    enough = np.count_nonzero(~np.isnan(windows), axis=1) >= fewest
    slopes = np.full(len(values), np.nan)
    slopes[enough] = np.nanmedian(np.array(pairs)[:, enough], axis=0)
    return slopes


def _reaches(values: Floats, slope: Floats, height: float) -> Flags:
    with np.errstate(invalid="ignore"):
        return (values >= height) | (values + np.maximum(slope, 0) * AHEAD_STEPS >= height)


def _back(values: Floats, steps: int) -> Floats:
    return np.concatenate((np.full(steps, np.nan), values[:-steps]))
