"""The ledger of an order revision as a file: what a signed-in officer of the town gets, and nobody else."""

import asyncio
import csv
import io
import os
import sys
import uuid
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from notifier.plan import chunks_of, job_of, order_plan, plan_id, row_of, with_rows
from schemas.process.clock import now_utc
from schemas.records.base import World
from schemas.records.delivered import End, PlanKind, Receipt
from tests.integration.console_running import FUJISAWA, Town, running_desk
from tests.integration.notifier_orders import order, outcome
from tests.integration.notifier_rig import until
from tests.integration.test_console_pages import officer

pytestmark = [pytest.mark.kafka, pytest.mark.asyncio(loop_scope="module")]
NAMES = [f"{digit}" * 22 for digit in "0123"]
FILE = "/orders/order-1/1/ledger.csv"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town(kafka: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    """A desk alone, and one order for four people in Fujisawa: three have an end, one saw it."""
    async with running_desk(
        kafka, f"t{uuid.uuid4().hex[:8]}-", tmp_path_factory.mktemp("ledger"), decide=False
    ) as desk:
        one = order(municipality=FUJISAWA)
        (chunk,) = chunks_of({(FUJISAWA, 0): NAMES})
        empty = order_plan(one, plan_id(one), PlanKind.FIRST, one.trace, now_utc())
        plan = with_rows(empty, [row_of(empty.id, chunk)], chunk.digest)
        job = job_of(plan, plan.buckets[0], NAMES, one)
        shown = Receipt("r", World.ACTUAL, NAMES[0], one.id, 1, "shown", now_utc(), now_utc())
        await desk.publisher.send("orders", FUJISAWA, one)
        await desk.publisher.send("plans", one.id, plan)
        await desk.publisher.send("outcomes", one.id, outcome(job, {NAMES[0]: End.ACCEPTED, NAMES[1]: End.ACCEPTED}))
        await desk.publisher.send("outcomes", one.id, outcome(job, {NAMES[2]: End.FAILED}, status=400))
        await desk.publisher.send("receipts", one.id, shown)
        yield desk


async def test_a_row_a_recipient_for_the_towns_own_officers(town: Town) -> None:
    """Four rows: how each ended, who saw it, and one that is open; another town's officer finds nothing there."""
    async with officer(town, "sato") as sato:

        async def known() -> httpx.Response | None:
            answer = await sato.get(FILE)
            return answer if answer.status_code == 200 else None

        answer: httpx.Response = await until(known, "the desk has read the order")
        rows = list(csv.DictReader(io.StringIO(answer.text)))
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        ends = {row["subscriber"]: (row["end"], row["status"]) for row in rows}
        assert ends == {
            NAMES[0]: ("accepted", "201"),
            NAMES[1]: ("accepted", "201"),
            NAMES[2]: ("failed", "400"),
            "": ("open", ""),
        }
        assert [row["subscriber"] for row in rows if row["shown_at"]] == [NAMES[0]]
        assert (await sato.get("/orders/order-1/2/ledger.csv")).status_code == 404
    async with officer(town, "tanaka") as tanaka:
        assert (await tanaka.get(FILE)).status_code == 404
    async with httpx.AsyncClient(base_url=town.url, trust_env=False) as nobody:
        assert (await nobody.get(FILE)).status_code in {303, 401}


async def test_the_same_on_the_command_line(town: Town, tmp_path: Path) -> None:
    """A whole file or none: an order that nobody knows, and a Kafka that is not there, are one sentence."""
    file = tmp_path / "ledger.csv"
    code, said, _ = await _ledger(town, "--order", "order-1", "--revision", "1", "--csv", str(file))
    assert (code, said) == (0, f"4 recipients of order order-1 revision 1 (actual) in {file}\n")
    rows = list(csv.DictReader(io.StringIO(file.read_text(encoding="utf8"))))
    assert sorted(row["end"] for row in rows) == ["accepted", "accepted", "failed", "open"]
    unknown = "--order", "nobody", "--revision", "1", "--csv", str(tmp_path / "none.csv")
    code, said, why = await _ledger(town, *unknown)
    assert (code, said, why.count("\n")) == (2, "", 1)
    code, said, why = await _ledger(town, *unknown, SONAE_KAFKA_BOOTSTRAP="127.0.0.1:1")
    assert (code, said) == (1, "")
    assert "SONAE_KAFKA_BOOTSTRAP" in why.splitlines()[-1]
    assert [path.name for path in tmp_path.iterdir()] == ["ledger.csv"]


async def _ledger(town: Town, *words: str, **more: str) -> tuple[int | None, str, str]:
    known = {"SONAE_KAFKA_BOOTSTRAP": town.where.bootstrap, "SONAE_NAMESPACE": town.where.namespace}
    env = {name: value for name, value in os.environ.items() if not name.startswith("SONAE_")} | known | more
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "console", "ledger", *words, env=env, stdout=PIPE, stderr=PIPE
    )
    said, why = await asyncio.wait_for(running.communicate(), 60)
    return running.returncode, said.decode(), why.decode()
