"""Which sample may be acted on: one in line with those before it at once, a jump only when a second one confirms it."""

from typing import NamedTuple

from streams.detect.knowledge import Tuning
from streams.detect.series import MOVED_M

LONGEST_STEPS = 4.0
"""A gap of any length allows no larger step than 40 minutes do: after an hour of silence a jump is still a jump."""
ROUNDING_M = 1e-6
"""So that 3.30 m after 3.00 m is a step of 0.30 m."""


class Judged(NamedTuple):
    """What the samples so far amount to. Times in epoch seconds, 0 for none; `rate` in m/s.

    `flat_since`: the stage jumped down then and has not moved since, as a dead sensor would show it.
    """

    at: int = 0
    value: float = 0.0
    rate: float = 0.0
    pending_at: int = 0
    pending: float = 0.0
    flat_since: int = 0


def judge(j: Judged, at: int, value: float, suspect: bool, alarming: bool, tuning: Tuning) -> tuple[Judged, bool]:
    """The judgement after one more sample, newer than all before, and whether `value` of it may be acted on now.

    `alarming`: the value lies over a threshold. The very first sample of a station counts at once only if it does not.
    """
    if j.pending_at:
        return _with_pending(j, at, value, tuning)
    calm = not alarming if not j.at else _in_line(j.at, j.value, j.rate, at, value, tuning)
    if calm and not suspect:
        return _accept(j, at, value), True
    return j._replace(pending_at=at, pending=value), False


def _with_pending(j: Judged, at: int, value: float, tuning: Tuning) -> tuple[Judged, bool]:
    """A second sample beside one that waits: it confirms it, sends it away, or waits in its place."""
    alone = j._replace(pending_at=0, pending=0.0)
    if j.at and _in_line(j.at, j.value, j.rate, at, value, tuning):
        return _accept(alone, at, value), True
    rate = (j.pending - j.value) / (j.pending_at - j.at) if 0 < j.at < j.pending_at else j.rate
    if _in_line(j.pending_at, j.pending, rate, at, value, tuning):
        if j.at and value > j.value and abs(value - j.pending) < MOVED_M:
            return j, False  # it jumped up and stands exactly still: water never does, a broken sensor always
        return _accept(alone, at, value, jumped_down=bool(j.at) and value < j.value), True
    if j.at and (j.pending > j.value) == (value > j.value):
        # Both lie on the same side, so at least the nearer one is real; the farther one waits for its own confirmation.
        nearer = min(j.pending, value, key=lambda v: abs(v - j.value))
        accepted = _accept(alone, at, nearer, jumped_down=value < j.value)
        return accepted._replace(
            pending_at=0 if nearer == value else at, pending=0.0 if nearer == value else value
        ), True
    return j._replace(pending_at=at, pending=value), False


def _accept(j: Judged, at: int, value: float, jumped_down: bool = False) -> Judged:
    rate = (value - j.value) / (at - j.at) if j.at else 0.0
    still = j.flat_since and abs(value - j.value) < MOVED_M
    return Judged(at, value, rate, 0, 0.0, at if jumped_down else j.flat_since if still else 0)


def _in_line(at: int, value: float, rate: float, new_at: int, new: float, tuning: Tuning) -> bool:
    """A step is in line if it is small for the time that passed, or continues the pace of the one before it."""
    steps = min(max((new_at - at) / 600.0, 1.0), LONGEST_STEPS)
    return abs(new - value) <= tuning.spike_m * steps + tuning.spike_follow * abs(rate) * 600.0 * steps + ROUNDING_M
