"""One CAP message → Bulletins for our areas, and what is remembered of it. Pure.

A message claims anew for its thread: areas that it no longer names are told as over, by items that are not active.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from connectors.cap.alert import Alert, read_alert
from connectors.cap.claims import Claim, claims_of, withdrawn
from connectors.cap.signature import checked
from connectors.cap.threads import Held, Memory, Step, Thread, remember, step
from connectors.jma.markup import canonical_sha256, read_xml
from connectors.places import Places
from connectors.source import Park, Parked, Payload
from schemas.records.base import Hazard, content_id
from schemas.records.observed import Bulletin, BulletinItem, InfoType

CARRIER = "CAP"
MAX_TEXT, MAX_TITLE = 6000, 400


@dataclass(frozen=True, slots=True)
class Reader:
    """What reading needs beside the bytes. `judge_now`: whether a message from the future or long expired is one."""

    places: Places
    trusted: Sequence[x509.Certificate] = ()
    judge_now: bool = True


@dataclass(frozen=True, slots=True)
class Heard:
    """What one message became. `note` says in a word why a good message made no bulletin."""

    memory: Memory
    bulletins: tuple[Bulletin, ...] = ()
    parked: tuple[Parked, ...] = ()
    note: str = ""
    sent_at: datetime | None = None


def hear(payload: Payload, memory: Memory, reader: Reader, made_at: datetime) -> Heard:
    """Never raises: what cannot be read, trusted or understood is parked with its reason, and changes nothing."""
    alert = None
    try:
        root = checked(read_xml(payload.body), reader.trusted, payload.fetched_at)
        alert = read_alert(root, payload.fetched_at if reader.judge_now else None)
        return _heard(_Letter(payload, alert, canonical_sha256(root), made_at), memory, reader)
    except Park as park:
        return Heard(memory, parked=(_parked(payload, alert, park.reason, park.text),))


@dataclass(frozen=True, slots=True)
class _Letter:
    """What all bulletins of one message share."""

    payload: Payload
    alert: Alert
    canonical: str
    made_at: datetime


def _heard(letter: _Letter, memory: Memory, reader: Reader) -> Heard:
    alert = letter.alert
    sent_at = alert.itself.sent
    if alert.message == "Ack":
        return Heard(memory, note="acknowledgement", sent_at=sent_at)
    if alert.message == "Error":
        raise Park("error_message", f"the sender refuses a message: {alert.note[:300] or 'no note says why'}")
    if alert.message != "Cancel" and not alert.infos:
        raise Park("no_info", f"msgType is {alert.message}, but there is no <info>: it says nothing about any area")
    claims = claims_of(alert, reader.places)
    taken = step(memory, alert)
    ending = alert.message == "Cancel"
    held = {} if ending else {area: tuple(map(_held, claim.items)) for area, claim in claims.items()}
    after = remember(memory, alert, taken, held)
    if taken.answer == "repeated":
        return Heard(after, note="repeated", sent_at=sent_at)
    spoken = {} if taken.answer == "superseded" else claims
    bulletins = tuple(_bulletins(letter, reader.places, taken, spoken, ending))
    lost = ending and not taken.replaced
    parked = (_parked(letter.payload, alert, "unknown_reference", _unknown(alert)),) if lost and not bulletins else ()
    note = "" if bulletins or parked else ("superseded" if taken.answer == "superseded" else "outside")
    return Heard(after, bulletins, parked, note, sent_at)


def _unknown(alert: Alert) -> str:
    named = ", ".join(one.identifier for one in alert.references)[:300]
    return f"it cancels {named}, which never came: if that comes late, it counts as cancelled"


def _bulletins(letter: _Letter, places: Places, taken: Step, claims: dict[str, Claim], ending: bool) -> list[Bulletin]:
    """What is claimed now, and what was claimed in the threads that this message replaces and is not any more."""
    status = letter.alert.message
    made = [
        _bulletin(letter, places, taken.scope, area, _ended(claim, status) if ending else claim)
        for area, claim in claims.items()
        if not (ending and taken.replaced)
    ]
    for thread in taken.replaced:
        for area, held in thread.areas.items():
            if area in places.areas and not (thread.scope == taken.scope and area in claims and not ending):
                over = _over(thread, area, held, status, letter.alert)
                made.append(_bulletin(letter, places, thread.scope, area, over))
    return made


def _held(item: BulletinItem) -> Held:
    return Held(item.hazard.value, item.kind_code, item.kind_name, item.subject_name, item.level)


def _ended(claim: Claim, status: str) -> Claim:
    return Claim(tuple(withdrawn(item, status) for item in claim.items), claim.headline, claim.text, claim.office)


def _over(thread: Thread, area: str, held: tuple[Held, ...], status: str, alert: Alert) -> Claim:
    items = tuple(
        BulletinItem(
            hazard=Hazard(one.hazard),
            subject=area,
            subject_name=one.place,
            kind_code=one.code,
            kind_name=one.name,
            status=status,
            active=False,
            level=None if one.level is None else 0,
        )
        for one in held
    )
    return Claim(items, f"{status}: {thread.scope.rpartition(':')[2]}", alert.note, alert.itself.sender)


def _bulletin(letter: _Letter, places: Places, scope: str, area: str, claim: Claim) -> Bulletin:
    alert, payload, found = letter.alert, letter.payload, places.areas[area]
    return Bulletin(
        id=content_id("cap", letter.canonical, scope, area),
        world=alert.world,
        origin=payload.origin,
        source=payload.source,
        municipality=found.municipality,
        area=area,
        area_name=found.name,
        carrier=CARRIER,
        scope=scope,
        event_id=(alert.incidents or alert.itself.identifier)[:200],
        serial=len(alert.references),  # of two messages sent in one second, the one that names more came later
        info_type=InfoType.ISSUED,
        reported_at=alert.itself.sent,
        received_at=payload.fetched_at,
        title=(claim.headline or claim.items[0].kind_name if claim.items else alert.message)[:MAX_TITLE],
        text=claim.text[:MAX_TEXT],
        office=(claim.office or alert.itself.sender)[:MAX_TITLE],
        url=payload.url,
        raw_sha256=hashlib.sha256(payload.body).hexdigest(),
        items=claim.items,
        trace=payload.trace,
        made_at=letter.made_at,
    )


def _parked(payload: Payload, alert: Alert | None, reason: str, text: str) -> Parked:
    world = alert.world if alert is not None else None
    return Parked(reason, text, payload.url, payload.body, payload.origin, world, trace=payload.trace)
