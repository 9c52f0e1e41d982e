"""*decide* on a real Kafka: two officers, one order, whatever dies in between; and a signature that is not ours."""

import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from local.child import Running
from schemas import signing
from schemas.process.clock import now_utc
from schemas.records.base import Hazard
from schemas.records.decided import Action, DecisionKind, Order, Verdict
from schemas.records.plumbing import CaseState
from tests.integration.streams_rig import ACTUAL, AT, DECIDE, Line, line
from tests.unit.streams.decide.town import Town, called, proposal

pytestmark = pytest.mark.kafka
PROPOSE, SUBMIT, APPROVE = DecisionKind.PROPOSE, DecisionKind.SUBMIT, DecisionKind.APPROVE


@dataclass
class Desk:
    """Officers at a desk whose console signs what they do."""

    line: Line
    town: Town

    async def start(self) -> Running:
        """The app."""
        return await self.line.worker(DECIDE)

    async def say(self, officer: str, kind: DecisionKind, key: str | None = None, **fields: Any) -> str:
        """Write a decision down; its id."""
        decision = replace(self.town.decision(officer, kind, **fields), made_at=now_utc())
        signed = signing.sign(signing.private_key(key or self.line.signing_key), decision)
        await self.line.publisher.send("decisions", "14205", signed)
        return signed.id

    async def verdict(self, decision_id: str) -> Verdict:
        """The verdict on a decision."""
        found = await self.line.until("verdicts", lambda all_: any(v.decision_id == decision_id for v in all_))
        verdict: Verdict = next(v for v in found if v.decision_id == decision_id)
        return verdict

    async def decide(self, officer: str, kind: DecisionKind, **fields: Any) -> Verdict:
        """Say it and wait for the verdict."""
        return await self.verdict(await self.say(officer, kind, **fields))

    async def orders(self) -> list[Order]:
        """What was ordered, repeats left out."""
        return list({(o.id, o.revision): o for o in await self.line.records("orders")}.values())


@pytest_asyncio.fixture
async def desk(kafka: str, namespace: str, tmp_path: Path) -> AsyncIterator[Desk]:
    """A desk with a key of its own."""
    async with line(kafka, namespace, tmp_path) as made:
        yield Desk(made, Town())


def order(action: Action = Action.ISSUE, level: int = 4) -> Any:
    """A proposal that is sent for an hour from now."""
    return proposal(level, action, deliver_until=now_utc() + timedelta(hours=1))


async def test_an_order_survives_a_kill_after_every_step(desk: Desk) -> None:
    """Propose, kill, submit, kill, approve, kill: one order, by two persons."""
    worker = await desk.start()
    case = (await desk.decide("sato", PROPOSE, hazard=Hazard.FLOOD, proposal=order())).case
    assert case is not None
    worker = await _killed(desk, worker)
    await desk.decide("sato", SUBMIT, case_id=case.id, digest=case.digest)
    worker = await _killed(desk, worker)
    assert (await desk.decide("sato", APPROVE, case_id=case.id, digest=case.digest)).code == "same_person"
    said = await desk.say("suzuki", APPROVE, case_id=case.id, digest=case.digest)
    worker = await _killed(desk, worker)
    verdict = await desk.verdict(said)
    assert verdict.accepted
    assert verdict.case is not None
    assert verdict.case.in_force
    await desk.line.until("orders", bool)
    assert [(o.revision, o.decided_by) for o in await desk.orders()] == [(1, ("sato", "suzuki"))]


async def test_a_decision_of_another_key_is_refused(desk: Desk) -> None:
    """Somebody else wrote to the topic."""
    await desk.start()
    stranger, _ = signing.new_key_pair()
    said = await desk.say("sato", PROPOSE, key=stranger, hazard=Hazard.FLOOD, proposal=order())
    assert (await desk.verdict(said)).code == "not_signed"


async def test_ticks_wake_people_when_a_call_is_not_answered(desk: Desk) -> None:
    """A recommendation of long ago in event time: the tick of now finds it unanswered and calls the next."""
    await desk.start()
    await desk.decide("sato", DecisionKind.SET_DUTY, duty=("sato", "suzuki"))
    await desk.line.publisher.send("recommendations", "14205", desk.town.recommendation(called(4)))
    calls = await desk.line.until("calls", lambda found: len(found) >= 2)
    assert [(c.step, c.officers) for c in calls[:2]] == [(0, ("sato",)), (1, ("suzuki",))]


async def test_a_case_in_another_layout_stops_decide(desk: Desk) -> None:
    """It is never forgotten, and never guessed."""
    state = CaseState(ACTUAL, "14205", "decide0", (), b"", AT)
    await desk.line.publisher.send("case-state", "14205", state)
    assert await (await desk.start()).wait() == "exit code 78"
    assert "layout decide0" in desk.line.log()


async def test_decide_without_a_key_does_not_start(desk: Desk) -> None:
    """One sentence, exit 2."""
    worker = await desk.line.worker(DECIDE, SONAE_VERIFY_KEY="short")
    assert await worker.wait() == "exit code 2"
    assert "SONAE_VERIFY_KEY" in desk.line.log()


async def _killed(desk: Desk, worker: Running) -> Running:
    worker.send(signal.SIGKILL)
    await worker.wait()
    return await desk.start()
