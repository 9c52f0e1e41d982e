"""What an operator looks at, on a whole running Sonae: pages, metrics, log lines, one trace from bytes to outcome."""

import asyncio
import json
import signal
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from bench.stage import stage
from bench.storm import scenario_toml, storm
from local.processes import Supervisor
from local.system import System, Wanted, choose_ports, start
from schemas.records.decided import Order
from schemas.records.delivered import JobOutcome, Plan
from schemas.records.judged import Recommendation
from schemas.records.observed import Bulletin

pytestmark = [pytest.mark.kafka, pytest.mark.asyncio(loop_scope="module"), pytest.mark.deadline(240)]

YUGAWARA, DEVICES = "14384", 2
PROGRAMS = ("connectors", "watch", "decide", "plan", "deliver", "index", "api", "broadcast", "console")
ON_THE_WAY = ("connectors", "watch", "decide", "plan", "deliver")
CLOSED_LIST = {
    "alert_source_last_content_timestamp_seconds": "gauge",
    "alert_source_fetch_failures": "counter",
    "alert_events_received": "counter",
    "alert_events_processed": "counter",
    "alert_events_dead_lettered": "counter",
    "alert_events_duplicates": "counter",
    "alert_events_suppressed": "counter",
    "alert_stage_latency_seconds": "histogram",
    "alert_issue_to_delivery_seconds": "histogram",
    "alert_partition_progress_timestamp_seconds": "gauge",
    "alert_heartbeat_roundtrip_seconds": "histogram",
    "alert_active": "gauge",
    "alert_beat_timestamp_seconds": "gauge",
    "push_deliveries": "counter",
    "push_prekeys": "counter",
    "push_prekeys_ready": "gauge",
    "push_broken_entries": "counter",
    "push_subscriptions": "gauge",
    "dedup_store_errors": "counter",
    "event_loop_lag_seconds": "gauge",
    "push_index_page_fill": "gauge",
}
"""Names and types as an operator's dashboards and alert rules know them (a counter's samples end in _total)."""


@dataclass(frozen=True, slots=True)
class Running:
    """A system after one order was issued by a policy, delivered and lifted; `records` is all that was seen."""

    system: System
    logs: Path
    records: list[Any]

    def page(self, program: str, path: str) -> str:
        """The address of a program's page."""
        port = self.system.supervisor.child(program).env["SONAE_HEALTH_PORT"]
        return f"http://127.0.0.1:{port}{path}"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sonae() -> AsyncIterator[Running]:
    """Everything on Kafka and Redis of its own, because Kafka is taken away at the end."""
    with tempfile.TemporaryDirectory(prefix="sonae-ops-") as name:
        folder, steps = Path(name), storm(1, [YUGAWARA])
        scenario = folder / "storm.toml"
        scenario.write_text(scenario_toml(steps), encoding="utf8")
        wanted = Wanted(scenario, None, towns={YUGAWARA: "yugawara"})
        async with Supervisor(folder / "logs", lambda _line: None) as supervisor:
            system = await start(wanted, folder, supervisor, choose_ports(), lambda _line: None)
            async with stage(system, DEVICES) as played:
                for step in steps:
                    await played.play(step)
            records = [sighting.record for sighting in played.witness.sightings]
            yield Running(system, folder / "logs", records)


@asynccontextmanager
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """A client that waits as long as a scraper would."""
    async with httpx.AsyncClient(timeout=10, trust_env=False) as opened:
        yield opened


async def families(sonae: Running, program: str) -> dict[str, Metric]:
    """The metrics of a program, by name, without those of Python and the process."""
    async with client() as asking:
        text = (await asking.get(sonae.page(program, "/metrics"))).text
    read = {family.name: family for family in text_string_to_metric_families(text)}
    return {name: family for name, family in read.items() if not name.startswith(("python_", "process_"))}


async def value(sonae: Running, program: str, sample: str, **labels: str) -> float:
    """The sum of a sample's values over all label sets that have these labels."""
    found = [s for family in (await families(sonae, program)).values() for s in family.samples if s.name == sample]
    return sum(s.value for s in found if labels.items() <= s.labels.items())


@pytest.mark.parametrize("program", PROGRAMS)
async def test_metrics_are_the_closed_list(sonae: Running, program: str) -> None:
    """The same names and types everywhere; what a program never sets has no sample, but is there."""
    served = {name: family.type for name, family in (await families(sonae, program)).items()}
    assert {name: kind for name, kind in served.items() if not name.endswith("_created")} == CLOSED_LIST


@pytest.mark.parametrize(
    ("program", "sample", "labels"),
    [
        ("connectors", "alert_source_last_content_timestamp_seconds", {"source": "jma-extra"}),
        ("connectors", "alert_events_received_total", {"source": "jma-extra", "hazard": "landslide"}),
        ("connectors", "alert_stage_latency_seconds_count", {"stage": "ingest"}),
        ("watch", "alert_events_received_total", {"source": "bulletins"}),
        ("watch", "alert_events_processed_total", {"source": "bulletins"}),
        ("watch", "alert_partition_progress_timestamp_seconds", {"topic": "bulletins"}),
        ("watch", "alert_stage_latency_seconds_count", {"stage": "watch"}),
        ("decide", "alert_events_processed_total", {"source": "decisions"}),
        ("decide", "alert_stage_latency_seconds_count", {"stage": "decide"}),
        ("plan", "alert_stage_latency_seconds_count", {"stage": "fanout"}),
        ("deliver", "alert_stage_latency_seconds_count", {"stage": "push"}),
        ("deliver", "alert_issue_to_delivery_seconds_count", {"hazard": "landslide"}),
        ("deliver", "push_deliveries_total", {}),
        ("index", "push_subscriptions", {"state": "active"}),
        ("console", "alert_heartbeat_roundtrip_seconds_count", {}),
    ],
)
async def test_what_happened_was_counted(sonae: Running, program: str, sample: str, labels: dict[str, str]) -> None:
    """One telegram, one policy, one order, its lift."""
    assert await value(sonae, program, sample, **labels) > 0


async def test_every_push_is_counted_once(sonae: Running) -> None:
    """The order and its lift to each resident's device, the call to the officer's; nothing else was sent."""
    accepted = sum(end.end == "accepted" for r in sonae.records if isinstance(r, JobOutcome) for end in r.ends)
    assert await value(sonae, "deliver", "push_deliveries_total") >= accepted >= 2 * DEVICES + 1


async def test_one_trace_leads_from_feed_bytes_to_the_last_outcome(sonae: Running) -> None:
    """Every record that came of the telegram carries its id and the time at which its bytes arrived."""
    order = next(r for r in sonae.records if isinstance(r, Order) and r.policy_id is not None)
    kinds = (Bulletin, Recommendation, Order, Plan, JobOutcome)
    same = [r for r in sonae.records if isinstance(r, kinds) and r.trace.id == order.trace.id]
    assert {kind for kind in kinds for record in same if isinstance(record, kind)} == set(kinds)
    assert {record.trace.started_at for record in same} == {order.trace.started_at}
    assert all(record.made_at >= order.trace.started_at for record in same)


async def test_the_logs_tell_the_same_way(sonae: Running) -> None:
    """One search for the id finds every program that had a hand in it."""
    order = next(r for r in sonae.records if isinstance(r, Order) and r.policy_id is not None)
    found = {program for program in PROGRAMS for line in lines(sonae, program) if line.get("trace") == order.trace.id}
    assert found >= set(ON_THE_WAY)


@pytest.mark.parametrize("program", PROGRAMS)
async def test_every_log_line_is_json_and_names_its_program(sonae: Running, program: str) -> None:
    """Also what libraries say; nothing is printed beside it."""
    for line in lines(sonae, program):
        assert {"program", "event", "level", "timestamp"} <= line.keys(), line


async def test_no_log_and_no_metric_names_a_resident(sonae: Running) -> None:
    """Subscribed, planned for, sent to, lifted: no id of theirs, no endpoint, no address in what operators collect."""
    told = {end.subscriber for record in sonae.records if isinstance(record, JobOutcome) for end in record.ends}
    assert len(told) >= DEVICES
    async with client() as asking:
        pages = [(await asking.get(sonae.page(program, "/metrics"))).text for program in PROGRAMS]
    logs = [(sonae.logs / f"{program}.log").read_text(encoding="utf8") for program in PROGRAMS]
    collected = "".join([*pages, *logs])
    assert [name for name in told if name in collected] == []
    assert "/push/" not in collected


def lines(sonae: Running, program: str) -> Iterator[dict[str, Any]]:
    """A program's log, line by line."""
    for text in (sonae.logs / f"{program}.log").read_text(encoding="utf8").splitlines():
        yield json.loads(text)


async def test_without_its_kafka_no_program_is_ready_and_with_it_all_are_again(sonae: Running) -> None:
    """Kafka stands still, as a machine does that swaps or lost its network: seen within a minute, then mended alone."""
    supervisor = sonae.system.supervisor
    assert await statuses(sonae, "/readyz") == dict.fromkeys(PROGRAMS, 200)
    assert await statuses(sonae, "/healthz") == dict.fromkeys(PROGRAMS, 200)
    supervisor.kill("kafka", signal.SIGSTOP)
    try:
        await until(lambda found: 200 not in found.values(), sonae, 60)
    finally:
        supervisor.kill("kafka", signal.SIGCONT)
    await until(lambda found: set(found.values()) == {200}, sonae, 90)


async def statuses(sonae: Running, path: str) -> dict[str, int]:
    """What each program's page answers; 0: nobody is there."""
    async with client() as asking:
        answers = await asyncio.gather(*(_status(asking, sonae.page(program, path)) for program in PROGRAMS))
    return dict(zip(PROGRAMS, answers, strict=True))


async def _status(asking: httpx.AsyncClient, url: str) -> int:
    try:
        return (await asking.get(url)).status_code
    except httpx.TransportError:
        return 0


async def until(true: Callable[[dict[str, int]], bool], sonae: Running, seconds: float) -> None:
    """Ask all pages again and again; fails with the last answers."""
    found: dict[str, int] = {}
    try:
        async with asyncio.timeout(seconds):
            while not true(found := await statuses(sonae, "/readyz")):  # noqa: ASYNC110 - their pages set no event
                await asyncio.sleep(0.3)
    except TimeoutError:
        pytest.fail(f"after {seconds:.0f} s /readyz still answers {found}")
