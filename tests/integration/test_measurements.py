"""Sources of measurements through the real loop and the real Kafka: over HTTP into the topic `readings`."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest

from connectors.fetch import Fetcher
from connectors.formats import source_of
from connectors.places import from_reference
from connectors.rain.observations import slot_name
from connectors.rows import Feeds
from connectors.runner import Line, Outside, turn
from connectors.traffic.jartic import address
from connectors.vitals import Vitals
from schemas.kafka import Publisher
from schemas.process.clock import RealClock
from schemas.process.health import Health
from schemas.records.base import Origin, World
from schemas.records.observed import PollOutcome, Quality, ReadingBatch
from tests.contract.connectors.test_crisis import GOOD, items
from tests.integration.connectors_rig import ROW, publishing
from tests.integration.notifier_rig import records
from tests.integration.odd_server import Answers, OddServer, odd_server, reply
from tests.unit.connectors.test_traffic import answer, counter

pytestmark = pytest.mark.kafka

JST = timedelta(hours=9)
OKUDA, TSUJIDO, NIIZAKI = "1400000015", "46141", "3585_4_808"
FUJISAWA, OISO, YUGAWARA = "14205", "14341", "14384"


@pytest.fixture
async def publisher(kafka: str, namespace: str) -> AsyncIterator[Publisher]:
    """Connected, with topics of this test's own."""
    async with publishing(kafka, namespace) as connected:
        yield connected


async def polls(publisher: Publisher, server: OddServer, kind: str, path: str, times: int, *stations: str) -> None:
    """The loop's turn, `times` in a row, for one row of this kind."""
    row = replace(ROW, id=kind, kind=kind, url=server.address + path, take={}, stations=stations)
    feeds = Feeds((row,), frozenset())
    outside = Outside(feeds, publisher, RealClock(), Health(), "Sonae/test", lambda: 0.5)
    async with Fetcher(row, feeds, "Sonae/test") as fetcher:
        line = Line(source_of(row, feeds, from_reference()), fetcher, feeds, None, Vitals())
        for _ in range(times):
            await turn(line, outside, datetime.now(UTC))


async def batches(publisher: Publisher, municipality: str) -> list[ReadingBatch]:
    """What lies in `readings` for a municipality, in order."""
    found = await records(publisher.where, "readings", World.ACTUAL)
    return [batch for batch in found if batch.municipality == municipality]


def floored(minutes: int, back: int = 0) -> datetime:
    """The newest slot of so many minutes, `back` minutes ago."""
    now = datetime.now(UTC) - timedelta(minutes=back)
    return now.replace(minute=now.minute // minutes * minutes, second=0, microsecond=0)


async def test_a_crisis_gauge_wakes_and_falls_asleep(publisher: Publisher) -> None:
    """In the list, then not: a stage, and one word that it is below its start level. Never two of either."""
    seen = GOOD | {"obsTime": floored(10).isoformat(), "level": 2.10}
    served: Answers = {"/14000.json": [reply(items(seen)), reply(items(seen)), reply(items())]}
    async with odd_server(served) as server:
        await polls(publisher, server, "kikikanri", "/14000.json", 4)
    got = await batches(publisher, FUJISAWA)
    assert [[(r.value, r.quality) for r in batch.readings] for batch in got] == [
        [(2.10, Quality.VALID)],
        [],
        [(None, Quality.CLOSED)],
        [],
    ]
    assert {batch.origin for batch in got} == {Origin.REPLAY}
    assert all(OKUDA in batch.stations for batch in got)


async def test_rain_of_a_slot_reaches_the_municipality(publisher: Publisher) -> None:
    """The site's clock, its map, and then the same again."""
    slot = floored(10)
    rain = json.dumps({TSUJIDO: {"precipitation10m": [3.5, 0], "precipitation1h": [None, 6]}}).encode()
    clock = f"{slot + JST:%Y-%m-%dT%H:%M:00}+09:00".encode()
    served: Answers = {"/data/latest_time.txt": [reply(clock)], f"/data/map/{slot_name(slot)}.json": [reply(rain)]}
    async with odd_server(served) as server:
        await polls(publisher, server, "amedas", "/", 2)
    first, second = await batches(publisher, FUJISAWA)
    assert [(r.quantity, r.value, r.quality, r.observed_at) for r in first.readings] == [
        ("rain_10min", 3.5, Quality.VALID, slot),
        ("rain_1h", None, Quality.MISSING, slot),
    ]
    assert (second.outcome, second.readings) == (PollOutcome.UNCHANGED, ())


async def test_traffic_reaches_the_municipality_of_the_road(publisher: Publisher) -> None:
    """A count, and then nothing newer."""
    slot = floored(5, back=25)
    counted = answer(counter(time=f"{slot + JST:%Y%m%d%H%M}", flags={"上り・欠測": "1"}))
    path = urlsplit(address("http://x/geoserver", slot))
    served: Answers = {f"{path.path}?{path.query}": [reply(counted)]}
    async with odd_server(served) as server:
        await polls(publisher, server, "jartic", "/geoserver", 2)
    first, second = await batches(publisher, OISO)
    assert [(r.quantity, r.value, r.unit) for r in first.readings] == [
        ("traffic_up", None, "1/5min"),
        ("traffic_down", 38.0, "1/5min"),
    ]
    assert second.outcome is PollOutcome.UNCHANGED


async def test_a_record_that_grows_reaches_the_municipality(publisher: Publisher) -> None:
    """Two lines, then a third; a bad line is a dead letter, and the others go on."""
    lines = [f"{floored(10, back) + JST:%Y-%m-%dT%H:%M:00}+09:00,{level}" for back, level in ((40, 0.07), (30, "high"))]
    more = [*lines, f"{floored(10, 20) + JST:%Y-%m-%dT%H:%M:00}+09:00,0.09"]
    tables = ["\n".join(("timestamp,level_m", *rows)).encode() for rows in (lines, more)]
    async with odd_server({"/niizaki.csv": [reply(table) for table in tables]}) as server:
        await polls(publisher, server, "kanagawa-record", "/niizaki.csv", 2, NIIZAKI)
    got = await batches(publisher, YUGAWARA)
    assert [[r.value for r in batch.readings] for batch in got] == [[0.07], [0.09]]
    letters = await records(publisher.where, "dead-letters", None)
    assert [(letter.reason, letter.municipality) for letter in letters] == [("not_a_number", YUGAWARA)]
