"""Recorded bytes over HTTP, through connectors and watch on a real Kafka: the levels are those that the sources say.

Expected values were written by hand from the three telegrams and from the thresholds and the record of the gauge.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import httpx
import pytest
from rich.console import Console

from local.scenario import JST
from local.system import Wanted
from local.up import running
from local.witness import Witness
from schemas.records.base import Hazard, Origin
from schemas.records.judged import Recommendation
from schemas.records.observed import Bulletin, ReadingBatch

SCENARIO = Path(__file__).with_name("recorded.toml")
ODAWARA, HAKONE, MANAZURU, YUGAWARA, FUJISAWA = "1420600", "1438200", "1438300", "1438400", "1420500"


def jst(text: str) -> datetime:
    """`2026-09-21 15:00`, JST."""
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=JST)


@pytest.mark.e2e
@pytest.mark.deadline(180)
async def test_recorded_bytes_become_the_official_levels(recorded: Callable[[str], Path], data_dir: Path) -> None:
    """Level 4 per area and lifted again on the telegrams' evening; level 3 at 15:00 by rapid rise, nothing higher."""
    recorded("jma/samples/17_04_01_250630_VXWW50.xml")
    wanted = Wanted(SCENARIO, None, data=data_dir, parts=frozenset({"connectors", "watch"}))
    async with (
        running(wanted, Console(quiet=True)) as system,
        httpx.AsyncClient(base_url=system.url("replay")) as clock,
    ):
        witness = Witness(system.where)
        reading = asyncio.create_task(witness.run())
        await clock.post("/clock/resume")
        await witness.until(lambda: _last_slot(witness), "batch with the reading of 2026-09-22 05:50", 150)
        await witness.until(lambda: _flood_is_over(witness), "end of the level 3", 20)
        reading.cancel()
    _landslide(witness)
    _flood(witness)
    origins = {getattr(sighting.record, "origin", Origin.REPLAY) for sighting in witness.sightings}
    assert origins == {Origin.REPLAY}


def _last_slot(witness: Witness) -> bool:
    last = jst("2026-09-22 05:50")
    return any(reading.observed_at == last for batch in witness.of(ReadingBatch) for reading in batch.readings)


def _flood_is_over(witness: Witness) -> bool:
    return levels(witness, FUJISAWA, Hazard.FLOOD)[-1][1] != 3


def levels(witness: Witness, area: str, hazard: Hazard) -> list[tuple[datetime, int | None, tuple[str, ...]]]:
    """(fact's time, level, rules) of an area and hazard, whenever the level changed."""
    rows: list[tuple[datetime, int | None, tuple[str, ...]]] = []
    for recommendation in witness.of(Recommendation):
        called = [c for c in recommendation.called if c.area == area and c.hazard is hazard]
        level = called[0].level if called else None
        if not rows or rows[-1][1] != level:
            rules = tuple(hit.rule for hit in called[0].hits) if called else ()
            rows.append((recommendation.as_of.astimezone(JST), level, rules))
    return rows


def _landslide(witness: Witness) -> None:
    first, second, lifted = jst("2024-11-02 18:50"), jst("2024-11-02 20:50"), jst("2024-11-02 23:27")
    bulletins = [b for b in witness.of(Bulletin) if any(item.active for item in b.items)]
    said = {(b.area, b.reported_at.astimezone(JST), item.level, item.status) for b in bulletins for item in b.items}
    assert said == {
        (ODAWARA, first, 4, "発表"),
        (MANAZURU, first, 4, "発表"),
        (YUGAWARA, first, 4, "発表"),
        (ODAWARA, second, 4, "継続"),
        (HAKONE, second, 4, "発表"),
        (MANAZURU, second, 4, "継続"),
        (YUGAWARA, second, 4, "継続"),
    }
    by_area = {}
    for area in (ODAWARA, HAKONE, MANAZURU, YUGAWARA):
        by_area[area] = [
            (r.as_of.astimezone(JST), c.level)
            for r in witness.of(Recommendation)
            for c in r.called
            if c.area == area and c.hazard is Hazard.LANDSLIDE
        ]
    for area, since in ((ODAWARA, first), (MANAZURU, first), (YUGAWARA, first), (HAKONE, second)):
        assert by_area[area][0] == (since, 4), area
        after = [level for at, level in by_area[area] if at >= lifted]
        assert after, area
        assert 4 not in after, area


def _flood(witness: Witness) -> None:
    rows = [row for row in levels(witness, FUJISAWA, Hazard.FLOOD) if row[1] is not None and row[1] >= 3]
    assert [(at, level) for at, level, _ in rows] == [(jst("2026-09-21 15:00"), 3)]
    assert "FN-3b" in rows[0][2]
