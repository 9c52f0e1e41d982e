"""Partners that fell silent: when each way of a partner last had everything, from their heartbeats. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from console.beat.feed import EVERY
from schemas.records.plumbing import Heartbeat

PREFIX = "partner:"
SILENT_AFTER = 3 * EVERY
UNHEARD_AFTER = timedelta(seconds=45)
"""Their heartbeats come every 10 s: without one, nobody follows (an event stream's line is closed)."""


@dataclass(frozen=True, slots=True)
class Partner:
    """One way of one partner. `silent`: it has not had everything for three beats, or follows no more."""

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
    last = beat.succeeded_at
    silent = not young and (last is None or now - last > SILENT_AFTER or now - beat.at > UNHEARD_AFTER)
    return Partner(beat.source, last, silent, _told(last, now) if silent else beat.text)


def _told(last: datetime | None, now: datetime) -> str:
    if last is None:
        return "has taken nothing yet"
    minutes = int((now - last) / timedelta(minutes=1))
    return f"has taken nothing for {minutes} minutes" if minutes else "does not follow any more"
