"""The ledger of an order revision as a file: what a signed-in officer of the town gets, and nobody else."""

import csv
import io
import uuid
from collections.abc import AsyncIterator

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
