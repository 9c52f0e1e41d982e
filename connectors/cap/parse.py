"""One CAP message → Bulletins for our areas, and what is remembered of it. Pure.

A message claims in a scope of its own; what it replaces or cancels is told as over, by items that are not active.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from connectors.cap.alert import Alert, read_alert
from connectors.cap.bulletins import Letter, Said, bulletin, held_of, over
from connectors.cap.claims import Claim, claims_of
from connectors.cap.replaced import Memory, Step, check_cancel, remember, scope_of, step
from connectors.cap.signature import checked
from connectors.jma.markup import canonical_sha256, read_xml
from connectors.places import Places
from connectors.source import Park, Parked, Payload
from schemas.records.observed import Bulletin


@dataclass(frozen=True, slots=True)
class Reader:
    """What reading needs beside the bytes. `judge_now`: whether a message from the future is none."""

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


def hear(payload: Payload, memory: Memory, reader: Reader, made_at: datetime) -> Heard:
    """Never raises: what cannot be read, trusted or understood is parked with its reason, and changes nothing."""
    alert = None
    try:
        root = checked(read_xml(payload.body), reader.trusted, payload.fetched_at)
        alert = read_alert(root, payload.fetched_at if reader.judge_now else None)
        letter = _letter(payload, alert, canonical_sha256(root), made_at)
        return _heard(payload, letter, alert, memory, reader)
    except Park as park:
        return Heard(memory, parked=(_parked(payload, alert, park),))


def _heard(payload: Payload, letter: Letter, alert: Alert, memory: Memory, reader: Reader) -> Heard:
    if alert.message == "Ack":
        return Heard(memory, note="acknowledgement")
    _check(alert)
    claims = {} if alert.message == "Cancel" else claims_of(alert, reader.places)
    taken = step(memory, alert)
    held = {area: tuple(map(held_of, claim.items)) for area, claim in claims.items()}
    after = remember(memory, alert, taken, held)
    bulletins = tuple(_bulletins(letter, alert, reader.places, taken, claims))
    note = "" if bulletins else ("outside" if taken.answer == "new" else taken.answer)
    try:
        check_cancel(memory, alert, taken)
    except Park as park:  # it ends nothing, and is remembered all the same
        return Heard(after, bulletins, (_parked(payload, alert, park),))
    return Heard(after, bulletins, note=note)


def _check(alert: Alert) -> None:
    """Raises Park for a message that says nothing about any area."""
    if alert.message == "Error":
        raise Park("error_message", f"the sender refuses a message: {alert.note[:300] or 'no note says why'}")
    if alert.message != "Cancel" and not alert.infos:
        raise Park("no_info", f"msgType is {alert.message}, but there is no info: it says nothing about any area")


def _bulletins(
    letter: Letter, alert: Alert, places: Places, taken: Step, claims: dict[str, Claim]
) -> Iterator[Bulletin]:
    """First what is claimed now, then that what it replaces is over: in between both stand, never neither."""
    sent_at, named = alert.itself.sent, len(alert.references)
    for area, claim in claims.items() if taken.answer == "new" else ():
        yield bulletin(letter, places, Said(scope_of(alert.itself), area, claim, sent_at, named))
    for ended in taken.ended:
        yield from over(letter, places, ended, alert.message, sent_at, alert.note)


def _letter(payload: Payload, alert: Alert, canonical: str, made_at: datetime) -> Letter:
    return Letter(
        canonical=canonical,
        source=payload.source,
        origin=payload.origin,
        url=payload.url,
        raw_sha256=hashlib.sha256(payload.body).hexdigest(),
        world=alert.world,
        event_id=(alert.incidents or alert.itself.identifier)[:200],
        sender=alert.itself.sender,
        received_at=payload.fetched_at,
        trace=payload.trace,
        made_at=made_at,
    )


def _parked(payload: Payload, alert: Alert | None, park: Park) -> Parked:
    world = alert.world if alert is not None else None
    return Parked(park.reason, park.text, payload.url, payload.body, payload.origin, world, trace=payload.trace)
