"""How much one push service bears: a rate, a window of requests under way, and a breaker. Pure; time in steady seconds.

It starts fast and doubles until the service asks for less for the first time; from then on the rate grows slowly and
halves when told (AIMD). Twenty requests in a row without an answer, or refused as too many, rest the service; then one
request probes it.
"""

from dataclasses import dataclass

from notifier.outcome import Meaning

FIRST_RATE, LOWEST_RATE, HIGHEST_RATE = 4000.0, 2.0, 100_000.0
DOUBLING_S = 0.25
"""While nothing was refused, a fully used rate doubles in this time: a million in a minute cannot wait for more."""

GROWTH_PER_S = 500.0
HALVE_AT_MOST_EVERY_S = 1.0
BURST_S = 0.05
FIRST_WINDOW, WIDEST_WINDOW = 128, 2048
WIDEN_BELOW_S = 1.0
"""A service that takes longer is given no more at a time: a queue inside it, or before its connections, is no use."""

HANDFUL_S = 0.02
"""Nobody waits longer than this for a handful: a service that answers nothing frees no places."""

ROW_TO_REST = 20
FIRST_REST_S, LONGEST_REST_S = 1.0, 30.0
_LATENCY_SHARE = 0.2


@dataclass(slots=True)
class Pace:
    """One origin's pace. `room` says how many may leave, `sent` and `heard` keep it true."""

    rate: float = FIRST_RATE
    window: int = FIRST_WINDOW
    under_way: int = 0
    latency_s: float = 0.0
    tokens: float = 0.0
    filled_at: float | None = None
    grown_at: float | None = None
    halved_at: float = float("-inf")
    narrowed_at: float = float("-inf")
    heard_at: float = 0.0
    refused: bool = False
    faults: int = 0
    throttled: int = 0
    rest_s: float = FIRST_REST_S
    rests_until: float = float("-inf")
    probing: bool = False

    def room(self, now: float, reserve: int = 0) -> int:
        """How many requests may leave now; `reserve` widens the window for what must not wait."""
        if self.is_open:
            return 0 if self.probing or now < self.rests_until else 1
        self._fill(now)
        return max(0, min(self.window + reserve - self.under_way, int(self.tokens)))

    def worth(self, now: float) -> int:
        """How many should be able to leave before any do, where more than that wait and answers are coming in: one by
        one, as answers free places, costs more than it brings (RFC 1122 §4.2.3.4 knows it as the silly window)."""
        if self.is_open or now - self.heard_at > HANDFUL_S:
            return 1
        return max(1, min(self.window // 4, int(self.rate * BURST_S) // 2))

    def sent(self, count: int, now: float) -> None:
        """So many left."""
        self.probing = self.probing or (self.is_open and count > 0)
        if self.under_way == 0:
            self.heard_at = now
        self.under_way += count
        self.tokens -= count

    def unsent(self, count: int) -> None:
        """So many of those did not leave after all."""
        self.under_way -= count
        self.probing = self.probing and not count

    def heard(self, meaning: Meaning, count: int, now: float, took_s: float, told_s: float | None = None) -> None:
        """So many requests went this way, after `took_s`; `told_s` is how long the service asked us to wait."""
        self.under_way -= count
        self.heard_at = now
        self.latency_s += _LATENCY_SHARE * (took_s - self.latency_s) if self.latency_s else took_s
        if meaning.label in ("unavailable", "unreached"):
            self._failed(count, now)
            return
        self.faults, self.rest_s, self.probing = 0, FIRST_REST_S, False
        if meaning.slow_down:
            self._refused(count, now, told_s)
        else:
            self.throttled = 0
            self._grow(count, now)
            if took_s < WIDEN_BELOW_S:
                self.window = min(WIDEST_WINDOW, self.window + count)

    @property
    def is_open(self) -> bool:
        """Whether the breaker is: nothing leaves but a probe once it has rested."""
        return self.faults >= ROW_TO_REST or self.throttled >= ROW_TO_REST

    def per_s(self, now: float) -> float:
        """How many leave in a second as things are: the rate, or what the window lets through (Little's law)."""
        if self.is_open:
            return 0.0
        each_s = max(self.latency_s, self.silent_s(now))
        return min(self.rate, self.window / each_s) if each_s > 0 else self.rate

    def silent_s(self, now: float) -> float:
        """For how long nothing was heard of what is under way."""
        return now - self.heard_at if self.under_way else 0.0

    def _fill(self, now: float) -> None:
        full = max(1.0, self.rate * BURST_S)
        since = BURST_S if self.filled_at is None else now - self.filled_at
        self.tokens = min(full, self.tokens + since * self.rate)
        self.filled_at = now

    def _failed(self, count: int, now: float) -> None:
        self.faults += count
        if now - self.narrowed_at >= HALVE_AT_MOST_EVERY_S:
            self.window, self.narrowed_at = max(FIRST_WINDOW, self.window // 2), now
        if self.is_open and now >= self.rests_until:  # a probe of one that throttled may fail, too
            self._rest(now, self.rest_s)
            self.rest_s = min(2 * self.rest_s, LONGEST_REST_S)

    def _refused(self, count: int, now: float, told_s: float | None) -> None:
        # Requests already under way will be told the same: that is one hint, not many.
        if now - self.halved_at >= HALVE_AT_MOST_EVERY_S:
            self.rate = max(LOWEST_RATE, self.rate / 2)
            self.halved_at = self.grown_at = now
        self.refused = True
        self.throttled += count
        if self.is_open and now >= self.rests_until:
            self._rest(now, FIRST_REST_S if told_s is None else told_s)

    def _rest(self, now: float, seconds: float) -> None:
        self.probing, self.rests_until = False, now + seconds

    def _grow(self, count: int, now: float) -> None:
        if self.refused:
            since = 0.0 if self.grown_at is None else min(1.0, now - self.grown_at)
            self.rate = min(HIGHEST_RATE, self.rate + GROWTH_PER_S * since)
        else:
            self.rate = min(HIGHEST_RATE, self.rate + count / DOUBLING_S)
        self.grown_at = now
