"""What the desk knows: a fold over records of all worlds. No Kafka, no clock.

Repeats change nothing, and topics may interleave in any order; within one municipality a topic keeps its own order.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from console.deliveries import Ledger
from console.series import Gauges
from schemas.records.base import Hazard, World
from schemas.records.decided import Call, CallState, CaseView, Decision, DecisionKind, Order, Policy, Verdict
from schemas.records.delivered import JobOutcome, Plan, Receipt
from schemas.records.judged import Detection, Recommendation
from schemas.records.observed import Bulletin, ReadingBatch, Report
from schemas.records.plumbing import DeadLetter, Heartbeat

REPEATED = frozenset({"VPWS50", "VPWP50", "BOSAI"})
"""Snapshots and forecasts that come every few minutes or hours and replace the one before."""
_CALL_RANK = {CallState.OPEN: 0, CallState.ACKNOWLEDGED: 1, CallState.CLOSED: 2}


@dataclass(slots=True)
class WorldView:
    """One world as the desk shows it. Fields are by municipality or by id; read them through `console.cards`."""

    world: World
    recommendations: dict[str, Recommendation] = field(default_factory=dict)
    cases: dict[str, CaseView] = field(default_factory=dict)
    case_town: dict[str, str] = field(default_factory=dict)
    latest_case: dict[tuple[str, Hazard], str] = field(default_factory=dict)
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    verdict_of: dict[str, Verdict] = field(default_factory=dict)
    decisions: dict[str, Decision] = field(default_factory=dict)
    orders: dict[str, dict[int, Order]] = field(default_factory=dict)
    calls: dict[str, Call] = field(default_factory=dict)
    detections: dict[str, Detection] = field(default_factory=dict)
    bulletins: dict[str, Bulletin] = field(default_factory=dict)
    reports: dict[str, Report] = field(default_factory=dict)
    duty: dict[str, tuple[str, ...]] = field(default_factory=dict)
    policies: dict[str, tuple[Policy, ...]] = field(default_factory=dict)
    gauges: Gauges = field(default_factory=Gauges)
    ledger: Ledger = field(default_factory=Ledger)
    _repeated: dict[tuple[str, str, str], Bulletin] = field(default_factory=dict)

    def take_recommendation(self, record: Recommendation) -> None:
        """The highest number is the state."""
        known = self.recommendations.get(record.municipality)
        if known is None or known.number < record.number:
            self.recommendations[record.municipality] = record

    def take_verdict(self, record: Verdict) -> None:
        """A verdict seen for the first time is newer than all before it; a repeat tells nothing."""
        if record.id in self.verdicts:
            return
        self.verdicts[record.id] = record
        if record.decision_id is not None:
            self.verdict_of.setdefault(record.decision_id, record)
        if record.case is not None:
            self._case(record.municipality, record.case)
        self.duty[record.municipality] = record.duty
        self.policies[record.municipality] = record.policies

    def take_order(self, record: Order) -> None:
        """A revision stays what it was; only its halt may still come."""
        revisions = self.orders.setdefault(record.id, {})
        known = revisions.get(record.revision)
        if known is None or (record.halted and not known.halted):
            revisions[record.revision] = record

    def take_call(self, record: Call) -> None:
        """The furthest state of a call, then its last step."""
        known = self.calls.get(record.id)
        if known is None or _call_order(known) < _call_order(record):
            self.calls[record.id] = record

    def take_decision(self, record: Decision) -> None:
        """The first of an id; the console itself wrote it."""
        self.decisions.setdefault(record.id, record)

    def take_detection(self, record: Detection) -> None:
        """By id."""
        self.detections.setdefault(record.id, record)

    def take_bulletin(self, record: Bulletin) -> None:
        """By id; of what repeats all day long, the newest of each area is enough."""
        if record.id in self.bulletins:
            return
        if record.carrier in REPEATED:
            older = self._repeated.get((record.area, record.carrier, record.scope))
            if older is not None and (older.reported_at, older.id) > (record.reported_at, record.id):
                return
            self._repeated[record.area, record.carrier, record.scope] = record
            self.bulletins.pop(older.id if older else "", None)
        self.bulletins[record.id] = record

    def take_report(self, record: Report) -> None:
        """By id."""
        self.reports.setdefault(record.id, record)

    def newest(self, order_id: str) -> Order | None:
        """The newest revision of an order."""
        revisions = self.orders.get(order_id)
        return revisions[max(revisions)] if revisions else None

    def pending_policies(self, municipality: str) -> tuple[Policy, ...]:
        """Policies that one officer signed and no second one yet, and nobody revoked."""
        accepted = [d for d in self.decisions.values() if d.municipality == municipality and self._accepted(d.id)]
        settled = {d.policy_id for d in accepted if d.kind in (DecisionKind.APPROVE_POLICY, DecisionKind.REVOKE_POLICY)}
        signed = [d.policy for d in accepted if d.kind is DecisionKind.SIGN_POLICY and d.policy is not None]
        return tuple(policy for policy in signed if policy.id not in settled)

    def _accepted(self, decision_id: str) -> bool:
        verdict = self.verdict_of.get(decision_id)
        return verdict is not None and verdict.accepted

    def _case(self, municipality: str, case: CaseView) -> None:
        if case.id not in self.cases:
            self.latest_case[municipality, case.hazard] = case.id
        self.cases[case.id] = case
        self.case_town[case.id] = municipality


def _call_order(call: Call) -> tuple[int, int]:
    return _CALL_RANK[call.state], call.step


@dataclass(slots=True)
class Projection:
    """All worlds, and what exists once. `unreadable` is what the console itself could not read, by place."""

    worlds: dict[World, WorldView] = field(default_factory=lambda: {world: WorldView(world) for world in World})
    heartbeats: dict[tuple[str, World | None], Heartbeat] = field(default_factory=dict)
    dead_letters: dict[str, DeadLetter] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)

    def take(self, record: Any) -> None:
        """Fold one record in; a type that is no input here is a TypeError."""
        handler = next((_HANDLERS[kind] for kind in type(record).__mro__ if kind in _HANDLERS), None)
        if handler is None:
            raise TypeError(f"the desk does not read {type(record).__name__} records")
        handler(self, record)

    def take_heartbeat(self, record: Heartbeat) -> None:
        """The newest of each source."""
        key = (record.source, record.world)
        known = self.heartbeats.get(key)
        if known is None or known.at <= record.at:
            self.heartbeats[key] = record

    def take_dead_letter(self, record: DeadLetter) -> None:
        """By id."""
        self.dead_letters.setdefault(record.id, record)


def _of_world(act: Callable[[WorldView, Any], None]) -> Callable[[Projection, Any], None]:
    return lambda projection, record: act(projection.worlds[record.world], record)


_HANDLERS: dict[type, Callable[[Projection, Any], None]] = {
    ReadingBatch: _of_world(lambda view, record: view.gauges.take(record)),
    Bulletin: _of_world(WorldView.take_bulletin),
    Report: _of_world(WorldView.take_report),
    Detection: _of_world(WorldView.take_detection),
    Recommendation: _of_world(WorldView.take_recommendation),
    Decision: _of_world(WorldView.take_decision),
    Verdict: _of_world(WorldView.take_verdict),
    Order: _of_world(WorldView.take_order),
    Call: _of_world(WorldView.take_call),
    Plan: _of_world(lambda view, record: view.ledger.take_plan(record)),
    JobOutcome: _of_world(lambda view, record: view.ledger.take_outcome(record)),
    Receipt: _of_world(lambda view, record: view.ledger.take_receipt(record)),
    Heartbeat: Projection.take_heartbeat,
    DeadLetter: Projection.take_dead_letter,
}
