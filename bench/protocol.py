"""How alarms about recorded floods are scored: events from the record itself, alarms as stretches of time beside them.

Stage on a 10-minute grid; the truth is its centred 7-point median; thresholds stand at 30, 50 and 70 % between median
and peak. An event is an up-crossing held for 20 minutes after 6 hours below. Alarms that pause for up to an hour are
one. An alarm is a hit if it starts at most 12 h before an event and touches it, or ends at most 3 h before it. Times in
epoch seconds.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

STEP_S = 600
FRESH_S = 15 * 60
MEDIAN_POINTS = 7
PARTS = (0.3, 0.5, 0.7)
LEAST_RISE_M = 1.0
HELD_STEPS = 2
BELOW_STEPS = 36
JOINED_S = 3600
BEFORE_S, ENDS_BEFORE_S = 12 * 3600, 3 * 3600

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Stretch = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Grid:
    """One gauge every ten minutes: the last value that is at most 15 minutes old (NaN for none), and the truth."""

    station: str
    times: Floats
    values: Floats
    truth: Floats

    @property
    def days(self) -> float:
        """How long it was watched."""
        return float(self.times[-1] - self.times[0]) / 86400


@dataclass(slots=True)
class Score:
    """Counts of one record, or of several."""

    events: int = 0
    hits: int = 0
    ahead_10: int = 0
    ahead_30: int = 0
    false: int = 0
    true: int = 0
    gauge_days: float = 0.0
    leads_min: list[float] = field(default_factory=list)

    def add(self, other: "Score") -> None:
        """Take in another record's counts."""
        for name in ("events", "hits", "ahead_10", "ahead_30", "false", "true", "gauge_days"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.leads_min += other.leads_min

    @property
    def pod_10(self) -> float:
        """Share of events that were alarmed at least 10 minutes before."""
        return self.ahead_10 / max(self.events, 1)

    @property
    def pod_30(self) -> float:
        """Share of events that were alarmed at least 30 minutes before."""
        return self.ahead_30 / max(self.events, 1)

    @property
    def far(self) -> float:
        """Share of alarms that no event followed."""
        return self.false / max(self.false + self.true, 1)

    @property
    def csi(self) -> float:
        """Events alarmed 10 minutes before, over all events and false alarms."""
        return self.ahead_10 / max(self.events + self.false, 1)

    @property
    def false_per_month(self) -> float:
        """False alarms per gauge and 30 days, all thresholds together."""
        return self.false / max(self.gauge_days / 30, 1e-9)


def grid_of(station: str, times: Floats, values: Floats) -> Grid:
    """The record on whole ten minutes, from its first value to its last."""
    order = np.argsort(times, kind="stable")
    times, values = times[order], values[order]
    grid = np.arange(np.ceil(times[0] / STEP_S) * STEP_S, times[-1] + 1, STEP_S)
    last = np.searchsorted(times, grid, side="right") - 1
    fresh = grid - times[last] <= FRESH_S
    held = np.where(fresh, values[last], np.nan)
    return Grid(station, grid, held, _median(held))


def heights(grid: Grid) -> tuple[float, ...]:
    """The thresholds that this record sets for itself; none if it did not rise by a metre."""
    middle, peak = float(np.nanmedian(grid.truth)), float(np.nanmax(grid.truth))
    return tuple(middle + part * (peak - middle) for part in PARTS) if peak - middle >= LEAST_RISE_M else ()


def events(grid: Grid, height: float) -> tuple[list[Stretch], list[Stretch]]:
    """Up-crossings of the truth with the end of the time above: those that count, and the others."""
    over = grid.truth >= height
    starts = np.flatnonzero(over[1:] & ~over[:-1]) + 1
    counted: list[Stretch] = []
    others = [(float(grid.times[0]), _down(grid, over, 0))] if over[0] else []
    for i in map(int, starts):
        stretch = (float(grid.times[i]), _down(grid, over, i))
        held = bool(np.all(over[i : i + HELD_STEPS + 1])) and i + HELD_STEPS < len(over)
        calm = i >= BELOW_STEPS and not np.any(over[i - BELOW_STEPS : i])
        (counted if held and calm else others).append(stretch)
    return counted, others


def stretches(grid: Grid, on: Flags) -> list[Stretch]:
    """The times during which a flag on the grid is up."""
    edges = np.diff(np.concatenate(([0], on.astype(np.int8), [0])))
    return [
        (float(grid.times[a]), float(grid.times[b - 1]))
        for a, b in zip(np.flatnonzero(edges == 1), np.flatnonzero(edges == -1), strict=True)
    ]


def joined(alarms: list[Stretch]) -> list[Stretch]:
    """Alarms with at most an hour between them are one."""
    found: list[Stretch] = []
    for start, end in sorted(alarms):
        if found and start - found[-1][1] <= JOINED_S:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def score(grid: Grid, height: float, alarms: list[Stretch]) -> Score:
    """One gauge, one threshold."""
    counted, others = events(grid, height)
    result, first = Score(len(counted)), [float("inf")] * len(counted)
    for alarm in joined(alarms):
        met = [i for i, event in enumerate(counted) if _meets(alarm, event)]
        for i in met:
            first[i] = min(first[i], alarm[0])
        if met:
            result.true += 1
        elif not any(_meets(alarm, other) for other in others):
            result.false += 1
    result.leads_min = [(event[0] - start) / 60 for event, start in zip(counted, first, strict=True)]
    result.hits = sum(start < float("inf") for start in first)
    result.ahead_10 = sum(lead >= 10 for lead in result.leads_min)
    result.ahead_30 = sum(lead >= 30 for lead in result.leads_min)
    return result


def _meets(alarm: Stretch, event: Stretch) -> bool:
    start, end = alarm
    if start < event[0] - BEFORE_S:
        return False
    return (start <= event[1] and end >= event[0]) or event[0] - ENDS_BEFORE_S <= end < event[0]


def _down(grid: Grid, over: Flags, i: int) -> float:
    below = np.flatnonzero(~over[i:])
    return float(grid.times[i + below[0] if len(below) else -1])


def _median(values: Floats) -> Floats:
    """Centred median of seven; NaN where fewer than four of them are there."""
    half = MEDIAN_POINTS // 2
    padded = np.concatenate((np.full(half, np.nan), values, np.full(half, np.nan)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, MEDIAN_POINTS)
    enough = np.count_nonzero(~np.isnan(windows), axis=1) > half
    result = np.full(len(values), np.nan)
    result[enough] = np.nanmedian(windows[enough], axis=1)
    return result
