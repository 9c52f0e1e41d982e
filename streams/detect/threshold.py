"""Crossings of a gauge's thresholds: over at once, under only when the stage stays clearly below for a while."""

from typing import NamedTuple

from streams.detect.knowledge import Tuning


class Crossings(NamedTuple):
    """Per threshold, in the gauge's ascending order: over since, and clearly below since (epoch seconds, 0 for not)."""

    over: tuple[int, ...] = ()
    below: tuple[int, ...] = ()

    @property
    def top(self) -> int:
        """Index of the highest threshold that counts as exceeded; -1 for none."""
        return max((i for i, since in enumerate(self.over) if since), default=-1)

    @property
    def began(self) -> int:
        """When the episode began: the oldest crossing that still stands."""
        return min((since for since in self.over if since), default=0)


class Silent(NamedTuple):
    """A gauge whose low values prove nothing: `dead` since it jumped down and stays flat, `frozen` for half an hour."""

    dead: bool = False
    frozen: bool = False


CALM = Crossings()
HEARD = Silent()
ROUNDING_M = 1e-6
"""So that 4.40 m is not under 4.50 m - 0.10 m."""


def cross(
    c: Crossings, heights: tuple[float, ...], at: int, value: float, gap_s: int, silent: Silent, tuning: Tuning
) -> Crossings:
    """The crossings after an accepted sample; the same object if nothing changed.

    `gap_s` is the time since the accepted sample before it: time without data never counts towards a hold.
    `silent`: why the values can end nothing, if they cannot.
    """
    if not c.over and (not heights or value < heights[0]):
        return c
    over = list(c.over or (0,) * len(heights))
    below = list(c.below or (0,) * len(heights))
    lost = gap_s > tuning.lost_min * 60
    for i, height in enumerate(heights):
        over[i], below[i] = _one(over[i], 0 if lost else below[i], height, at, value, silent, tuning)
    if not any(over):
        return CALM
    return Crossings(tuple(over), tuple(below))


def _one(
    over: int, below: int, height: float, at: int, value: float, silent: Silent, tuning: Tuning
) -> tuple[int, int]:
    if value >= height:
        return over or at, 0
    if not over or silent.dead or value >= height - tuning.hysteresis_m - ROUNDING_M:
        return over, 0
    since = below or at
    ends = at - since >= tuning.hold_min * 60 and not silent.frozen
    return (0, 0) if ends else (over, since)
