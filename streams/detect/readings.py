"""A ReadingBatch into the state: sample by sample in the order of observation, so that batching does not matter."""

from collections.abc import Iterator
from dataclasses import replace

from schemas.records.base import Hazard, Origin
from schemas.records.judged import DetectionKind, Phase
from schemas.records.observed import PollOutcome, Quality, ReadingBatch
from streams.detect.calm import keep_calm, poll_of
from streams.detect.evidence import of_pace, of_stage
from streams.detect.gauge import Step, keep, weigh
from streams.detect.knowledge import THRESHOLD_LEVEL, GaugeFacts, Knowledge, Track
from streams.detect.opened import reopen
from streams.detect.say import Seen, phase_of
from streams.detect.series import Sample, sample_of, seconds
from streams.detect.state import Station, Watch
from streams.detect.trend import lead

SILENCE = "SI"


def take_batch(state: Watch, batch: ReadingBatch, knowledge: Knowledge) -> tuple[Watch, list[Seen]]:
    """Everything one poll brought. A failed poll is neither data nor absence: only who was asked is remembered."""
    polled, replay = seconds(batch.polled_at), int(batch.origin is Origin.REPLAY)
    stations = _listed(state.stations, batch.stations, polled, knowledge)
    sources = _answered(state.sources, batch, polled, replay)
    state = replace(state, now=max(state.now, polled), stations=stations, sources=sources)
    seen: list[Seen] = []
    if batch.source in state.quiet and batch.outcome is not PollOutcome.FAILED:
        state = replace(state, quiet={k: q for k, q in state.quiet.items() if k != batch.source})
    poll = None if state.quiet else poll_of(batch, polled, replay)
    if poll is not None:
        samples = keep_calm(stations, poll, knowledge.tracks)
    else:
        samples = _samples(batch, polled, replay, stations, knowledge)
    return _fold(state, samples, polled, knowledge, seen), seen


def _fold(
    state: Watch, samples: list[tuple[int, str, Sample]], polled: int, knowledge: Knowledge, seen: list[Seen]
) -> Watch:
    """Sample by sample. `state.stations` is this step's own copy and is filled in place."""
    stations = state.stations
    for _, code, sample in samples:
        before, track = stations[code], knowledge.tracks[code]
        if code in state.quiet:
            state = _heard_again(state, code, sample, polled, knowledge, seen)
        calm = keep(before, sample, track)
        if calm is not None:
            stations[code] = calm
            continue
        step = weigh(before, sample, track)
        stations[code] = step.station
        if step.accepted and _matters(before, step):
            state = _act(state, code, before, step, knowledge, seen)
    return state


def _listed(
    stations: dict[str, Station], asked: tuple[str, ...], polled: int, knowledge: Knowledge
) -> dict[str, Station]:
    """A copy with every known gauge that the source answers for, so that silence has a name."""
    known = dict(stations)
    for code in asked:
        if code not in known and code in knowledge.gauges:
            known[code] = Station(polled)
    return known


def _answered(
    sources: dict[str, tuple[int, int]], batch: ReadingBatch, polled: int, replay: int
) -> dict[str, tuple[int, int]]:
    before = sources.get(batch.source)
    if before is not None and (batch.outcome is PollOutcome.FAILED or before[0] >= polled):
        return sources
    return {**sources, batch.source: (polled, replay)}


def _samples(
    batch: ReadingBatch, polled: int, replay: int, stations: dict[str, Station], knowledge: Knowledge
) -> list[tuple[int, str, Sample]]:
    """Usable samples, oldest first. What a gauge says instead of a value is noted with it."""
    found = []
    tracks = knowledge.tracks
    for reading in batch.readings:
        code = reading.station
        track = tracks.get(code)
        if track is None:
            continue
        if code not in stations:
            stations[code] = Station(polled)
        sample = sample_of(reading, polled, replay, track.tuning)
        if sample is not None:
            found.append((sample[0], code, sample))
        elif reading.quality is not Quality.VALID and seconds(reading.observed_at) > stations[code].last:
            stations[code] = stations[code]._replace(note=reading.quality.value)
    found.sort()
    return found


def _matters(before: Station, step: Step) -> bool:
    """False for the calm river, whose sample needs no more than to be kept."""
    after = step.station
    return bool(after.crossings.over or before.crossings.over or after.rising.since or before.rising.since)


def _act(state: Watch, code: str, before: Station, step: Step, knowledge: Knowledge, seen: list[Seen]) -> Watch:
    track, after = knowledge.tracks[code], step.station
    gauge, at = track.gauge, after.judged.at
    for area in knowledge.areas_in(code, state.municipality):
        seen.extend(crossed(area, gauge, before, after, at))
        seen.extend(_approached(area, gauge, before, step, at, knowledge))
    if after.crossings.over == before.crossings.over and not _may_open(track, step):
        return state
    return reopen(state, knowledge, step.moment, at, seen, code)


def _may_open(track: Track, step: Step) -> bool:
    """Whether a rule about a trend could become true by this sample."""
    over, now = step.station.crossings.over, step.moment
    moves = now is not None and (now.rapid or now.trend.slope > 0)
    return moves and any(over[track.trend_from :])


def crossed(area: str, gauge: GaugeFacts, before: Station, after: Station, at: int) -> Iterator[Seen]:
    """The ladder of one gauge: which threshold it stands over."""
    old, new = before.crossings, after.crossings
    phase = phase_of(old.top, new.top)
    if phase is None:
        return
    name = gauge.thresholds[old.top if phase is Phase.ENDED else new.top][0]
    yield Seen(
        *(area, Hazard.FLOOD, DetectionKind.THRESHOLD, f"ST-{name}", gauge.station, phase),
        *(None if phase is Phase.ENDED else THRESHOLD_LEVEL[name], new.began or old.began, at),
        evidence=(of_stage(gauge, after, name),),
        ladder="ST",
        replay=after.replay,
    )


def _approached(
    area: str, gauge: GaugeFacts, before: Station, step: Step, at: int, knowledge: Knowledge
) -> Iterator[Seen]:
    """Thresholds that the stage is about an hour from at its present pace, or no longer is."""
    after = step.station
    size = len(gauge.thresholds)
    old, new = before.rising.since or (0,) * size, after.rising.since or (0,) * size
    tuning = knowledge.book.tuning_of(gauge.station)
    for i, (name, height) in enumerate(gauge.thresholds):
        if bool(old[i]) != bool(new[i]):
            trend = step.moment.trend if new[i] and step.moment else None
            left = lead(trend, after.judged.value, height, tuning) if trend else None
            why = (of_pace(gauge, after, name, trend, tuning),) if trend else ()
            yield Seen(
                *(area, Hazard.FLOOD, DetectionKind.TREND, f"TR-{name}", gauge.station),
                *(Phase.BEGAN if new[i] else Phase.ENDED, None, new[i] or old[i], at),
                evidence=(of_stage(gauge, after, name), *why),
                lead=left,
                replay=after.replay,
            )


def _heard_again(state: Watch, code: str, sample: Sample, polled: int, knowledge: Knowledge, seen: list[Seen]) -> Watch:
    """Only fresh data ends a silence; a straggler does not."""
    quiet = state.quiet[code]
    if sample[0] <= quiet.since or polled - sample[0] > knowledge.book.tuning_of(code).stale_min * 60:
        return state
    for area in knowledge.areas_in(code, state.municipality):
        kind = DetectionKind.SILENCE
        seen.append(
            Seen(area, Hazard.FLOOD, kind, SILENCE, code, Phase.ENDED, None, quiet.since, sample[0], replay=sample[3])
        )
    return replace(state, quiet={k: q for k, q in state.quiet.items() if k != code})
