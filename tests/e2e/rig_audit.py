"""What must be true after the kills, looked for in everything that the topics, screens and streams hold. Pure.

Each function returns what is wrong, in words; an empty list means that nothing is.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from local.ledger import accounts
from schemas.records.base import Hazard
from schemas.records.decided import Action, Decision, DecisionKind, Order, Verdict
from schemas.records.delivered import PERHAPS_SENT, End, JobOutcome, Plan, PlanKind, PlanState
from schemas.records.judged import Recommendation
from schemas.records.observed import Bulletin, ReadingBatch
from tests.e2e.rig_residents import Resident
from tests.e2e.rig_storm import Storm
from tests.e2e.rig_topics import Topics

LEFT = ("gone", "not_found")
"""Behaviours of devices that no push reaches any more."""


def inputs(topics: Topics, storm: Storm, now: datetime) -> list[str]:
    """Every value and every telegram that was served is on its topic."""
    bulletins: list[Bulletin] = topics.of("bulletins")
    batches: list[ReadingBatch] = topics.of("readings")
    said = {(bulletin.area, bulletin.reported_at) for bulletin in bulletins}
    read = {(r.station, r.observed_at) for batch in batches for r in batch.readings if r.value is not None}
    lost = [f"bulletin {area} of {at} is missing" for area, at in sorted(storm.bulletins(now) - said)]
    return lost + [f"reading {station} of {at} is missing" for station, at in sorted(storm.readings(now) - read)]


def recommendations(topics: Topics, storm: Storm, now: datetime) -> list[str]:
    """Level 4 came and went in every area exactly as the telegrams say."""
    seen: dict[str, list[tuple[datetime, bool]]] = defaultdict(list)
    open_in: dict[str, set[str]] = defaultdict(set)
    for recommendation in _in_order(topics.of("recommendation-log")):
        before, town = open_in[recommendation.municipality], recommendation.municipality
        after = _level_four(recommendation)
        for area in before ^ after:
            seen[area].append((recommendation.as_of, area in after))
        open_in[town] = after
    told = {area: storm.levels(area, now) for area in sorted({area for area, _ in storm.bulletins(now)})}
    return [
        f"{area}: recommended {_times(seen[area])}, the telegrams say {_times(rows)}"
        for area, rows in told.items()
        if not _follows(seen[area], rows)
    ]


def _follows(seen: list[tuple[datetime, bool]], told: list[tuple[datetime, bool]]) -> bool:
    """The same ups and downs, each resting on facts at least as new as the telegram (a reading may be newer)."""
    pairs = zip(seen, told, strict=False)
    return len(seen) == len(told) and all(up == said and at >= since for (at, up), (since, said) in pairs)


def _in_order(log: list[Recommendation]) -> Iterable[Recommendation]:
    """By municipality and number, a repeat once."""
    once = {recommendation.id: recommendation for recommendation in log}
    return sorted(once.values(), key=lambda found: (found.municipality, found.number))


def _level_four(recommendation: Recommendation) -> set[str]:
    return {c.area for c in recommendation.called if c.hazard is Hazard.LANDSLIDE and c.level == 4}


def _times(rows: list[tuple[datetime, bool]]) -> str:
    return ", ".join(f"{at:%d %H:%M}{'+' if up else '-'}" for at, up in rows)


def decisions(topics: Topics) -> list[str]:
    """Every decision has one verdict, a repeat has the same one, and every approval has its order revision."""
    asked: dict[str, Decision] = {decision.id: decision for decision in topics.of("decisions")}
    answers: dict[str, set[tuple[bool, str]]] = defaultdict(set)
    orders: dict[tuple[str, int], set[tuple[Any, ...]]] = defaultdict(set)
    wrong: list[str] = []
    for order in topics.of("orders"):
        orders[order.id, order.revision].add(_content(order))
    for verdict in topics.of("verdicts"):
        if verdict.decision_id is not None:
            answers[verdict.decision_id].add((verdict.accepted, verdict.code))
        wrong += _ordered(verdict, orders)
    wrong += [f"decision {name} ({asked[name].kind}) has no verdict" for name in asked.keys() - answers.keys()]
    wrong += [f"decision {name} has verdicts {found}" for name, found in answers.items() if len(found) > 1]
    return wrong + [f"order {name} has {len(found)} contents" for name, found in orders.items() if len(found) > 1]


def _ordered(verdict: Verdict, orders: dict[tuple[str, int], set[tuple[Any, ...]]]) -> list[str]:
    issued = verdict.accepted and (verdict.decision_kind is DecisionKind.APPROVE or verdict.code == "policy")
    if not issued or verdict.case is None or (verdict.case.order_id or "", verdict.case.revision) in orders:
        return []
    return [f"the verdict {verdict.id} approved order {verdict.case.order_id}, which is on no topic"]


def _content(order: Order) -> tuple[Any, ...]:
    return (order.action, order.order_type, order.areas, order.districts, order.texts, order.in_force, order.halted)


def revisions(topics: Topics) -> list[str]:
    """The revisions of each order are 1, 2, 3 … without a gap, and in that order on the topic."""
    found: dict[str, list[int]] = defaultdict(list)
    for order in topics.of("orders"):
        if order.revision not in found[order.id]:
            found[order.id].append(order.revision)
    return [
        f"order {name} has revisions {rows}" for name, rows in found.items() if rows != list(range(1, len(rows) + 1))
    ]


def deliveries(topics: Topics) -> list[str]:
    """Every order revision and every open call has a plan, everyone planned has one end, and plans are complete."""
    records = [*topics.of("orders"), *topics.of("plans"), *topics.of("outcomes")]
    books = accounts(records)
    plans: list[Plan] = topics.of("plans")
    planned = {(plan.order_id, plan.revision) for plan in plans if plan.kind is not PlanKind.CALL}
    wrong = [f"order {name} revision {rev} has no plan" for name, rev in sorted(books.keys() - planned)]
    wrong += [
        f"order {name} revision {rev}: planned {book.planned}, ended {len(book.ends)}"
        for (name, rev), book in books.items()
        if not book.settled
    ]
    begun = {plan.id: plan for plan in plans if plan.state is PlanState.STARTED}
    done = {plan.id for plan in plans if plan.state is PlanState.COMPLETE}
    wrong += [
        f"{plan.kind} plan {name} of {plan.audience} is not complete" for name, plan in begun.items() - _of(begun, done)
    ]
    return wrong


def _of(plans: dict[str, Plan], names: set[str]) -> Any:
    return {name: plan for name, plan in plans.items() if name in names}.items()


def screens(topics: Topics, residents: list[Resident], views: dict[str, dict[str, Any]]) -> list[str]:
    """A device shows of each order the newest revision that was accepted, or perhaps was, and read everything."""
    accepted: dict[str, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    perhaps: dict[str, set[tuple[str, int]]] = defaultdict(set)
    outcomes: list[JobOutcome] = topics.of("outcomes")
    for outcome in outcomes:
        for end in outcome.ends:
            if end.end is End.ACCEPTED:
                accepted[end.subscriber][outcome.order_id].add(outcome.revision)
            elif (end.detail or "").startswith(PERHAPS_SENT):
                perhaps[end.subscriber].add((outcome.order_id, outcome.revision))
    wrong = []
    for resident in residents:
        view = views[resident.device]
        shown = {one["id"]: one["rev"] for one in view["shown"]}
        newest = {order: max(revisions) for order, revisions in accepted[resident.subscriber].items()}
        older = {name: rev for name, rev in shown.items() if (name, rev) not in perhaps[resident.subscriber]}
        sure = {name: rev for name, rev in newest.items() if rev > shown.get(name, 0) or name in older}
        if older != sure:
            wrong.append(f"device {resident.device[:8]} of {resident.place} shows {shown}, accepted were {newest}")
        if view["unreadable"]:
            wrong.append(f"device {resident.device[:8]} could not read {view['unreadable'][:1]}")
    return wrong


def nobody_forgotten(topics: Topics, residents: list[Resident], views: dict[str, dict[str, Any]]) -> list[str]:
    """Whoever shows an order shows its last revision, and every order in force is shown where it is in force."""
    orders: list[Order] = topics.of("orders")
    last = {order.id: order for order in sorted(orders, key=lambda order: order.revision)}
    wrong = []
    for resident in (r for r in residents if r.behaviour not in LEFT):
        shown = {one["id"]: one["rev"] for one in views[resident.device]["shown"]}
        for name, revision in shown.items():
            if name in last and last[name].revision != revision:
                wrong.append(f"{resident.place} still shows revision {revision} of {last[name].revision} ({name[:8]})")
        here = [order for order in last.values() if order.municipality == resident.place and order.in_force]
        wrong += [
            f"{resident.place} does not show order {o.id[:8]}, which is in force" for o in here if o.id not in shown
        ]
    return wrong


def stream(topics: Topics, events: list[tuple[str, dict[str, Any], float]], towns: set[str]) -> list[str]:
    """The partner got every order of its municipalities exactly as often and in the order as the topic holds it."""
    got = [(body["record"]["id"], body["record"]["revision"]) for kind, body, _ in events if kind == "orders"]
    sent: list[Order] = [order for order in topics.of("orders") if order.municipality in towns]
    wrong = []
    for name in {order.id for order in sent}:
        ours = [order.revision for order in sent if order.id == name]
        theirs = [revision for order, revision in got if order == name]
        if ours != theirs:
            wrong.append(f"the partner got revisions {theirs} of order {name[:8]}, on the topic are {ours}")
    for kind in ("bulletins", "recommendations"):
        wrong += _complete(topics, events, towns, kind)
    return wrong


def _complete(topics: Topics, events: list[tuple[str, dict[str, Any], float]], towns: set[str], kind: str) -> list[str]:
    log = "recommendation-log" if kind == "recommendations" else kind
    sent = Counter(record.id for record in topics.of(log) if record.municipality in towns)
    got = Counter(body["record"]["id"] for event, body, _ in events if event == kind)
    lost = sent.keys() - got.keys()
    return [f"{len(lost)} {kind} never reached the partner"] if lost else []


def lifts(topics: Topics) -> int:
    """How many orders were lifted."""
    return len({order.id for order in topics.of("orders") if order.action is Action.LIFT})
