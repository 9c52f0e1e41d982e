"""Rivers that rise and fall in several municipalities at once, with telegrams between: what two workers are fed."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from schemas.process.clock import now_utc
from schemas.records.base import Hazard, Origin, Trace, World, content_id
from schemas.records.judged import Detection, DetectionKind
from schemas.records.observed import (
    Bulletin,
    BulletinItem,
    InfoType,
    PollOutcome,
    Quality,
    Reading,
    ReadingBatch,
)
from streams.knowledge import load_knowledge
from streams.watch import WatchFold

FACTS = {DetectionKind.THRESHOLD, DetectionKind.TREND, DetectionKind.BULLETIN}
TOWNS = ("14100", "14201", "14204", "14205", "14206", "14207", "14208", "14212", "14213")
STEP = timedelta(minutes=10)
WAVE, TELEGRAM_EVERY = 36, 5
"""Polls from one crest to the next; polls from one telegram to the next."""
LEVELS = (3, 4, 4, None)
"""Of one landslide warning, telegram by telegram: it is announced, rises, stays and ends."""


@dataclass(frozen=True, slots=True)
class Fed:
    """One record for one topic."""

    topic: str
    record: Any


def rising(rounds: int, until: datetime) -> list[list[Fed]]:
    """Round by round, ten minutes of event time apart, the last one at `until`."""
    known = load_knowledge()
    gauges = {
        town: [(code, g.thresholds) for code, g in sorted(known.gauges.items()) if known.areas_in(code, town)]
        for town in TOWNS
    }
    began = until - (rounds - 1) * STEP
    found = []
    for number in range(rounds):
        at = began + number * STEP
        found.append([fed for town in TOWNS for fed in _round(town, gauges[town], number, at)])
    return found


def undisturbed(rounds: list[list[Fed]]) -> set[tuple[str, str]]:
    """(id, kind) of every fact that *watch* sees if nothing is ever killed: its pure fold."""
    fold, states, facts = WatchFold(load_knowledge()), dict[str, Any](), set()
    for fed in (fed for one in rounds for fed in one):
        town = fed.record.municipality
        before = states.get(town) or fold.initial(World.ACTUAL, town)
        states[town], said = fold.step(before, fed.record, now_utc())
        facts |= facts_of([output.record for output in said])
    return facts


def facts_of(records: list[Any]) -> set[tuple[str, str]]:
    """What depends on the inputs alone: threshold, trend and bulletin detections."""
    return {(r.id, r.kind.value) for r in records if isinstance(r, Detection) and r.kind in FACTS}


def _round(town: str, gauges: list[tuple[str, Any]], number: int, at: datetime) -> Iterator[Fed]:
    readings = tuple(
        Reading(code, "stage", _stage(thresholds, number + shift), "m", at, Quality.VALID, 0)
        for shift, (code, thresholds) in enumerate(gauges)
        if thresholds
    )
    batch_id = content_id("rising", town, number)
    trace, codes = Trace(batch_id, at), tuple(reading.station for reading in readings)
    yield Fed(
        "readings",
        ReadingBatch(
            *(batch_id, World.ACTUAL, Origin.LIVE, "rising", town, at + timedelta(minutes=3)),
            *(PollOutcome.NEW, None, codes, readings, trace, at),
        ),
    )
    if number % TELEGRAM_EVERY == 0:
        yield Fed("bulletins", _telegram(town, number // TELEGRAM_EVERY, at))


def _stage(thresholds: tuple[tuple[str, float], ...], number: int) -> float:
    """A smooth wave from a metre below the lowest threshold to a little above the highest one."""
    low, high = thresholds[0][1] - 1.0, thresholds[-1][1] + 0.1
    share = (1 - math.cos(2 * math.pi * number / WAVE)) / 2
    return round(low + (high - low) * share, 2)


def _telegram(town: str, number: int, at: datetime) -> Bulletin:
    level, area = LEVELS[number % len(LEVELS)], f"{town}00"
    status = "解除" if level is None else "発表"
    item = BulletinItem(Hazard.LANDSLIDE, area, area, "", f"警戒レベル{level}", status, level is not None, level or 0)
    bulletin_id = content_id("rising", "telegram", town, number)
    return Bulletin(
        id=bulletin_id,
        world=World.ACTUAL,
        origin=Origin.LIVE,
        source="rising",
        municipality=town,
        area=area,
        area_name=town,
        carrier="VXWW50",
        scope="VXWW50",
        event_id="",
        serial=number + 1,
        info_type=InfoType.ISSUED,
        reported_at=at,
        received_at=at,
        title="土砂災害警戒情報",
        text="",
        office="",
        url="",
        raw_sha256="",
        items=(item,),
        trace=Trace(bulletin_id, at),
        made_at=at,
    )
