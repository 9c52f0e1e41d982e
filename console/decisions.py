"""Signs what an officer does, writes it to `decisions`, and waits for its verdict."""

import asyncio
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from schemas.process.clock import now_utc
from schemas.records.base import Hazard, Origin, Trace, World, content_id
from schemas.records.decided import Decision, DecisionKind, Policy, Proposal, Verdict
from schemas.signing import sign

VERDICT_WAIT_S = 5.0


@dataclass(frozen=True, slots=True)
class Step:
    """What an officer wants done, before it is signed. `nonce` comes with the form: sent twice, it is one decision."""

    world: World
    municipality: str
    kind: DecisionKind
    nonce: str
    hazard: Hazard | None = None
    case_id: str | None = None
    proposal: Proposal | None = None
    digest: str | None = None
    reason: str | None = None
    call_id: str | None = None
    duty: tuple[str, ...] = ()
    policy: Policy | None = None
    policy_id: str | None = None
    content: Any = field(default=None, compare=False)

    def decision_id(self, officer: str) -> str:
        """The id: the form's nonce with all that the officer entered, so a changed form is another decision."""
        content = json.dumps(self.content, sort_keys=True, ensure_ascii=False, default=str)
        parts = (self.hazard, self.case_id, self.digest, self.reason, self.call_id, self.duty, self.policy_id, content)
        return content_id("decision", self.world, self.municipality, officer, self.kind, self.nonce, *parts)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a step: its id, and its verdict unless none came in time."""

    decision_id: str
    verdict: Verdict | None


class Sender(Protocol):
    """What the desk needs of a publisher."""

    async def send(self, topic_name: str, key: str, record: Any) -> Any:
        """Send one record and wait until it is acknowledged."""


@dataclass(frozen=True, slots=True)
class Hand:
    """Whose hand takes a step, when (event time), and whether what it rests on is a replay."""

    officer: str
    origin: Origin
    decided_at: datetime


def signed(step: Step, hand: Hand, key: Ed25519PrivateKey, made_at: datetime) -> Decision:
    """The decision of a step, signed for its officer. `made_at` is real time."""
    decision_id = step.decision_id(hand.officer)
    return sign(
        key,
        Decision(
            id=decision_id,
            world=step.world,
            origin=hand.origin,
            municipality=step.municipality,
            officer=hand.officer,
            kind=step.kind,
            hazard=step.hazard,
            case_id=step.case_id,
            proposal=step.proposal,
            digest=step.digest,
            reason=step.reason,
            call_id=step.call_id,
            duty=step.duty,
            policy=step.policy,
            policy_id=step.policy_id,
            decided_at=hand.decided_at,
            signature=b"",
            trace=Trace(decision_id, made_at),
            made_at=made_at,
        ),
    )


class Decider:
    """The only writer of `decisions`. `heard` is told of every record that the desk reads."""

    def __init__(self, key: Ed25519PrivateKey, sender: Sender, known: dict[World, dict[str, Verdict]]) -> None:
        self._key, self._sender, self._known = key, sender, known
        self._waiting: dict[str, asyncio.Future[Verdict]] = {}
        self._sent: set[str] = set()

    async def decide(self, step: Step, hand: Hand, wait_s: float = VERDICT_WAIT_S) -> Answer:
        """Write the step once and wait for its verdict; None after `wait_s` seconds of real time.

        Raises what the sender raises: then nobody knows whether it was written.
        """
        decision = signed(step, hand, self._key, now_utc())
        known = self._known[step.world].get(decision.id)
        if known is not None:
            return Answer(decision.id, known)
        verdict = self._waiting.setdefault(decision.id, asyncio.get_running_loop().create_future())
        try:
            async with asyncio.timeout(wait_s):
                await self._send_once(decision)
                return Answer(decision.id, await asyncio.shield(verdict))
        except TimeoutError:
            return Answer(decision.id, None)

    def verdict_on(self, step: Step, officer: str) -> Verdict | None:
        """What came of the very same step, if it was taken before."""
        return self._known[step.world].get(step.decision_id(officer))

    def is_under_way(self, step: Step, officer: str) -> bool:
        """Whether the very same step was written and waits for its verdict: a button that was pressed twice."""
        return step.decision_id(officer) in self._sent

    def heard(self, record: Any) -> None:
        """A verdict wakes who waits for it."""
        if isinstance(record, Verdict) and record.decision_id is not None:
            waiting = self._waiting.pop(record.decision_id, None)
            if waiting is not None and not waiting.done():
                waiting.set_result(record)

    async def _send_once(self, decision: Decision) -> None:
        if decision.id in self._sent:
            return
        self._sent.add(decision.id)
        try:
            await asyncio.shield(self._sender.send("decisions", decision.municipality, decision))
        except Exception:
            self._sent.discard(decision.id)
            raise
