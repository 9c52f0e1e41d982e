"""What of a series was sent already: each value goes out once, and one that is filled in later still does. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from schemas.records.observed import Reading

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
KEPT = timedelta(hours=24)
"""A slot that stayed empty for so long is given up: the site's files reach back no further than a day or two."""


@dataclass(frozen=True, slots=True)
class Newest:
    """Up to when readings were sent, of any kind and with a value, and the slots before that which had no value."""

    any_at: datetime = LONG_AGO
    value_at: datetime = LONG_AGO
    gaps: tuple[datetime, ...] = ()

    def is_new(self, reading: Reading) -> bool:
        """A value is new if it is newer than the newest value, or fills a gap. No value is news once."""
        if reading.value is None:
            return reading.observed_at > self.any_at
        return reading.observed_at > self.value_at or reading.observed_at in self.gaps

    def after(self, sent: list[Reading], every: timedelta) -> "Newest":
        """Moved on by what is sent. `every`: how far apart the slots lie."""
        valued = {reading.observed_at for reading in sent if reading.value is not None}
        value_at = max(valued, default=self.value_at)
        value_at = max(self.value_at, value_at)
        any_at = max([self.any_at, *(reading.observed_at for reading in sent)])
        first = min(valued, default=value_at) if self.value_at == LONG_AGO else self.value_at
        empty = {*self.gaps, *_slots(max(first, value_at - KEPT), value_at, every)} - valued
        return Newest(any_at, value_at, tuple(sorted(at for at in empty if at >= value_at - KEPT)))


def unsent(newest: dict[str, Newest], key: str, series: Iterable[Reading], every: timedelta) -> list[Reading]:
    """What of one series was not sent yet, in the order of observation; the entry under `key` moves on by it."""
    before = newest.get(key, Newest())
    fresh = sorted((one for one in series if before.is_new(one)), key=lambda reading: reading.observed_at)
    newest[key] = before.after(fresh, every)
    return fresh


def _slots(after: datetime, before: datetime, every: timedelta) -> list[datetime]:
    """The slots between two times, both left out."""
    start = datetime.fromtimestamp((after.timestamp() // every.total_seconds() + 1) * every.total_seconds(), UTC)
    count = max(0, -((start - before) // every))
    return [start + i * every for i in range(count) if start + i * every < before]
