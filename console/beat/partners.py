"""Partners whose beats stopped: what each way of a partner last acknowledged, from their heartbeats. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from console.beat.feed import EVERY
from schemas.records.plumbing import Heartbeat

PREFIX = "partner:"
SILENT_AFTER = 3 * EVERY


@dataclass(frozen=True, slots=True)
class Partner:
    """One way of one partner. `silent` means that three beats went unanswered."""

    source: str
    last_at: datetime | None
    silent: bool
    text: str


def partners(beats: Mapping[str, Heartbeat], now: datetime, since: datetime) -> tuple[Partner, ...]:
    """All that have a way to be told, by name. Nobody is silent before we have looked for three beats."""
    young = now - since < SILENT_AFTER
    ways = sorted(source for source in beats if source.startswith(PREFIX))
    return tuple(_partner(beats[source], now, young) for source in ways)


def _partner(beat: Heartbeat, now: datetime, young: bool) -> Partner:
    last = beat.content_at
    silent = not young and (last is None or now - last > SILENT_AFTER)
    return Partner(beat.source, last, silent, _told(last, now) if silent else beat.text)


def _told(last: datetime | None, now: datetime) -> str:
    if last is None:
        return "has acknowledged nothing yet"
    minutes = int((now - last) / timedelta(minutes=1))
    return f"has acknowledged nothing for {minutes} minutes"
