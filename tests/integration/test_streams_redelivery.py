"""The same readings and bulletins, in a fresh namespace and interleaved otherwise, call for the same.

Order holds within a topic's partition; which topic comes first, and when ticks come, is chance. Silence and compound
detections may differ with it; threshold, trend and bulletin detections and the final recommendations may not.
"""

import asyncio
import csv
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.jma.telegram import parse_telegram
from connectors.places import from_reference
from connectors.source import Payload
from schemas.records.base import Hazard, Origin, Trace
from schemas.records.judged import Change, Detection, DetectionKind, Recommendation
from schemas.records.observed import Bulletin, ReadingBatch
from streams.kafka_side import SideReader
from tests.integration.streams_rig import ACTUAL, WATCH, Line, line
from tests.unit.streams.inputs import JST, MADE, batch, reading

pytestmark = pytest.mark.kafka
Recorded = Callable[[str], Path]
Inputs = dict[str, list[Any]]
SAKAI = "river/sakaigawa_10min/sakaigawabashi_level_10min_20260920-0923.csv"
VXWW50 = "jma/samples/17_04_0{}_250630_VXWW50.xml"
FACTS = {DetectionKind.THRESHOLD, DetectionKind.TREND, DetectionKind.BULLETIN}
ODAWARA, FUJISAWA = "14206", "14205"


async def test_another_interleaving_calls_for_the_same(
    kafka: str, namespace: str, tmp_path: Path, recorded: Recorded
) -> None:
    """Readings first; bulletins first; everything there before the worker starts."""
    inputs: Inputs = {"readings": _readings(recorded), "bulletins": _bulletins(recorded)}
    orders: list[list[str]] = [["readings", "bulletins"], ["bulletins", "readings"], []]
    said = []
    for number, order in enumerate(orders):
        async with line(kafka, f"{namespace}{number}-", tmp_path / str(number)) as streams:
            said.append(await _watched(streams, inputs, order))
    detections, recommendations = said[0]
    kinds = Counter(kind for _, kind, *_ in detections)
    assert set(kinds) == FACTS, "the records hold a flood and three landslide bulletins"
    assert recommendations[ODAWARA].called == (), "the third telegram lifts what the first two said"
    for other_detections, other_recommendations in said[1:]:
        assert other_detections == detections
        assert other_recommendations == recommendations


async def _watched(
    streams: Line, inputs: Inputs, order: list[str]
) -> tuple[set[tuple[Any, ...]], dict[str, Recommendation]]:
    """What *watch* said: with topics named in `order` fed one after the other, or all before it starts."""
    if not order:
        await _feed(streams, inputs, list(inputs))
    worker = await streams.worker(WATCH)
    for name in order:
        await _feed(streams, inputs, [name])
        await _handled(streams, [name])
    await _handled(streams, list(inputs))
    await worker.stop()
    detections: list[Detection] = [d for d in await streams.records("detections") if d.kind in FACTS]
    final = {r.municipality: r for r in await streams.records("recommendations")}
    facts = {(d.id, d.kind, d.rule, d.area, d.phase, d.level, d.at) for d in detections}
    return facts, {town: _without_path(r) for town, r in final.items()}


async def _feed(streams: Line, inputs: Inputs, names: list[str]) -> None:
    for name in names:
        for record in inputs[name]:
            await streams.publisher.send(name, record.municipality, record)


async def _handled(streams: Line, names: list[str]) -> None:
    """Returns once the group has committed all of these topics."""
    reader = SideReader(streams.where, f"watch-{ACTUAL}")
    await reader.start()
    topics = [streams.where.name(name, ACTUAL) for name in names]
    ends = await reader.ends(topics, range(4))
    async with asyncio.timeout(60):
        for partition in range(4):
            while any(at < ends[t, partition] for t, at in (await reader.next_offsets(topics, partition)).items()):  # noqa: ASYNC110  # noqa: ASYNC110
                await asyncio.sleep(0.1)  # another process sets no event of ours
    await reader.stop()


def _without_path(recommendation: Recommendation) -> Recommendation:
    """What is called for in the end, without what depends on the way there: numbers, times of saying, silences."""
    called = tuple(replace(c, previous_level=None, change=Change.SAME) for c in recommendation.called if c.hits)
    plain = replace(recommendation, id="", number=0, at=MADE, as_of=MADE, called=called, silences=())
    return replace(plain, trace=Trace("", MADE), made_at=MADE)


def _readings(recorded: Recorded) -> list[ReadingBatch]:
    with recorded(SAKAI).open(encoding="utf8") as file:
        rows = [
            (datetime.fromisoformat(r["observed_at"]).replace(tzinfo=JST), float(r["value"]))
            for r in csv.DictReader(file)
        ]
    return [batch(at + timedelta(minutes=3), reading(at, value)) for at, value in rows]


def _bulletins(recorded: Recorded) -> list[Bulletin]:
    """The three telegrams of the sample, as the connector reads them: received in time, or they would be old news."""
    found: list[Bulletin] = []
    for number in (1, 2, 3):
        file = recorded(VXWW50.format(number))
        payload = Payload(
            "file", file.as_uri(), Origin.LIVE, 200, {}, file.read_bytes(), MADE, Trace("t", MADE), file.name
        )
        parsed = parse_telegram(payload, from_reference(), MADE, judge_future=False)
        found += [_in_time(record) for record in parsed.records if isinstance(record, Bulletin)]
    assert {item.hazard for bulletin in found for item in bulletin.items} == {Hazard.LANDSLIDE}
    return found


def _in_time(bulletin: Bulletin) -> Bulletin:
    return replace(bulletin, received_at=bulletin.reported_at + timedelta(minutes=1))
