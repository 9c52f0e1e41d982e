"""Counts that must add up: for each order revision, planned = the sum of its ends. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from schemas.records.decided import Order
from schemas.records.delivered import End, JobOutcome, Plan, PlanKind

ENDS = tuple(str(end) for end in End)


@dataclass(slots=True)
class Account:
    """One order revision: how many were planned, and the first end of everyone."""

    planned: int = 0
    ends: dict[str, End] = field(default_factory=dict)

    @property
    def settled(self) -> bool:
        """Everyone planned has an end, and nobody else has one."""
        return self.planned == len(self.ends)

    def counts(self) -> dict[str, int]:
        """`planned` and the number of each end."""
        return {"planned": self.planned} | Counter(str(end) for end in self.ends.values())


def accounts(records: Iterable[object]) -> dict[tuple[str, int], Account]:
    """The accounts of all order revisions, by (order id, revision).

    Repeats change nothing, nor does it matter which topic was read first; ends count in the order of their own topic.
    """
    found: dict[tuple[str, int], Account] = defaultdict(Account)
    plans: dict[str, Plan] = {}
    outcomes: list[JobOutcome] = []
    for record in records:
        match record:
            case Order() if not record.halted:
                found[record.id, record.revision].planned += 0
            case Plan() if record.kind is not PlanKind.CALL:
                plans[record.id] = record
            case JobOutcome():
                outcomes.append(record)
    for plan in plans.values():
        found[plan.order_id, plan.revision].planned += plan.audience
    for outcome in outcomes:
        if (outcome.order_id, outcome.revision) in found:
            for end in outcome.ends:
                found[outcome.order_id, outcome.revision].ends.setdefault(end.subscriber, end.end)
    return dict(found)
