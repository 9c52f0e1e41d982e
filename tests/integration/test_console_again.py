"""What the desk does again about an order in force: sending extended, or tried again where it failed; and counts."""

import asyncio
import re
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio

from schemas.codec import Codec
from schemas.kafka import read_to_end
from schemas.records.base import Hazard, Origin, World
from schemas.records.decided import Call, Order, Resend
from schemas.records.delivered import Bucket, End, JobOutcome, Plan, PlanKind, PlanState, Receipt, RecipientEnd
from schemas.records.plumbing import Heartbeat
from schemas.signing import is_signed, public_key
from tests.integration.console_running import FUJISAWA, ODAWARA, Town, recommendation, running_desk, trace
from tests.integration.test_console_api import decide, signed_in
from tests.integration.test_console_pages import approval, blanks, hidden, officer, settled

pytestmark = [pytest.mark.kafka, pytest.mark.asyncio(loop_scope="module")]
PLACE = f"/desk/actual/{ODAWARA}/landslide"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town(kafka: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    """One desk with decide, whose index counted 1,234 devices in Odawara."""
    async with running_desk(kafka, f"t{uuid.uuid4().hex[:8]}-", tmp_path_factory.mktemp("again")) as running:
        await running.publisher.send("recommendations", ODAWARA, recommendation(ODAWARA, 1, Hazard.LANDSLIDE, 4))
        await running.publisher.send("heartbeats", f"audience:{ODAWARA}", counted(1234))
        yield running


async def test_an_order_is_seen_before_approved_sent_again_and_extended(town: Town) -> None:
    """Nine languages and 1,234 devices before approval; failures tried again alone; the sending extended by two."""
    async with officer(town, "sato") as sato, officer(town, "suzuki") as suzuki:
        await settled(sato, PLACE, "の案を作る")
        form = hidden(await sato.get(f"{PLACE}/propose")) | {"order_type": "evacuation_order", "minutes": "60"}
        preview = await sato.post(f"{PLACE}/preview", data=form | blanks(await sato.get(f"{PLACE}/propose")))
        assert "1,234台" in preview.text
        for words in ("경계 레벨 4", "Mức cảnh báo 4", "चेतावनी स्तर 4", "警戒级别4", "CAP 1.2", "Lアラートの項目"):
            assert words in preview.text
        await sato.post(f"{PLACE}/propose", data=hidden(preview) | {"then": "submit"})
        waiting = await suzuki.get(PLACE)
        assert re.search(r"登録端末 1,234台（\d\d:\d\d 現在）に知らせることを確認しました", waiting.text)
        done = await suzuki.post(f"{PLACE}/approve", data=approval(waiting))
        assert "承認：受け付けました" in (await suzuki.get(done.headers["location"])).text

        order = await newest(town)
        assert (await sato.get(f"{PLACE}/resend")).status_code == 409
        await deliver(town, order)
        await settled(sato, PLACE, "届かなかった 3台だけに送り直す")
        await settled(sato, PLACE, "半数が 4秒以内")
        asked = await sato.get(f"{PLACE}/resend")
        sent = await sato.post(f"{PLACE}/resend", data=hidden(asked))
        assert "送り直しを依頼しました" in (await sato.get(sent.headers["location"])).text
        (wish,) = await records(town, "resends", Resend)
        assert is_signed(public_key(town.verify_key), wish)
        assert (wish.order_id, wish.revision, wish.officer, wish.ends) == (order.id, 1, "sato", ("expired", "failed"))

        extended = await sato.post(
            f"{PLACE}/extend", data=hidden(await sato.get(f"{PLACE}/extend")) | {"minutes": "360"}
        )
        assert "提出：受け付けました" in (await sato.get(extended.headers["location"])).text
        assert (await sato.post(f"{PLACE}/extend", data=hidden(asked) | {"minutes": "360"})).status_code == 409
        await suzuki.post(f"{PLACE}/approve", data=approval(await suzuki.get(PLACE)))
        again = await newest(town)
        assert (again.revision, again.action, again.texts, again.areas) == (2, "revise", order.texts, order.areas)
        assert again.deliver_until > order.deliver_until + timedelta(hours=4)
        await settled(sato, PLACE, "前の版の配信（1件）")


async def test_the_officers_are_called_before_the_sending_ends(town: Town) -> None:
    """An order that is sent for six seconds: a call says so on the desk, and leads to extending it or lifting."""
    async with signed_in(town, "sato") as sato, signed_in(town, "suzuki") as suzuki:
        until = (datetime.now(UTC) + timedelta(seconds=6)).isoformat()
        wish = {"action": "issue", "order_type": "evacuation_order", "deliver_until": until}
        drafted = await decide(sato, kind="propose", municipality=FUJISAWA, hazard="landslide", proposal=wish)
        case = drafted["verdict"]["case"]
        step = {"municipality": FUJISAWA, "hazard": "landslide", "case_id": case["id"], "digest": case["digest"]}
        await decide(sato, kind="submit", **step)
        assert (await decide(suzuki, kind="approve", **step))["verdict"]["accepted"]
    async with officer(town, "suzuki") as suzuki:
        await eventually(suzuki, "/desk/actual", "送信期限（延ばすか解除するか）")
    calls: list[Call] = [c for c in await records(town, "calls", Call) if c.municipality == FUJISAWA]
    assert {(c.kind, c.detail) for c in calls} == {("approver_missing", "sending_ends")}
    async with officer(town, "suzuki") as suzuki:
        page = await suzuki.get(f"/calls/{calls[-1].id}")
        assert f"/desk/actual/{FUJISAWA}/landslide/extend" in page.text
        assert f"/desk/actual/{FUJISAWA}/landslide/propose?action=lift" in page.text


async def eventually(browser: httpx.AsyncClient, path: str, words: str) -> None:
    """Ask until the page says it; ticks come every ten seconds."""
    async with asyncio.timeout(40):
        while words not in (await browser.get(path)).text:  # noqa: ASYNC110 -- the desk sets no event of ours
            await asyncio.sleep(0.2)


def counted(devices: int) -> Heartbeat:
    """What the index says of its size."""
    now = datetime.now(UTC)
    return Heartbeat(
        f"audience:{ODAWARA}", "notifier", World.ACTUAL, "ok", "", None, None, None, devices, 0, now, now
    )  # fmt: skip


async def deliver(town: Town, order: Order) -> None:
    """Five planned: two accepted, two failed, one expired; one showed it 4 seconds later."""
    at = order.made_at
    same: dict[str, Any] = {
        "world": World.ACTUAL, "origin": Origin.LIVE, "municipality": ODAWARA, "order_id": order.id,
        "revision": order.revision, "trace": trace(), "made_at": at,
    }  # fmt: skip
    plan = Plan(id="p", kind=PlanKind.FIRST, state=PlanState.COMPLETE, audience=5,
                buckets=(Bucket("j", ODAWARA, 0, 5),), digest="d", **same)  # fmt: skip
    ends = (End.ACCEPTED, End.ACCEPTED, End.FAILED, End.FAILED, End.EXPIRED)
    said = tuple(RecipientEnd(f"s{n}", end, None, None, 1, at) for n, end in enumerate(ends))
    outcome = JobOutcome(id="o", job_id="j", plan_id="p", bucket=0, attempt=0, ends=said, **same)
    shown = Receipt("r", World.ACTUAL, "s0", order.id, order.revision, "shown", at + timedelta(seconds=4), at)
    for topic, record in (("plans", plan), ("outcomes", outcome), ("receipts", shown)):
        await town.publisher.send(topic, order.id, record)


async def newest(town: Town) -> Order:
    """The last order on the topic."""
    found: list[Order] = await records(town, "orders", Order)
    return max(found, key=lambda order: order.revision)


async def records(town: Town, topic: str, record: type[Any]) -> list[Any]:
    """Everything on a topic of the actual world."""
    name = town.where.name(topic, World.ACTUAL)
    codec: Codec[Any] = Codec(record, World.ACTUAL)
    return [codec.decode(message.value) async for message in read_to_end(town.where, name)]
