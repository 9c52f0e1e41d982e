"""How the sending of each order revision stands.

Planned = accepted + gone + expired + superseded + refused + failed + still open. Pure. The first end state of a
subscriber counts; repeats of plans, outcomes and receipts change nothing.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from schemas.records.delivered import End, JobOutcome, Plan, PlanKind, PlanState, Receipt

_WHOLE_AUDIENCE = frozenset({PlanKind.FIRST, PlanKind.UPDATE})


@dataclass(frozen=True, slots=True)
class Counts:
    """One order revision's board. `still_open` is what has no end yet; `plans` is how many plans it adds up."""

    planned: int
    ends: dict[End, int]
    still_open: int
    complete: bool
    plans: int
    shown: int
    clicked: int

    @property
    def ended(self) -> int:
        """Deliveries that have an end."""
        return sum(self.ends.values())


@dataclass(slots=True)
class _Progress:
    """One plan's ends. `known` is given back once all have ended: what still comes then is a repeat."""

    known: set[str] = field(default_factory=set)
    ends: Counter[End] = field(default_factory=Counter)
    audience: int | None = None
    complete: bool = False

    def full(self) -> bool:
        return self.audience is not None and self.ends.total() >= self.audience


@dataclass(slots=True)
class Ledger:
    """All plans of one world with their ends, by order and revision."""

    _plans: dict[tuple[str, int], dict[str, _Progress]] = field(default_factory=dict)
    _receipts: dict[tuple[str, int], set[tuple[str, str]]] = field(default_factory=dict)
    _audience: dict[str, tuple[datetime, int]] = field(default_factory=dict)

    def take_plan(self, plan: Plan) -> None:
        """A plan began or is complete."""
        progress = self._progress(plan.order_id, plan.revision, plan.id)
        progress.audience = plan.audience
        progress.complete = progress.complete or plan.state is PlanState.COMPLETE
        self._release(progress)
        known = self._audience.get(plan.municipality)
        if plan.kind in _WHOLE_AUDIENCE and (known is None or known[0] <= plan.made_at):
            self._audience[plan.municipality] = (plan.made_at, plan.audience)

    def take_outcome(self, outcome: JobOutcome) -> None:
        """Some recipients' ends."""
        progress = self._progress(outcome.order_id, outcome.revision, outcome.plan_id)
        if progress.full():
            return
        for end in outcome.ends:
            if end.subscriber not in progress.known:
                progress.known.add(end.subscriber)
                progress.ends[end.end] += 1
        self._release(progress)

    def take_receipt(self, receipt: Receipt) -> None:
        """A device showed an order, or somebody opened it."""
        key = (receipt.order_id, receipt.revision)
        self._receipts.setdefault(key, set()).add((receipt.subscriber, receipt.event))

    def counts(self, order_id: str, revision: int) -> Counts | None:
        """The board of a revision, or None before its first plan."""
        plans = self._plans.get((order_id, revision))
        if not plans:
            return None
        ends: Counter[End] = sum((p.ends for p in plans.values()), Counter())
        planned = sum(p.audience or 0 for p in plans.values())
        events = Counter(event for _, event in self._receipts.get((order_id, revision), ()))
        return Counts(
            planned=planned,
            ends={end: ends[end] for end in End},
            still_open=max(0, planned - ends.total()),
            complete=all(p.complete for p in plans.values()),
            plans=len(plans),
            shown=events["shown"],
            clicked=events["clicked"],
        )

    def last_audience(self, municipality: str) -> int | None:
        """How many devices the town hall's last whole plan was for: what the desk knows of its subscribers."""
        known = self._audience.get(municipality)
        return known[1] if known else None

    def _progress(self, order_id: str, revision: int, plan_id: str) -> _Progress:
        return self._plans.setdefault((order_id, revision), {}).setdefault(plan_id, _Progress())

    @staticmethod
    def _release(progress: _Progress) -> None:
        if progress.full():
            progress.known = set()
