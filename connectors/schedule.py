"""When a source is polled next: a pure function of its row, the last poll's end and event time."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_RETRY_S = 5.0


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Every `interval_s` of event time, `offset_s` past the multiple of it (20: at :20 past each minute)."""

    interval_s: int
    offset_s: int


def next_wake(rhythm: Rhythm, now: datetime, failures: int, jitter: float = 0.5) -> datetime:
    """The next wake-up after `now`. After failed polls sooner: 5 s, 10 s, 20 s … (± half), never later than the rhythm.

    `failures` counts failed polls in a row, `jitter` is a random number in 0..1. A clock that jumped over several
    wake-ups gets one poll, not one for each.
    """
    regular = _next_multiple(rhythm, now)
    if failures <= 0:
        return regular
    wait_s = FIRST_RETRY_S * 2 ** min(failures - 1, 10) * (0.5 + min(max(jitter, 0.0), 1.0))
    return min(regular, now + timedelta(seconds=wait_s))


def _next_multiple(rhythm: Rhythm, now: datetime) -> datetime:
    interval, offset = timedelta(seconds=rhythm.interval_s), timedelta(seconds=rhythm.offset_s)
    turns = (now - EPOCH - offset) // interval
    return EPOCH + offset + (turns + 1) * interval
