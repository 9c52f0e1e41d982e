"""What must be true at the end of the demo, looked up on the devices, the partner's stream and the topics."""

from collections.abc import Sequence
from typing import Any

from local.crowd import Device
from local.ledger import accounts
from local.partner import Partner
from local.story import FUJISAWA, ODAWARA, Story
from schemas.records.base import Hazard, Origin, World
from schemas.records.decided import Order
from schemas.records.delivered import End
from schemas.records.judged import Detection, DetectionKind, Phase, Recommendation
from schemas.records.observed import ReadingBatch
from schemas.records.plumbing import DeadLetter

RECEIVES = ("ok", "throttled", "unavailable", "slow")


async def verify(story: Story, partner: Partner, records: Sequence[object]) -> None:
    """Add every closing check to the story's list."""
    orders = [record for record in records if isinstance(record, Order)]
    _stages(story, records)
    _levels(story, records)
    _accounts(story, records, orders)
    _devices(story, await story.crowd.screens(), orders)
    _partner(story, partner, orders)


def _stages(story: Story, records: Sequence[object]) -> None:
    detections = [record for record in records if isinstance(record, Detection)]
    for kind in (DetectionKind.THRESHOLD, DetectionKind.TREND, DetectionKind.BULLETIN, DetectionKind.SILENCE):
        found = [d for d in detections if d.kind is kind and d.phase is Phase.BEGAN]
        story.check(f"{kind} detections were seen", bool(found), str(len(found)))
    batches = [record for record in records if isinstance(record, ReadingBatch)]
    readings = {(r.station, r.observed_at) for b in batches for r in b.readings if r.value is not None}
    story.check("readings came through HTTP", len(readings) > 100, f"{len(readings)} of the gauge's record")
    story.check("nothing was parked", not any(isinstance(record, DeadLetter) for record in records))
    origins = {o for record in records if (o := getattr(record, "origin", None))}
    story.check("every record says that it is a replay", origins == {Origin.REPLAY}, str(sorted(origins)))


def _levels(story: Story, records: Sequence[object]) -> None:
    called = [(c.area, c.hazard, c.level) for r in records if isinstance(r, Recommendation) for c in r.called]
    flood = max((level or 0 for _, hazard, level in called if hazard is Hazard.FLOOD), default=0)
    slides = {area for area, hazard, level in called if hazard is Hazard.LANDSLIDE and level == 4}
    story.check("the real record's level 3 came out as it is", flood == 3, f"highest flood level {flood}")
    said = slides == {"1420600", "1438200", "1438300", "1438400"}
    story.check("the sample's level 4 came out per area", said, ", ".join(sorted(slides)))


def _accounts(story: Story, records: Sequence[object], orders: list[Order]) -> None:
    books = accounts(records)
    for order in orders:
        account = books[order.id, order.revision]
        name = f"{order.municipality_name} r{order.revision}: planned = sum of ends"
        story.check(name, account.settled and account.planned > 0, f"{account.planned} = {len(account.ends)}")
    wrong = [end for account in books.values() for end in account.ends.values() if end in (End.FAILED, End.REFUSED)]
    story.check("no delivery failed by our own fault", not wrong, str(len(wrong)))


def _devices(story: Story, screens: dict[str, dict[str, Any]], orders: list[Order]) -> None:
    residents = [device for device in story.crowd.devices if device.officer is None]
    story.check("at least 200 devices", len(residents) >= 200, str(len(residents)))
    last = {order.municipality: order for order in orders}
    right = [device for device in residents if _shows(device, screens[device.id], last.get(device.place))]
    story.check(
        "every device shows what it must, in its language",
        len(right) == len(residents),
        f"{len(right)} of {len(residents)}",
    )
    unreadable = sum(len(screen["unreadable"]) for screen in screens.values())
    story.check("every push decrypted", unreadable == 0, f"{unreadable} unreadable")
    called = [d.officer for d in story.crowd.devices if d.officer and _kinds(screens[d.id]) >= {"call"}]
    story.check(
        "officers' devices rang for calls", {"fujisawa-a", "odawara-a"} <= set(called), ", ".join(map(str, called))
    )


def _shows(device: Device, screen: dict[str, Any], order: Order | None) -> bool:
    """The last revision in the device's language, if its place has an order and it is not gone; otherwise nothing."""
    shown = [s for s in screen["shown"] if s["kind"] == "order"]
    if order is None or device.behaviour not in RECEIVES:
        return not shown
    return [(s["id"], s["rev"], s["lang"], s["world"]) for s in shown] == [
        (order.id, order.revision, device.lang, World.ACTUAL)
    ]


def _kinds(screen: dict[str, Any]) -> set[str]:
    return {shown["kind"] for shown in screen["shown"]}


def _partner(story: Story, partner: Partner, orders: list[Order]) -> None:
    got = [(e.record["id"], e.record["revision"]) for e in partner.events if e.kind == "orders"]
    sent = [(order.id, order.revision) for order in orders]
    story.check("the partner's stream carried every order once, in order per town", _in_order(got, sent), f"{len(got)}")
    kinds = {event.kind for event in partner.events}
    wanted = {"readings", "bulletins", "detections", "recommendations", "orders"}
    story.check("and every other kind of event", kinds >= wanted, ", ".join(sorted(kinds)))
    towns = {FUJISAWA, ODAWARA} <= {event.body.get("municipality") for event in partner.events}
    story.check("for the municipalities that it asked for", towns)


def _in_order(got: list[tuple[str, int]], sent: list[tuple[str, int]]) -> bool:
    rows = [[revision for order, revision in got if order == wanted] for wanted in {order for order, _ in sent}]
    return sorted(got) == sorted(sent) and all(row == sorted(row) for row in rows)
