"""Each order's way from feed bytes to devices, put together from the records that it left. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import TypeVar

from local.latency import percentile
from schemas.records.decided import Action, Order
from schemas.records.delivered import End, JobOutcome, Plan
from schemas.records.judged import Recommendation
from schemas.records.observed import Bulletin

Record = TypeVar("Record")
WHOLE = "feed bytes → push accepted"
HOPS = (
    "feed bytes → bulletin (connectors)",
    "bulletin → recommendation (watch)",
    "recommendation → order (decide)",
    "order → plan begun (planner)",
    "plan begun → push accepted (planner, worker)",
)


@dataclass(frozen=True, slots=True)
class Passage:
    """Real times of one order: bytes arrived, then what each program made of them; the last of its devices."""

    trace: str
    arrived: datetime
    bulletin: datetime
    recommendation: datetime
    order: datetime
    plan: datetime
    accepted: datetime

    def whole_ms(self) -> float:
        """From the feed's bytes to the last device."""
        return _ms(self.arrived, self.accepted)

    def hops_ms(self) -> tuple[float, ...]:
        """Milliseconds of each hop of HOPS; their sum is the whole."""
        times = (self.arrived, self.bulletin, self.recommendation, self.order, self.plan, self.accepted)
        return tuple(_ms(start, end) for start, end in pairwise(times))


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: what, how often, and milliseconds."""

    what: str
    count: int
    p50: float
    p99: float
    most: float


def row(what: str, ms: Sequence[float]) -> Row:
    """The figures of at least one value."""
    values = list(ms)
    return Row(what, len(values), percentile(values, 50), percentile(values, 99), max(values))


def alone(passages: Sequence[Passage]) -> list[Passage]:
    """Those that had their telegram for themselves."""
    counts = Counter(passage.trace for passage in passages)
    return [passage for passage in passages if counts[passage.trace] == 1]


def table(passages: Sequence[Passage]) -> tuple[Row, ...]:
    """The hops in their order, then the whole."""
    columns = zip(*(passage.hops_ms() for passage in passages), strict=True)
    hops = [row(hop, column) for hop, column in zip(HOPS, columns, strict=True)]
    return (*hops, row(WHOLE, [passage.whole_ms() for passage in passages]))


def passages_of(records: Sequence[object]) -> list[Passage]:
    """One for each order that a policy issued and at least one device accepted; a repeat of a record counts once."""
    bulletins = _first((b.trace.id, b.municipality, b.made_at) for b in _of(records, Bulletin))
    judged = _first((r.trace.id, r.municipality, r.made_at) for r in _of(records, Recommendation))
    planned = _first((p.order_id, str(p.revision), p.made_at) for p in _of(records, Plan))
    accepted = _accepted(_of(records, JobOutcome))
    orders = {o.id: o for o in _of(records, Order) if o.action is Action.ISSUE and o.policy_id is not None}
    return [
        Passage(
            trace=order.trace.id,
            arrived=order.trace.started_at,
            bulletin=bulletins[order.trace.id, order.municipality],
            recommendation=judged[order.trace.id, order.municipality],
            order=order.made_at,
            plan=planned[order.id, str(order.revision)],
            accepted=accepted[order.id],
        )
        for order in orders.values()
        if order.id in accepted
    ]


def _of(records: Sequence[object], kind: type[Record]) -> list[Record]:
    return [record for record in records if isinstance(record, kind)]


def _first(rows: Iterable[tuple[str, str, datetime]]) -> dict[tuple[str, str], datetime]:
    found: dict[tuple[str, str], datetime] = {}
    for one, other, at in rows:
        found[one, other] = min(at, found.get((one, other), at))
    return found


def _accepted(outcomes: Iterable[JobOutcome]) -> dict[str, datetime]:
    """When the last device of each order had accepted it, in whichever revision it got it first: one that is revised
    while it is on its way is overtaken."""
    ends: dict[tuple[str, str], datetime] = {}
    for outcome in outcomes:
        for end in outcome.ends:
            if end.end is End.ACCEPTED:
                device = outcome.order_id, end.subscriber
                ends[device] = min(end.at, ends.get(device, end.at))
    last: dict[str, datetime] = {}
    for (order_id, _), at in ends.items():
        last[order_id] = max(at, last.get(order_id, at))
    return last


def _ms(start: datetime, end: datetime) -> float:
    return (end - start).total_seconds() * 1000
