"""Readings of a poll → ReadingBatches per municipality, in pieces that fit into a message. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from connectors.mapped.readings import Placed
from connectors.places import Places
from connectors.source import Failed, Payload, Polled
from schemas.records.base import Origin, Trace, World, content_id
from schemas.records.observed import PollOutcome, Reading, ReadingBatch

PIECE = 2000
"""Readings in one batch: about 200 kB of the megabyte that a message may have."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a poll brought. `stations`: by municipality, all that the source has been known to answer for."""

    outcome: PollOutcome
    reason: str | None
    origin: Origin
    trace: Trace
    stations: Mapping[str, Sequence[str]]


def batches(
    source: str, places: Places, polled: Polled, told: Told, placed: Sequence[Placed]
) -> tuple[ReadingBatch, ...]:
    """One batch or more for every municipality that readings came for, or that the source is known to speak for."""
    shares: dict[str, list[Reading]] = {owner: [] for owner in told.stations}
    for one in placed:
        for owner in dict.fromkeys(places.areas[area].municipality for area in one.areas):
            shares.setdefault(owner, []).append(one.reading)
    return tuple(batch for owner in sorted(shares) for batch in _of(source, owner, polled, told, shares[owner]))


def outcome_of(polled: Polled, placed: Sequence[Placed]) -> tuple[PollOutcome, str | None]:
    """New, unchanged or failed: failure is not absence."""
    if isinstance(polled.result, Failed):
        return PollOutcome.FAILED, polled.result.text[:500]
    return (PollOutcome.NEW if placed else PollOutcome.UNCHANGED), None


def told_of(
    polled: Polled, placed: Sequence[Placed], stations: Mapping[str, Sequence[str]], first: Payload | None
) -> Told:
    """The trace of the bytes where some came, else of the poll."""
    outcome, reason = outcome_of(polled, placed)
    origin, trace = (first.origin, first.trace) if first else (polled.origin, polled.trace)
    return Told(outcome, reason, origin, trace, stations)


def _of(source: str, owner: str, polled: Polled, told: Told, readings: list[Reading]) -> Iterator[ReadingBatch]:
    ordered = sorted(readings, key=lambda one: (one.observed_at, one.station, one.quantity))
    pieces = [tuple(ordered[at : at + PIECE]) for at in range(0, len(ordered), PIECE)] or [()]
    known = sorted({*told.stations.get(owner, ()), *(one.station for one in readings)})
    outcome = PollOutcome.UNCHANGED if told.outcome is PollOutcome.NEW and not readings else told.outcome
    for piece in pieces:
        # A repeat after a crash comes with another poll time: with readings, only they make the id.
        yield ReadingBatch(
            id=content_id("readings", source, owner, *(piece or (polled.at, outcome.value))),
            world=World.ACTUAL,
            origin=told.origin,
            source=source,
            municipality=owner,
            polled_at=polled.at,
            outcome=outcome,
            reason=told.reason,
            stations=tuple(known),
            readings=piece,
            trace=told.trace,
            made_at=polled.made_at,
        )
