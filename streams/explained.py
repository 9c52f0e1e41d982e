"""Why something was called for at a past moment, from records alone. Pure: records in, sentences out."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from schemas.levels import HAZARD_WORDS
from schemas.records.judged import Called, Detection, Evidence, Recommendation, RuleHit
from schemas.records.observed import Bulletin, ReadingBatch, Report

JST = timezone(timedelta(hours=9))
SHOWN_BEFORE = timedelta(hours=24)
"""Detections of the day before the moment are listed; older ones are in the topic."""


@dataclass(frozen=True, slots=True)
class Stands:
    """A record, and the place where it stands: topic-partition@offset."""

    record: Any
    place: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was said at the moment, what was said before and after it, and since when the log has anything."""

    at: datetime
    now: Stands | None
    before: Stands | None
    after: Stands | None
    first_at: datetime | None


@dataclass(frozen=True, slots=True)
class Sources:
    """The records that evidence names, by what it names: telegram or report id, station and time."""

    by_ref: dict[str, Stands]
    by_reading: dict[tuple[str, datetime], str]


def choose(log: Iterable[Stands], at: datetime) -> Chosen:
    """The newest recommendation said at or before `at`, by its own event time; of one time the higher number."""
    said = sorted(log, key=lambda one: (one.record.at, one.record.number))
    until = [one for one in said if one.record.at <= at]
    after = next((one for one in said if one.record.at > at), None)
    first = said[0].record.at if said else None
    return Chosen(at, until[-1] if until else None, until[-2] if len(until) > 1 else None, after, first)


def sources(records: Iterable[Stands]) -> Sources:
    """Where each telegram, report and reading stands; of repeats the first."""
    by_ref: dict[str, Stands] = {}
    by_reading: dict[tuple[str, datetime], str] = {}
    for one in records:
        if isinstance(one.record, ReadingBatch):
            for reading in one.record.readings:
                by_reading.setdefault((reading.station, reading.observed_at), one.place)
        elif isinstance(one.record, Bulletin | Report):
            by_ref.setdefault(one.record.id, one)
    return Sources(by_ref, by_reading)


def explain(chosen: Chosen, areas: tuple[str, ...], known: Sources, detections: Iterable[Stands]) -> Iterator[str]:
    """The whole story of these areas, line by line."""
    yield f"Asked about {_names(areas)} at {_time(chosen.at)}"
    if chosen.now is None:
        yield _nothing_known(chosen)
        return
    said: Recommendation = chosen.now.record
    yield f"Recommendation no. {said.number} of {_time(said.at)}, resting on facts up to {_time(said.as_of)}"
    yield f"  record {said.id} at {chosen.now.place}; {said.origin.value}"
    here = [called for called in said.called if called.area in areas]
    if not here:
        yield "Nothing was called for here. That rests on what had arrived by then: see what was silent."
    for called in here:
        yield from _called(called, chosen.at, known)
    yield from _silences(said, chosen.at)
    yield from _around(chosen)
    yield from _detected(detections, areas, chosen.at)


def _nothing_known(chosen: Chosen) -> str:
    if chosen.first_at is None:
        return "No recommendation is kept for this municipality: nothing can be said about that time."
    return f"The log begins at {_time(chosen.first_at)}: nothing was recommended before, or it is no longer kept."


def _called(called: Called, at: datetime, known: Sources) -> Iterator[str]:
    hazard = HAZARD_WORDS[called.hazard][0]
    level = "no level number" if called.level is None else f"level {called.level}"
    if called.hits:
        yield f"{called.area_name} {called.area}, {hazard} ({called.hazard.value}): {level}, {called.change.value}"
    else:
        since = called.lifting_met_since
        yield f"{called.area_name} {called.area}, {hazard} ({called.hazard.value}): nothing called for any more"
        yield f"  lifting conditions met since {_time(since) if since else 'an unknown time'}; officers lift"
    for hit in called.hits:
        yield from _hit(hit, at, known)
    for sentence in called.would_change:
        yield f"  would change it: {sentence}"


def _hit(hit: RuleHit, at: datetime, known: Sources) -> Iterator[str]:
    level = "" if hit.level is None else f" level {hit.level}"
    checked = "checked" if hit.verified else "unverified"
    yield f"  {hit.rule}{level} since {_time(hit.since)}: {hit.text} [source {hit.source}, {checked}]"
    for evidence in hit.evidence:
        yield f"    {evidence.name}: {evidence.text} · {_time(evidence.observed_at)}, {_age(evidence.observed_at, at)}"
        yield f"      {_whence(evidence, known)}"


def _whence(evidence: Evidence, known: Sources) -> str:
    found = known.by_ref.get(evidence.ref)
    if found is not None:
        what = f"{found.record.carrier} {found.record.url}" if isinstance(found.record, Bulletin) else "field report"
        return f"{what} · record {evidence.ref} at {found.place}"
    place = known.by_reading.get((evidence.ref, evidence.observed_at))
    return f"station {evidence.ref} at {place}" if place else f"{evidence.ref}: its record is no longer kept"


def _silences(said: Recommendation, at: datetime) -> Iterator[str]:
    for silence in said.silences:
        yield f"Not known: {silence.name} ({silence.subject}) since {_time(silence.since)}, {_age(silence.since, at)}:"
        yield f"  {silence.reason}"
    if not said.silences:
        yield "No source or gauge was silent."


def _around(chosen: Chosen) -> Iterator[str]:
    for word, one in (("Before it", chosen.before), ("After it", chosen.after)):
        if one is not None:
            levels = ", ".join(_short(called) for called in one.record.called) or "nothing called for"
            yield f"{word}: no. {one.record.number} of {_time(one.record.at)}: {levels} ({one.place})"


def _short(called: Called) -> str:
    rules = "+".join(hit.rule for hit in called.hits) or "cleared"
    return f"{called.area} {called.hazard.value} {'-' if called.level is None else called.level} {rules}"


def _detected(detections: Iterable[Stands], areas: tuple[str, ...], at: datetime) -> Iterator[str]:
    here = [one for one in detections if one.record.area in areas and at - SHOWN_BEFORE < one.record.at <= at]
    for one in sorted(here, key=lambda one: (one.record.at, one.record.rule)):
        yield _step(one.record, one.place)


def _step(detection: Detection, place: str) -> str:
    level = "" if detection.level is None else f" level {detection.level}"
    what = f"{detection.rule} {detection.phase.value}{level} ({detection.subject})"
    return f"Detected {_time(detection.at)}: {what} · record {detection.id} at {place}"


def _names(areas: tuple[str, ...]) -> str:
    return ", ".join(areas)


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(JST):%Y-%m-%d %H:%M} JST"


def _age(moment: datetime, at: datetime) -> str:
    minutes = int((at.astimezone(UTC) - moment).total_seconds() // 60)
    return f"{minutes} min old" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min old"
