"""Which hop each beat reached, and what that says of the route. Pure."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from console.beat.feed import EVERY

HOPS = ("bulletins", "detections", "recommendations", "calls", "outcomes", "push")
"""In the order in which a beat reaches them; the last is our own device, which decrypted it."""
BETWEEN = {
    "bulletins": "connectors",
    "detections": "watch",
    "recommendations": "watch",
    "calls": "decide",
    "outcomes": "plan, deliver",
    "push": "deliver, push endpoint",
}
"""Who brings a beat to a hop: whom to look at where it is missing."""
SLOW = timedelta(seconds=20)
MISSED = 3
KEPT = 200


@dataclass(frozen=True, slots=True)
class Route:
    """How the route stands: `ok`, `late` (the last beat is missing) or `failing` (three are)."""

    state: str
    text: str
    whole_at: datetime | None
    took_s: float | None
    hops: dict[str, float]


@dataclass(slots=True)
class Rounds:
    """The last beats, in whatever order word of them comes: topics are read side by side.

    `since` is when this process began to look: what came before cannot be missing.
    """

    since: datetime
    _numbers: dict[str, int] = field(default_factory=dict)
    _hops: dict[str, dict[str, datetime]] = field(default_factory=dict)
    _calls: dict[str, str] = field(default_factory=dict)
    _pushed: dict[str, datetime] = field(default_factory=dict)

    def bulletin(self, number: int, trace: str, at: datetime) -> None:
        """The telegram of a beat became a bulletin: its trace tells the beat at every later hop."""
        self._numbers.setdefault(trace, number)
        self.hop("bulletins", trace, at)

    def hop(self, hop: str, trace: str, at: datetime) -> None:
        """A record with this trace was written to a topic."""
        self._hops.setdefault(trace, {}).setdefault(hop, at)
        _keep(self._hops)
        _keep(self._numbers)

    def call(self, call_id: str, trace: str, at: datetime) -> None:
        """The call that a beat led to: its push bears the call's id."""
        self._calls.setdefault(call_id, trace)
        _keep(self._calls)
        self.hop("calls", trace, at)

    def pushed(self, call_id: str, at: datetime) -> None:
        """Our device got and decrypted the push of a call."""
        self._pushed.setdefault(call_id, at)
        _keep(self._pushed)

    def route(self, now: datetime) -> Route:
        """As it stands at `now` (real time)."""
        whole = {number: hops for number, hops in self._seen().items() if "push" in hops}
        newest = max(whole, default=None)
        whole_at = whole[newest]["push"] if newest is not None else None
        hops = {}
        if newest is not None:
            hops = {hop: _s(whole[newest][hop] - start_of(newest)) for hop in HOPS if hop in whole[newest]}
        missing = self._missing(now, newest)
        state = "ok" if not missing else "failing" if len(missing) >= MISSED else "late"
        text = "every hop answers" if not missing else self._where(missing[-1])
        return Route(state, text, whole_at, hops.get("push"), hops)

    def _missing(self, now: datetime, newest: int | None) -> list[int]:
        """Beats that should be whole by now and are not, since the last whole one."""
        last = int((now - SLOW).timestamp() // EVERY.total_seconds())
        first = int(self.since.timestamp() // EVERY.total_seconds()) + 1
        after = first if newest is None else max(first, newest + 1)
        return list(range(after, last + 1))

    def _where(self, number: int) -> str:
        seen = self._seen().get(number, {})
        lost = next(hop for hop in HOPS if hop not in seen)
        return f"the beat of {start_of(number):%H:%M} UTC did not reach {lost}: look at {BETWEEN[lost]}"

    def _seen(self) -> dict[int, dict[str, datetime]]:
        """Hops by beat."""
        found: dict[int, dict[str, datetime]] = {}
        for trace, number in self._numbers.items():
            found.setdefault(number, {}).update(self._hops.get(trace, {}))
        for call_id, at in self._pushed.items():
            number_or_none = self._numbers.get(self._calls.get(call_id, ""))
            if number_or_none is not None:
                found[number_or_none]["push"] = at
        return found


def _keep(known: dict[str, Any]) -> None:
    while len(known) > KEPT:
        del known[next(iter(known))]


def start_of(number: int) -> datetime:
    """When a beat began."""
    return datetime.fromtimestamp(number * EVERY.total_seconds(), UTC)


def _s(took: timedelta) -> float:
    return round(took.total_seconds(), 3)
