"""One CAP message → Bulletins for our areas, and what is remembered of it. Pure.

A message claims in a scope of its own; what it replaces or cancels is told as over, by items that are not active.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from connectors.cap.alert import Alert, read_alert
from connectors.cap.claims import Claim, claims_of
from connectors.cap.replaced import Held, Memory, Standing, Step, check_cancel, remember, scope_of, step
from connectors.cap.signature import checked
from connectors.jma.markup import canonical_sha256, read_xml
from connectors.places import Places
from connectors.source import Park, Parked, Payload
from schemas.records.base import Hazard, content_id
from schemas.records.observed import Bulletin, BulletinItem, InfoType

CARRIER = "CAP"
MAX_TEXT, MAX_TITLE = 6000, 400
LAST = 1_000_000
"""Serial of a claim's end: in its scope it comes after whatever was said in the same second."""


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


@dataclass(frozen=True, slots=True)
class _Said:
    """One claim in one scope, and its place in the order of that scope."""

    scope: str
    area: str
    claim: Claim
    at: datetime
    serial: int


def _heard(letter: _Letter, memory: Memory, reader: Reader) -> Heard:
    alert = letter.alert
    sent_at = alert.itself.sent
    if alert.message == "Ack":
        return Heard(memory, note="acknowledgement", sent_at=sent_at)
    if alert.message == "Error":
        raise Park("error_message", f"the sender refuses a message: {alert.note[:300] or 'no note says why'}")
    if alert.message != "Cancel" and not alert.infos:
        raise Park("no_info", f"msgType is {alert.message}, but there is no info: it says nothing about any area")
    ending = alert.message == "Cancel"
    claims = {} if ending else claims_of(alert, reader.places)
    taken = step(memory, alert)
    held = {area: tuple(map(_held, claim.items)) for area, claim in claims.items()}
    after = remember(memory, alert, taken, held)
    bulletins = tuple(_bulletins(letter, reader.places, taken, claims))
    try:
        if ending:
            check_cancel(memory, alert, taken)
    except Park as park:
        told = _parked(letter.payload, alert, park.reason, park.text)
        return Heard(after, bulletins, (told,), sent_at=sent_at)
    note = "" if bulletins else ("outside" if taken.answer == "new" else taken.answer)
    return Heard(after, bulletins, note=note, sent_at=sent_at)


def _bulletins(letter: _Letter, places: Places, taken: Step, claims: dict[str, Claim]) -> Iterator[Bulletin]:
    """First what is claimed now, then that what it replaces is over: in between both stand, never neither."""
    alert = letter.alert
    sent_at, named = alert.itself.sent, len(alert.references)
    for area, claim in claims.items() if taken.answer == "new" else ():
        yield _bulletin(letter, places, _Said(scope_of(alert.itself), area, claim, sent_at, named))
    for ended in taken.ended:
        for area, held in ended.areas.items():
            if area in places.areas:
                over = _over(ended, area, held, alert)
                yield _bulletin(letter, places, _Said(ended.scope, area, over, max(sent_at, ended.sent_at), LAST))


def _held(item: BulletinItem) -> Held:
    return Held(item.hazard.value, item.kind_code, item.kind_name, item.subject_name, item.level)


def _over(ended: Standing, area: str, held: tuple[Held, ...], alert: Alert) -> Claim:
    items = tuple(
        BulletinItem(
            hazard=Hazard(one.hazard),
            subject=area,
            subject_name=one.place,
            kind_code=one.code,
            kind_name=one.name,
            status=alert.message,
            active=False,
            level=None if one.level is None else 0,
        )
        for one in held
    )
    return Claim(items, f"{alert.message}: {ended.scope.rpartition(':')[2]}", alert.note, alert.itself.sender)


def _bulletin(letter: _Letter, places: Places, said: _Said) -> Bulletin:
    alert, payload, claim, found = letter.alert, letter.payload, said.claim, places.areas[said.area]
    return Bulletin(
        id=content_id("cap", letter.canonical, said.scope, said.area),
        world=alert.world,
        origin=payload.origin,
        source=payload.source,
        municipality=found.municipality,
        area=said.area,
        area_name=found.name,
        carrier=CARRIER,
        scope=said.scope,
        event_id=(alert.incidents or alert.itself.identifier)[:200],
        serial=said.serial,
        info_type=InfoType.ISSUED,
        reported_at=said.at,
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
