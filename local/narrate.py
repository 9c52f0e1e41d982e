"""Records as lines for the screen: which are worth a line, and what it says."""

from collections.abc import Callable
from datetime import datetime

from local.partner import Event
from local.scenario import JST
from local.screen import Screen
from local.witness import Sighting
from schemas.levels import ORDER_WORDS
from schemas.records.decided import Call, CallState, Order
from schemas.records.delivered import Plan, PlanKind, PlanState
from schemas.records.judged import Change, Detection, DetectionKind, Recommendation, RuleHit
from schemas.records.observed import Bulletin
from schemas.records.plumbing import DeadLetter
from schemas.reference import areas, municipalities

Line = tuple[datetime, str, str]


def teller(screen: Screen) -> Callable[[Sighting], None]:
    """What the witness tells of each sighting: a line on the screen, or nothing."""

    newest: datetime | None = None

    def tell(sighting: Sighting) -> None:
        nonlocal newest
        for at, stage, text in lines(sighting.record):
            # A plan knows only real time: it belongs to what the story has just come to.
            newest = (newest or at) if stage == "push" else max(newest or at, at)
            screen.line(newest if stage == "push" else at, stage, text)

    return tell


def partner_teller(screen: Screen) -> Callable[[Event], None]:
    """A line for each order on the partner's stream."""

    def tell(event: Event) -> None:
        if event.kind == "orders":
            order = event.record
            at = datetime.fromisoformat(order["issued_at"])
            what = f"{order['municipality_name']} {order['action']} r{order['revision']}"
            screen.line(at, "partner", f"event stream: {what}, {event.body['origin']}")

    return tell


def lines(record: object) -> list[Line]:
    """The lines of one record."""
    match record:
        case Bulletin():
            return _bulletin(record)
        case Detection():
            return _detection(record)
        case Recommendation():
            return _recommendation(record)
        case Call(state=CallState.OPEN):
            to = ", ".join(record.officers) or "everyone on the desk"
            return [(record.called_at, "officer", f"call to {to}: {record.text}")]
        case Order():
            return [(record.issued_at, "order", _order(record))]
        case Plan(state=PlanState.STARTED) if record.kind is not PlanKind.CALL:
            jobs = len(record.buckets)
            text = f"plan ({record.kind}) for {record.audience} devices in {jobs} jobs, written before the first push"
            return [(record.made_at, "push", text)]
        case DeadLetter():
            return [(record.at, "refused", f"parked: {record.reason}: {record.text}")]
        case _:
            return []


def order_name(order: Order) -> str:
    """藤沢市 flood r1 issue."""
    return f"{order.municipality_name} {order.hazard} r{order.revision} {order.action}"


def _bulletin(record: Bulletin) -> list[Line]:
    said = [item for item in record.items if item.active or item.status == "解除"]
    return [
        (
            record.reported_at,
            "bulletin",
            f"{record.carrier} {record.area_name}: {item.hazard} {_level(item.level)} {item.status}",
        )
        for item in said
    ]


def _detection(record: Detection) -> list[Line]:
    place = areas()[record.area].name if record.area in areas() else record.area
    if record.kind is DetectionKind.SILENCE:
        text = f"{place}: no data since {record.began_at.astimezone(JST):%H:%M} from {record.subject} ({record.phase})"
        return [(record.at, "detection", text)]
    what = record.evidence[-1].text if record.evidence else ""
    return [
        (record.at, "detection", f"{place}: {record.rule} {record.phase} {_level(record.level)} ({record.kind}) {what}")
    ]


def _recommendation(record: Recommendation) -> list[Line]:
    found = []
    for called in record.called:
        if called.change is not Change.SAME:
            text = f"{called.area_name} {called.hazard}: {called.change} → {_level(called.level)}"
            found.append((record.as_of, "recommend", text))
            found += [(record.as_of, "because", line) for hit in called.hits for line in _because(hit)]
    return found


def _because(hit: RuleHit) -> list[str]:
    """The rule with its source, and each fact it rests on."""
    mark = "" if hit.verified else ", unverified"
    return [f"{hit.rule} ({hit.source}{mark}): {hit.text}", *(f"  {fact.name} {fact.text}" for fact in hit.evidence)]


def _order(record: Order) -> str:
    name = municipalities()[record.municipality].name
    by = f"policy {record.policy_id[:8]}" if record.policy_id else " + ".join(record.decided_by)
    words = ORDER_WORDS[record.order_type][0]
    return f"{name}: {words} ({_level(record.level)}) revision {record.revision}, {record.action}, by {by}"


def _level(level: int | None) -> str:
    return "no level" if level is None else f"level {level}"
