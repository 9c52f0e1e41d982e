"""How far a gauge moves by itself, day after day: tides, gates, turbines. A single flood is no habit."""

from typing import NamedTuple

DAY_S = 25 * 3600
"""One lunar day, in which each tide comes once."""
DAYS = 3


class Swing(NamedTuple):
    """Lowest and highest stage (m) since the day began that `ends` then (epoch seconds), and of the days before it.

    `past` holds low and high of up to three days, newest first.
    """

    ends: int = 0
    low: float = 0.0
    high: float = 0.0
    past: tuple[float, ...] = ()

    @property
    def every_day(self) -> float:
        """Metres that it moved on each of the last days at least; 0 while nothing is known."""
        return min((high - low for low, high in zip(self.past[::2], self.past[1::2], strict=True)), default=0.0)

    @property
    def lowest(self) -> float:
        """The lowest stage of all these days."""
        return min(self.low, *self.past[::2]) if self.past else self.low


UNKNOWN = Swing()


def swung(swing: Swing, at: int, value: float) -> Swing:
    """The swing after one accepted sample, newer than all before; the same object if it says nothing new.

    A day without a value forgets the days before: they were another river's habits.
    """
    if at < swing.ends:
        if swing.low <= value <= swing.high:
            return swing
        return swing._replace(low=min(swing.low, value), high=max(swing.high, value))
    if not swing.ends or at >= swing.ends + DAY_S:
        return Swing(at + DAY_S, value, value)
    return Swing(swing.ends + DAY_S, value, value, (swing.low, swing.high, *swing.past)[: 2 * DAYS])
