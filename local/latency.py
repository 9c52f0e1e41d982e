"""Latency per hop, from the real times that records carry. Pure."""

import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from schemas.records.decided import Decision, DecisionKind, Order, Verdict
from schemas.records.delivered import End, JobOutcome, Plan, PlanState
from schemas.records.judged import Recommendation
from schemas.records.observed import Bulletin, PollOutcome, ReadingBatch

Record = TypeVar("Record")
Timed = ReadingBatch | Bulletin | Recommendation | Decision | Verdict | Order | Plan | JobOutcome
TIMED = (ReadingBatch, Bulletin, Recommendation, Decision, Verdict, Order, Plan, JobOutcome)
HOPS = (
    "feed bytes → reading or bulletin",
    "reading or bulletin → recommendation",
    "decision → verdict",
    "decision → order",
    "order → plan",
    "plan → push accepted",
    "order → push accepted",
    "order → partner's stream",
)


@dataclass(slots=True)
class Hops:
    """Milliseconds seen for each hop."""

    seen: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def add(self, hop: str, start: datetime, end: datetime) -> None:
        """One passage."""
        self.seen[hop].append((end - start).total_seconds() * 1000)

    def rows(self) -> list[tuple[str, int, float, float]]:
        """(hop, count, p50, p99) in the order of the line, for the hops that were seen."""
        return [(hop, len(ms), percentile(ms, 50), percentile(ms, 99)) for hop in HOPS if (ms := self.seen.get(hop))]


def percentile(values: list[float], percent: int) -> float:
    """By linear interpolation between the closest ranks; one value is its own percentile."""
    if len(values) == 1:
        return values[0]
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def measure(records: Sequence[object]) -> Hops:
    """All hops that can be told from the records themselves, each passage once: a repeat after a kill is none."""
    hops, once = Hops(), _as_first_made(records)
    _inputs(hops, once)
    _decisions(hops, once)
    _deliveries(hops, once)
    return hops


def _as_first_made(records: Sequence[object]) -> list[Timed]:
    found: dict[tuple[object, ...], Timed] = {}
    for record in records:
        if isinstance(record, TIMED):
            name = type(record), record.id, getattr(record, "revision", None), getattr(record, "state", None)
            if name not in found or record.made_at < found[name].made_at:
                found[name] = record
    return list(found.values())


def _of(records: Sequence[object], kind: type[Record]) -> list[Record]:
    return [record for record in records if isinstance(record, kind)]


def _inputs(hops: Hops, records: Sequence[Timed]) -> None:
    came: dict[str, datetime] = {}
    read: list[ReadingBatch | Bulletin] = [b for b in _of(records, ReadingBatch) if b.outcome is PollOutcome.NEW]
    for record in [*read, *_of(records, Bulletin)]:
        hops.add(HOPS[0], record.trace.started_at, record.made_at)
        came[record.trace.id] = min(record.made_at, came.get(record.trace.id, record.made_at))
    for recommendation in _of(records, Recommendation):
        if recommendation.trace.id in came:
            hops.add(HOPS[1], came[recommendation.trace.id], recommendation.made_at)


def _decisions(hops: Hops, records: Sequence[Timed]) -> None:
    said = {decision.id: decision.made_at for decision in _of(records, Decision)}
    ordered = {(order.id, order.revision): order.made_at for order in _of(records, Order)}
    for verdict in _of(records, Verdict):
        if verdict.decision_id in said:
            hops.add(HOPS[2], said[verdict.decision_id], verdict.made_at)
            if verdict.decision_kind is DecisionKind.APPROVE and verdict.accepted and verdict.case:
                order = verdict.case.order_id or "", verdict.case.revision
                if order in ordered:
                    hops.add(HOPS[3], said[verdict.decision_id], ordered[order])


def _deliveries(hops: Hops, records: Sequence[Timed]) -> None:
    ordered = {(order.id, order.revision): order.made_at for order in _of(records, Order)}
    started = [plan for plan in _of(records, Plan) if plan.state is PlanState.STARTED]
    planned = {plan.id: plan.made_at for plan in started if (plan.order_id, plan.revision) in ordered}
    for plan in started:
        if plan.id in planned:
            hops.add(HOPS[4], ordered[plan.order_id, plan.revision], plan.made_at)
    for (plan_id, order_id, revision, _), at in _accepted(_of(records, JobOutcome)).items():
        if plan_id in planned:
            hops.add(HOPS[5], planned[plan_id], at)
            hops.add(HOPS[6], ordered[order_id, revision], at)


def _accepted(outcomes: Sequence[JobOutcome]) -> dict[tuple[str, str, int, str], datetime]:
    """When each device accepted each revision, by plan; outcomes may say it twice."""
    found: dict[tuple[str, str, int, str], datetime] = {}
    for outcome in outcomes:
        for end in outcome.ends:
            if end.end is End.ACCEPTED:
                name = outcome.plan_id, outcome.order_id, outcome.revision, end.subscriber
                found[name] = min(end.at, found.get(name, end.at))
    return found
