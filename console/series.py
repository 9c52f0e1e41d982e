"""Readings as series per gauge, and how each source's last poll ended. Pure: order and repeats do not matter."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from schemas.records.observed import PollOutcome, Reading, ReadingBatch

KEPT = timedelta(hours=72)


@dataclass(frozen=True, slots=True)
class Poll:
    """How a source's last poll for one municipality ended, and when it last brought something. Event times."""

    source: str
    polled_at: datetime
    outcome: PollOutcome
    reason: str | None
    content_at: datetime | None


@dataclass(slots=True)
class Gauges:
    """All series of one world. A value counts by its observation time; the later poll wins where two differ."""

    _points: dict[tuple[str, str], dict[datetime, tuple[datetime, Reading]]] = field(default_factory=dict)
    _polls: dict[tuple[str, str], Poll] = field(default_factory=dict)
    _towns: dict[str, dict[str, None]] = field(default_factory=dict)

    def take(self, batch: ReadingBatch) -> None:
        """Fold one poll in."""
        for reading in batch.readings:
            series = self._points.setdefault((reading.station, reading.quantity), {})
            known = series.get(reading.observed_at)
            if known is None or (known[0], repr(known[1])) < (batch.polled_at, repr(reading)):
                series[reading.observed_at] = (batch.polled_at, reading)
            self._trim(series)
            self._towns.setdefault(reading.station, {})[batch.municipality] = None
        self._poll(batch)

    def series(self, station: str, quantity: str = "stage") -> tuple[Reading, ...]:
        """The last 72 hours of a gauge, oldest first."""
        series = self._points.get((station, quantity), {})
        return tuple(series[at][1] for at in sorted(series))

    def stations(self) -> frozenset[str]:
        """Every station that has sent something."""
        return frozenset(station for station, _ in self._points)

    def stations_in(self, municipalities: tuple[str, ...]) -> frozenset[str]:
        """Every station that has sent something to one of these town halls."""
        return frozenset(name for name, towns in self._towns.items() if not towns.keys().isdisjoint(municipalities))

    def towns_of(self, station: str) -> tuple[str, ...]:
        """The town halls that a station has sent something to."""
        return tuple(sorted(self._towns.get(station, ())))

    def quantities(self, station: str) -> tuple[str, ...]:
        """What a station measures, as far as it has said."""
        return tuple(sorted(quantity for name, quantity in self._points if name == station))

    def newest(self, station: str, quantity: str) -> Reading | None:
        """The last thing that a station said of a quantity, usable or not; None if it never spoke."""
        series = self._points.get((station, quantity))
        return series[max(series)][1] if series else None

    def polls(self, municipality: str) -> tuple[Poll, ...]:
        """The last poll of each source that serves a municipality."""
        return tuple(poll for (where, _), poll in sorted(self._polls.items()) if where == municipality)

    def _poll(self, batch: ReadingBatch) -> None:
        key = (batch.municipality, batch.source)
        known = self._polls.get(key)
        newest = max((r.observed_at for r in batch.readings), default=None)
        content = max((at for at in (newest, known.content_at if known else None) if at), default=None)
        if known is None or known.polled_at <= batch.polled_at:
            self._polls[key] = Poll(batch.source, batch.polled_at, batch.outcome, batch.reason, content)
        elif content != known.content_at:
            self._polls[key] = Poll(known.source, known.polled_at, known.outcome, known.reason, content)

    @staticmethod
    def _trim(series: dict[datetime, tuple[datetime, Reading]]) -> None:
        oldest = max(series) - KEPT
        if min(series) < oldest:
            for at in [at for at in series if at < oldest]:
                del series[at]
