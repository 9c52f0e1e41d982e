"""Readings of one poll → one ReadingBatch per municipality, also where nothing came. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from connectors.source import Failed, New, Payload, Polled
from schemas.records.base import Origin, Trace, World, content_id
from schemas.records.observed import PollOutcome, Reading, ReadingBatch


class Placed(Protocol):
    """A station of any kind: the municipalities that it matters to."""

    @property
    def municipalities(self) -> tuple[str, ...]:
        """5-digit codes."""


@dataclass(frozen=True, slots=True)
class Share:
    """What one municipality gets of a poll."""

    municipality: str
    stations: tuple[str, ...]
    readings: tuple[Reading, ...]
    missed: tuple[str, ...]


def batches(
    source: str,
    stations: Mapping[str, Placed],
    polled: Polled,
    fresh: Mapping[str, list[Reading]],
    missed: Mapping[str, str],
) -> tuple[ReadingBatch, ...]:
    """One batch for every municipality that a station of this source matters to."""
    owners = sorted({owner for station in stations.values() for owner in station.municipalities})
    return tuple(_batch(source, polled, _share(owner, stations, fresh, missed)) for owner in owners)


def _share(
    owner: str, stations: Mapping[str, Placed], fresh: Mapping[str, list[Reading]], missed: Mapping[str, str]
) -> Share:
    mine = tuple(sorted(name for name, station in stations.items() if owner in station.municipalities))
    readings = tuple(reading for name in mine for reading in fresh.get(name, []))
    return Share(owner, mine, readings, tuple(missed[name] for name in mine if name in missed))


def _batch(source: str, polled: Polled, share: Share) -> ReadingBatch:
    outcome, reason = _outcome(polled, share)
    origin, trace = _from(polled, share)
    # A repeat after a crash comes with another poll time: with readings, only they make the id.
    told = share.readings or (polled.at, outcome.value)
    return ReadingBatch(
        id=content_id("readings", source, share.municipality, *told),
        world=World.ACTUAL,
        origin=origin,
        source=source,
        municipality=share.municipality,
        polled_at=polled.at,
        outcome=outcome,
        reason=reason,
        stations=share.stations,
        readings=share.readings,
        trace=trace,
        made_at=polled.made_at,
    )


def _outcome(polled: Polled, share: Share) -> tuple[PollOutcome, str | None]:
    """New if a reading is, failed if nothing for it could be fetched; what failed in part is the reason."""
    if isinstance(polled.result, Failed):
        return PollOutcome.FAILED, polled.result.text[:500]
    reason = "; ".join(share.missed)[:500] or None
    if share.readings:
        return PollOutcome.NEW, reason
    if share.stations and len(share.missed) == len(share.stations):
        return PollOutcome.FAILED, reason
    return PollOutcome.UNCHANGED, reason


def _from(polled: Polled, share: Share) -> tuple[Origin, Trace]:
    """The trace of the bytes that came first for this municipality, else of the poll; without key they are for all."""
    payloads = polled.result.payloads if isinstance(polled.result, New) else ()
    mine: list[Payload] = [payload for payload in payloads if not payload.key or payload.key in share.stations]
    if not mine:
        return polled.origin, polled.trace
    first = min(mine, key=lambda payload: payload.trace.started_at)
    return first.origin, first.trace
