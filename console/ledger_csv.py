"""The ledger of one order revision, one row a recipient: how the delivery ended, and what the device reported. Pure.

Rows = planned: who has no end yet is a row without a name (only the notifier knows these), with the end `open`. The
first end of a recipient counts; an end in a resend takes the place of the one before.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from schemas.records.delivered import JobOutcome, Plan, Receipt, RecipientEnd

HEADER = ("subscriber", "bucket", "end", "status", "attempts", "ended_at", "shown_at", "clicked_at", "detail")
OPEN = "open"
Row = tuple[str, ...]


@dataclass(slots=True)
class Ledger:
    """One revision. Give it all plans, receipts and resends' outcomes first; then outcomes in the order of their topic.

    It holds a name for each recipient seen, and the rows of who was tried again: nothing else grows with the audience.
    """

    order_id: str
    revision: int
    plans: dict[str, Plan] = field(default_factory=dict)
    _reported: dict[tuple[str, str], datetime] = field(default_factory=dict)
    _again: dict[str, tuple[int, RecipientEnd]] = field(default_factory=dict)
    _seen: set[bytes] = field(default_factory=set)
    _ended: Counter[int] = field(default_factory=Counter)

    def take_plan(self, plan: Plan) -> None:
        """A plan of this revision; its last record says whom it was for."""
        if (plan.order_id, plan.revision) == (self.order_id, self.revision):
            self.plans[plan.id] = plan

    def take_receipt(self, receipt: Receipt) -> None:
        """What a device reported; its first word counts."""
        if (receipt.order_id, receipt.revision) == (self.order_id, self.revision):
            key = (receipt.subscriber, receipt.event)
            self._reported[key] = min(receipt.at, self._reported.get(key, receipt.at))

    def take_again(self, outcome: JobOutcome) -> None:
        """Ends of a resend: looked at before all others."""
        if self._is_resend(outcome):
            for end in outcome.ends:
                self._again.setdefault(end.subscriber, (outcome.bucket, end))

    def rows(self, outcome: JobOutcome) -> Iterator[Row]:
        """The rows of those whose end this outcome was the first to say."""
        if outcome.plan_id not in self.plans or self._is_resend(outcome):
            return
        for end in outcome.ends:
            name = end.subscriber.encode()
            if name not in self._seen:
                self._seen.add(name)
                self._ended[outcome.bucket] += 1
                yield self._row(*self._again.get(end.subscriber, (outcome.bucket, end)))

    def still_open(self) -> Iterator[Row]:
        """After all outcomes: a row for each recipient without an end."""
        planned: Counter[int] = Counter()
        for plan in self.plans.values():
            for row in plan.buckets if plan.resends is None else ():
                planned[row.bucket] += row.count
        for bucket in sorted(planned):
            for _ in range(planned[bucket] - self._ended[bucket]):
                yield ("", str(bucket), OPEN, *[""] * (len(HEADER) - 3))

    def _is_resend(self, outcome: JobOutcome) -> bool:
        plan = self.plans.get(outcome.plan_id)
        return plan is not None and plan.resends is not None

    def _row(self, bucket: int, end: RecipientEnd) -> Row:
        shown, clicked = (self._reported.get((end.subscriber, event)) for event in ("shown", "clicked"))
        times = tuple(at.isoformat() if at else "" for at in (end.at, shown, clicked))
        status = "" if end.status is None else str(end.status)
        return (end.subscriber, str(bucket), end.end.value, status, str(end.attempts), *times, end.detail or "")


def as_csv(rows: Iterable[Row]) -> str:
    """Rows as text, lines ended as RFC 4180 says."""
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()
