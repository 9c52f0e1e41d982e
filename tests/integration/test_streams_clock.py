"""*watch* on a real Kafka while the clock that it follows jumps by two hours: what it says, and that it goes on."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from schemas.process.clock import now_utc
from schemas.records.base import Hazard
from schemas.records.judged import Recommendation
from schemas.records.observed import ReadingBatch
from schemas.records.plumbing import Tick
from tests.integration.clock_server import shown_clock
from tests.integration.streams_rig import WATCH, Line, line
from tests.unit.streams.inputs import (
    FUJISAWA,
    FUJISAWA_AREA,
    GAUGE,
    batch,
    bulletin,
    climb,
    item,
    jst,
    polls,
    reading,
)

pytestmark = pytest.mark.kafka
START, JUMP, MIN = jst("21 10:53"), timedelta(hours=2), timedelta(minutes=1)
FLOOD, LAND = Hazard.FLOOD, Hazard.LANDSLIDE
OVER_L3 = polls(climb(jst("21 10:00"), 4.6, 4.7, 4.8, 5.0, 5.25, 5.3))


async def test_a_clock_that_jumps_on_and_back(kafka: str, namespace: str, tmp_path: Path) -> None:
    """On: every gauge is silent until its next reading. Back: ticks go on, old news in force is let go. No level moves.

    The same worker all the time: a clock is no reason to end.
    """
    async with line(kafka, namespace, tmp_path) as streams, shown_clock(START) as clock:
        began = now_utc()
        worker = await streams.worker(WATCH, SONAE_CLOCK=clock.address, SONAE_LOCAL="1")
        for poll in OVER_L3:
            await streams.publisher.send("readings", FUJISAWA, poll)
        await _until(streams, {FLOOD: 3}, [])
        await _ticked(streams, START, START + 5 * MIN, began)

        clock.jump(JUMP)
        await _until(streams, {FLOOD: 3}, [GAUGE, "kawabou"])
        await _ticked(streams, START + JUMP, START + JUMP + 5 * MIN, began)
        await streams.publisher.send("readings", FUJISAWA, _fresh(clock.now))
        await _until(streams, {FLOOD: 3}, [])

        turned = now_utc()
        old = replace(bulletin(clock.now - JUMP, item(LAND, 4), carrier="VPWW56"), received_at=clock.now)
        await streams.publisher.send("bulletins", FUJISAWA, old)
        clock.jump(-JUMP)
        await _until(streams, {FLOOD: 3, LAND: 4}, [])
        await _ticked(streams, START, START + 5 * MIN, turned)
        assert not worker.ended
        assert await streams.records("dead-letters") == []


def _fresh(now: datetime) -> ReadingBatch:
    at = now - 3 * MIN
    return batch(now, reading(at, 5.3))


async def _until(streams: Line, levels: dict[Hazard, int], silent: list[str]) -> None:
    """The newest recommendation calls for these levels and names these as silent."""

    def says(found: list[Recommendation]) -> bool:
        if not found:
            return False
        called = {c.hazard: c.level for c in found[-1].called if c.area == FUJISAWA_AREA and c.hits}
        return called == levels and [s.subject for s in found[-1].silences] == silent

    await streams.until("recommendation-log", says)


async def _ticked(streams: Line, low: datetime, high: datetime, since: datetime) -> None:
    """Two ticks of one partition (so time passes, too) say that it is between these, and were made after `since`."""

    def passes(found: list[Tick]) -> bool:
        said = {one.at for one in found if one.partition == 0 and one.made_at >= since and low <= one.at < high}
        return len(said) >= 2

    await streams.until("ticks-watch", passes)
