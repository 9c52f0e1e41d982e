"""Resend to the failed only, from the signed record to the ledger's table: a planner on a real Kafka and Redis."""

import csv
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from console.ledger_kafka import write_file
from console.resending import resend_of
from notifier import indexer, planner
from notifier.store import connect
from schemas.kafka import Publisher, Where
from schemas.process.clock import now_utc
from schemas.records.base import World
from schemas.records.decided import Action, Order, Resend
from schemas.records.delivered import End, Plan, PlanKind, PlanState
from schemas.signing import new_key_pair, private_key
from tests.integration.notifier_orders import order
from tests.integration.notifier_rig import create_topics, records, role, settings_for, until
from tests.integration.test_planner import TOPICS, Rig, indexed

pytestmark = pytest.mark.kafka
SIGNING, VERIFY = new_key_pair()
FAILED = (End.FAILED, End.EXPIRED)


@pytest.fixture
async def town(kafka: str, redis_url: str, namespace: str) -> AsyncIterator[Rig]:
    """An indexer, and a planner that knows the console's key."""
    settings = settings_for(kafka, redis_url, namespace, verify_key=VERIFY)
    create_topics(Where.of(settings), (*TOPICS, "receipts"))
    publisher, redis = Publisher(Where.of(settings)), connect(redis_url)
    await publisher.start()
    try:
        async with role(indexer, settings), role(planner, settings):
            yield Rig(settings, publisher, redis)
    finally:
        await publisher.stop()
        await redis.aclose()


def _resend(about: Order, nonce: str = "n1") -> Resend:
    return resend_of(about, "sato", FAILED, now_utc(), private_key(SIGNING), nonce)


async def _again(town: Rig, resend: Resend) -> Plan | None:
    return next((plan for plan in await town.plans() if plan.resends == resend.id), None)


async def test_only_who_failed_is_tried_again_once(town: Rig, tmp_path: Path) -> None:
    """Failed and expired get a new job, whatever comes twice; the ledger counts everyone once, with the newest end."""
    reached, failed, expired, gone = [
        await town.subscribe(name, {"14205": ()}) for name in ("reached", "failed", "expired", "gone")
    ]
    await until(lambda: indexed(town, 4), "four subscribers")
    issued = order()
    await town.publisher.send("orders", "14205", issued)
    first = await town.planned(PlanKind.FIRST)
    assert await town.recipients(first) == {reached, failed, expired, gone}
    await town.end(first, End.ACCEPTED, {reached})
    await town.end(first, End.FAILED, {failed}, status=400)
    await town.end(first, End.EXPIRED, {expired}, status=None)
    await town.end(first, End.GONE, {gone}, status=410)
    await until(lambda: town.plans(PlanState.COMPLETE), "the first plan is complete")

    resend = _resend(issued)
    for _ in range(2):
        await town.publisher.send("resends", "14205", resend)
    again = await until(lambda: _again(town, resend), "the resend's plan")
    assert (again.kind, again.audience, again.revision) == (PlanKind.SUPPLEMENTARY, 2, 1)
    assert await town.recipients(again) == {failed, expired}
    await town.end(again, End.ACCEPTED, {failed})
    await town.end(again, End.EXPIRED, {expired}, status=None)
    await until(lambda: _complete(town, again), "the resend is complete")

    await town.publisher.send("orders", "14205", order(revision=2, action=Action.LIFT, in_force=False))
    assert await town.recipients(await town.planned(PlanKind.LIFT)) == {reached, failed}
    assert len([plan for plan in await town.plans() if plan.resends]) == 1
    assert await write_file(town.where, World.ACTUAL, issued.id, 1, tmp_path / "ledger.csv") == 4
    with (tmp_path / "ledger.csv").open(encoding="utf8", newline="") as file:
        rows = {row["subscriber"]: row["end"] for row in csv.DictReader(file)}
    assert rows == {reached: "accepted", failed: "accepted", expired: "expired", gone: "gone"}


async def test_a_refused_resend_makes_no_plan(town: Rig) -> None:
    """Unsigned, halted, over, of an old revision: nothing is sent; the next one that may be is carried out."""
    name = await town.subscribe("failed", {"14205": ()})
    await until(lambda: indexed(town, 1), "one subscriber")
    issued = order()
    await town.publisher.send("orders", "14205", issued)
    first = await town.planned(PlanKind.FIRST)
    assert await town.recipients(first) == {name}
    await town.end(first, End.FAILED, {name}, status=400)
    await until(lambda: town.plans(PlanState.COMPLETE), "complete")
    stale = _resend(replace(issued, revision=3), "stale")
    forged = replace(_resend(issued, "forged"), officer="mallory")
    elsewhere = _resend(replace(issued, id="order-9"), "unknown")
    good = _resend(issued, "good")
    for resend in (stale, forged, elsewhere, good):
        await town.publisher.send("resends", "14205", resend)
    await until(lambda: _again(town, good), "the one that may be")
    assert Counter(plan.resends for plan in await town.plans() if plan.resends) == {good.id: 1}

    await town.publisher.send("orders", "14205", replace(issued, halted=True, made_at=now_utc()))
    halted, after = _resend(issued, "halted"), order(id="order-2", case_id="case-2")
    await town.publisher.send("resends", "14205", halted)
    await town.publisher.send("orders", "14205", after)
    await until(lambda: _planned(town, "order-2"), "what comes after is planned")
    over = order(id="order-3", case_id="case-3", deliver_until=now_utc() - timedelta(minutes=1))
    await town.publisher.send("orders", "14205", over)
    await until(lambda: _planned(town, "order-3"), "planned, to end as expired")
    await town.publisher.send("resends", "14205", _resend(over, "over"))
    await town.publisher.send("orders", "14205", order(id="order-4", case_id="case-4"))
    await until(lambda: _planned(town, "order-4"), "what comes after is planned")
    assert Counter(plan.resends for plan in await town.plans() if plan.resends) == {good.id: 1}


async def test_what_was_never_sent_ends_with_its_reason(town: Rig) -> None:
    """An order that comes when its time of sending is over: everyone is planned, and ends as expired without a job."""
    names = {await town.subscribe(f"d{number}", {"14205": ()}) for number in range(5)}
    await until(lambda: indexed(town, 5), "five subscribers")
    await town.publisher.send("orders", "14205", order(deliver_until=now_utc() - timedelta(seconds=1)))
    (complete,) = await until(lambda: town.plans(PlanState.COMPLETE), "complete")
    ends = [end for outcome in await records(town.where, "outcomes", World.ACTUAL) for end in outcome.ends]
    assert complete.audience == 5
    assert {end.subscriber: end.end for end in ends} == dict.fromkeys(names, End.EXPIRED)
    assert await town.jobs(complete) == []


async def _complete(town: Rig, plan: Plan) -> bool:
    return any(done.id == plan.id for done in await town.plans(PlanState.COMPLETE))


async def _planned(town: Rig, order_id: str) -> bool:
    return any(plan.order_id == order_id for plan in await town.plans(PlanState.STARTED))
