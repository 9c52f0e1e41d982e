"""Who has gone quiet. Only a tick finds it, only data ends it, and it never raises or lowers a level."""

from typing import NamedTuple

from schemas.records.observed import Quality

STALE, LOST = 1, 2
ASLEEP = Quality.CLOSED.value
"""What the source of crisis gauges says, once, of one that left its list from near the start level."""
WORDS = {STALE: "stale", LOST: "lost"}


class Quiet(NamedTuple):
    """One subject without data since a moment (epoch seconds). `rung`: STALE or LOST; `note`: what it sent instead."""

    since: int
    rung: int
    note: str


def rung_of(last: int, now: int, stale_min: float, lost_min: float) -> int:
    """0, STALE or LOST, by the age of the last data (20 and 40 minutes)."""
    age = now - last
    return LOST if age > lost_min * 60 else STALE if age > stale_min * 60 else 0


def reason(quiet: Quiet, stale_min: float, lost_min: float) -> str:
    """The words for a Silence: which limit was passed, and what the source says of itself."""
    minutes = lost_min if quiet.rung == LOST else stale_min
    note = f"; last said: {quiet.note}" if quiet.note else ""
    return f"{WORDS[quiet.rung]}: no usable value for more than {minutes:g} min{note}"
