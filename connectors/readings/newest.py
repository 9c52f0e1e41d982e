"""What of a series was sent already: each value goes out once, and one that is filled in later still does. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from schemas.records.observed import Reading

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
KEPT_MIN = 24 * 60
"""A slot that stayed empty for so long is given up: the site's files reach back no further than a day or two."""


@dataclass(frozen=True, slots=True)
class Newest:
    """Up to when readings were sent, of any kind and with a value, and the slots before that which had no value.

    `gaps` are minutes since 1970: a cursor is written at every poll, and has to be small.
    """

    any_at: datetime = LONG_AGO
    value_at: datetime = LONG_AGO
    gaps: tuple[int, ...] = ()

    def is_new(self, reading: Reading) -> bool:
        """A value is new if it is newer than the newest value, or fills a gap. No value is news once."""
        if reading.value is None:
            return reading.observed_at > self.any_at
        return reading.observed_at > self.value_at or _minutes(reading.observed_at) in self.gaps

    def after(self, sent: list[Reading], every: timedelta | None) -> "Newest":
        """Moved on by what is sent. `every`: how far apart the slots lie; None if nothing is ever filled in later."""
        valued = [reading.observed_at for reading in sent if reading.value is not None]
        any_at = max([self.any_at, *(reading.observed_at for reading in sent)])
        value_at = max([self.value_at, *valued])
        first = min(valued, default=value_at) if self.value_at == LONG_AGO else self.value_at
        return Newest(any_at, value_at, self._gaps(first, value_at, valued, every) if every else ())

    def _gaps(self, first: datetime, last: datetime, valued: list[datetime], every: timedelta) -> tuple[int, ...]:
        """The empty slots known so far and those between the two times, of the last day, without those just filled."""
        oldest, step = _minutes(last) - KEPT_MIN, int(every.total_seconds()) // 60
        start = max(_minutes(first), oldest) // step * step + step
        empty = {*self.gaps, *range(start, _minutes(last), step)} - {_minutes(at) for at in valued}
        return tuple(sorted(slot for slot in empty if slot >= oldest))


def unsent(newest: dict[str, Newest], key: str, series: Iterable[Reading], every: timedelta | None) -> list[Reading]:
    """What of one series was not sent yet, in the order of observation; the entry under `key` moves on by it."""
    before = newest.get(key, Newest())
    fresh = sorted((one for one in series if before.is_new(one)), key=lambda reading: reading.observed_at)
    newest[key] = before.after(fresh, every)
    return fresh


def _minutes(at: datetime) -> int:
    return int(at.timestamp()) // 60
