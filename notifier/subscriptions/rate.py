"""How often one key may knock: a count per window, over a bounded number of keys. Pure; time is passed in."""

from collections import OrderedDict
from dataclasses import dataclass, field


@dataclass(slots=True)
class Rate:
    """At most `limit` times per `window_s` seconds; the keys longest unheard of are forgotten beyond `capacity`."""

    limit: int
    window_s: float
    capacity: int = 100_000
    _windows: OrderedDict[str, tuple[float, int]] = field(default_factory=OrderedDict)

    def allow(self, key: str, now: float) -> bool:
        """Whether this knock at `now` (seconds of any steady clock) is within the limit; it counts either way."""
        began, count = self._windows.pop(key, (now, 0))
        if now - began >= self.window_s:
            began, count = now, 0
        self._windows[key] = (began, count + 1)
        if len(self._windows) > self.capacity:
            self._windows.popitem(last=False)
        return count < self.limit
