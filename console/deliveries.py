"""How the sending of each order revision stands.

Planned = accepted + gone + expired + superseded + refused + failed + still open. Pure. The first end state of a
subscriber counts, but for one that an officer had tried again: its new end takes the place of the failed one. Repeats
of plans, outcomes and receipts change nothing.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from console.resending import TRIED_AGAIN
from schemas.outcomes import OutcomeColumns
from schemas.records.delivered import End, JobOutcome, Plan, PlanKind, PlanState, Receipt

_WHOLE_AUDIENCE = frozenset({PlanKind.FIRST, PlanKind.UPDATE})
Key = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Counts:
    """One order revision's board. `still_open` is what has no end yet; `plans` is how many plans it adds up.

    `again`: of those, how many are being tried again. The medians say after how many seconds half of the devices that
    showed it, or were tapped, had done so.
    """

    planned: int
    ends: dict[End, int]
    still_open: int
    again: int
    complete: bool
    plans: int
    shown: int
    clicked: int
    shown_median_s: int | None
    clicked_median_s: int | None

    @property
    def ended(self) -> int:
        """Deliveries that have an end."""
        return sum(self.ends.values())

    @property
    def failing(self) -> int:
        """Deliveries whose end a new try may change."""
        return sum(self.ends[end] for end in TRIED_AGAIN)


@dataclass(slots=True)
class _Progress:
    """One plan's ends. `known` is given back once it is complete: what still comes then is a repeat.

    `audience` is the newest that was written: a plan that Redis lost on its way is written again, under its own id.
    """

    is_resend: bool
    audience: int = 0
    said_at: datetime | None = None
    known: set[str] = field(default_factory=set)
    complete: bool = False
    ended: int = 0

    def take(self, ends: Iterable[tuple[str, End]]) -> list[tuple[str, End]]:
        """Those that are new."""
        if self._is_over():
            return []
        new = {name: end for name, end in reversed(list(ends)) if name not in self.known}
        self.known.update(new)
        self.ended += len(new)
        self._let_go()
        return list(new.items())

    def take_plan(self, plan: Plan) -> None:
        """How many it is for, and whether all of them have ended."""
        if self.said_at is None or self.said_at <= plan.made_at:
            self.audience, self.said_at = plan.audience, plan.made_at
        self.complete = self.complete or plan.state is PlanState.COMPLETE
        self._let_go()

    def _is_over(self) -> bool:
        return self.complete and self.ended >= self.audience

    def _let_go(self) -> None:
        if self._is_over():
            self.known = set()


@dataclass(slots=True)
class _Revision:
    """All plans of one order revision. `failing` names those who may be tried again, with the end that counts."""

    plans: dict[str, _Progress] = field(default_factory=dict)
    early: dict[str, list[JobOutcome]] = field(default_factory=dict)
    ends: Counter[End] = field(default_factory=Counter)
    failing: dict[str, End] = field(default_factory=dict)
    begun_at: datetime | None = None

    def take_plan(self, plan: Plan) -> None:
        self.plans.setdefault(plan.id, _Progress(plan.resends is not None)).take_plan(plan)
        self.begun_at = min(self.begun_at or plan.made_at, plan.made_at)
        for outcome in self.early.pop(plan.id, ()):
            self.take_outcome(outcome)

    def take_outcome(self, outcome: JobOutcome) -> None:
        progress = self.plans.get(outcome.plan_id)
        if progress is None:
            self.early.setdefault(outcome.plan_id, []).append(outcome)
            return
        for name, end in progress.take(_pairs(outcome)):
            if progress.is_resend:
                self._replace(name)
            self.ends[end] += 1
            if end in TRIED_AGAIN:
                self.failing[name] = end

    def _replace(self, name: str) -> None:
        before = self.failing.pop(name, None)
        if before is not None:
            self.ends[before] -= 1

    def counts(self, receipts: "_Receipts") -> Counts:
        first = [p for p in self.plans.values() if not p.is_resend]
        planned = sum(p.audience for p in first)
        again = sum(p.audience - p.ended for p in self.plans.values() if p.is_resend)
        ends = {end: self.ends[end] for end in End}
        for end in TRIED_AGAIN:  # who is being tried again has no end for now
            waiting = min(again - (self.ends.total() - sum(ends.values())), ends[end])
            ends[end] -= waiting
        return Counts(
            planned=planned,
            ends=ends,
            still_open=max(0, planned - sum(ends.values())),
            again=again,
            complete=all(p.complete for p in self.plans.values()),
            plans=len(self.plans),
            shown=receipts.devices("shown"),
            clicked=receipts.devices("clicked"),
            shown_median_s=receipts.median_s("shown", self.begun_at),
            clicked_median_s=receipts.median_s("clicked", self.begun_at),
        )


@dataclass(slots=True)
class _Receipts:
    """Whose device reported what, and in which second each first did."""

    who: set[tuple[str, str]] = field(default_factory=set)
    seconds: dict[str, Counter[int]] = field(default_factory=dict)

    def take(self, receipt: Receipt) -> None:
        if (receipt.subscriber, receipt.event) in self.who:
            return
        self.who.add((receipt.subscriber, receipt.event))
        self.seconds.setdefault(receipt.event, Counter())[int(receipt.at.timestamp())] += 1

    def devices(self, event: str) -> int:
        return self.seconds.get(event, Counter()).total()

    def median_s(self, event: str, since: datetime | None) -> int | None:
        """Seconds from `since` until half of them had; a device's clock that is behind makes it 0, not less."""
        seconds, passed = self.seconds.get(event, Counter()), 0
        for second in sorted(seconds):
            passed += seconds[second]
            if since is not None and 2 * passed >= seconds.total():
                return max(0, second - int(since.timestamp()))
        return None


@dataclass(slots=True)
class Ledger:
    """All plans of one world with their ends, by order and revision."""

    _revisions: dict[Key, _Revision] = field(default_factory=dict)
    _receipts: dict[Key, _Receipts] = field(default_factory=dict)
    _audience: dict[str, tuple[datetime, int]] = field(default_factory=dict)

    def take_plan(self, plan: Plan) -> None:
        """A plan began or is complete."""
        self._revision(plan.order_id, plan.revision).take_plan(plan)
        known = self._audience.get(plan.municipality)
        if plan.kind in _WHOLE_AUDIENCE and (known is None or known[0] <= plan.made_at):
            self._audience[plan.municipality] = (plan.made_at, plan.audience)

    def take_outcome(self, outcome: JobOutcome) -> None:
        """Some recipients' ends; before its plan is read it only waits."""
        self._revision(outcome.order_id, outcome.revision).take_outcome(outcome)

    def take_receipt(self, receipt: Receipt) -> None:
        """A device showed an order, or somebody opened it."""
        self._receipts.setdefault((receipt.order_id, receipt.revision), _Receipts()).take(receipt)

    def counts(self, order_id: str, revision: int) -> Counts | None:
        """The board of a revision, or None before its first plan."""
        found = self._revisions.get((order_id, revision))
        if found is None or not found.plans:
            return None
        return found.counts(self._receipts.get((order_id, revision), _Receipts()))

    def last_audience(self, municipality: str) -> int | None:
        """How many devices the town hall's last whole plan was for: what is known without the index's own count."""
        known = self._audience.get(municipality)
        return known[1] if known else None

    def _revision(self, order_id: str, revision: int) -> _Revision:
        return self._revisions.setdefault((order_id, revision), _Revision())


def _pairs(outcome: JobOutcome) -> list[tuple[str, End]]:
    if isinstance(outcome, OutcomeColumns):
        return outcome.pairs()
    return [(end.subscriber, end.end) for end in outcome.ends]
