"""A crisis gauge that fell asleep: its source says that it is under its start level, and it will not say so itself."""

from dataclasses import replace

from schemas.records.base import Hazard
from schemas.records.judged import DetectionKind, Phase
from schemas.records.observed import ReadingBatch
from streams.detect.knowledge import GaugeFacts, Knowledge
from streams.detect.opened import reopen
from streams.detect.readings import crossed
from streams.detect.say import Seen
from streams.detect.series import seconds
from streams.detect.silence import ASLEEP
from streams.detect.state import Station, Watch
from streams.detect.threshold import CALM, Crossings

START = "START"


def fall_asleep(state: Watch, batch: ReadingBatch, knowledge: Knowledge, seen: list[Seen]) -> Watch:
    """End what sleep ends: the start level, alarms about a rise, and thresholds that its last value was below.

    A threshold that its last value had reached stays open, and the gauge is missed as any other.
    """
    if knowledge.sleepers.isdisjoint(batch.stations):
        return state
    for code in sorted(knowledge.sleepers.intersection(batch.stations)):
        before = state.stations.get(code)
        if before is not None and before.note == ASLEEP:
            state = _slept(state, before, knowledge.gauges[code], seconds(batch.polled_at), knowledge, seen)
    return state


def _slept(state: Watch, before: Station, gauge: GaugeFacts, at: int, knowledge: Knowledge, seen: list[Seen]) -> Watch:
    crossings, alarmed = _without_sleep(before, gauge), before.rising.since
    if crossings == before.crossings and not any(alarmed):
        return state
    after = before._replace(crossings=crossings, rising=before.rising._replace(since=(), last=()))
    state = replace(state, stations=state.stations | {gauge.station: after})
    for area in knowledge.areas_in(gauge.station, state.municipality):
        seen.extend(crossed(area, gauge, before, after, at))
        for (name, _), since in zip(gauge.thresholds, alarmed, strict=False):
            where = (area, Hazard.FLOOD, DetectionKind.TREND, f"TR-{name}", gauge.station, Phase.ENDED, None)
            seen.extend([Seen(*where, since, at, replay=after.replay)] if since else [])
    return reopen(state, knowledge, None, at, seen, gauge.station)


def _without_sleep(station: Station, gauge: GaugeFacts) -> Crossings:
    crossings = station.crossings
    last = station.judged.value
    names = zip(gauge.thresholds, crossings.over, strict=False)
    over = tuple(since if name != START and last >= height else 0 for (name, height), since in names)
    return Crossings(over, crossings.below) if any(over) else CALM
