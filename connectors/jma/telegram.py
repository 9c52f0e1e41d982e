"""One telegram's bytes → Bulletins, one per area that is ours, or why they are parked. Pure."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from connectors.jma.claims import Body, Claim
from connectors.jma.envelope import Envelope, read_envelope, world_of
from connectors.jma.families import FAMILIES
from connectors.jma.markup import Node, canonical_sha256, read_xml
from connectors.news import is_news
from connectors.places import Places
from connectors.source import Park, Parked, Parsed, Payload
from schemas.records.base import World, content_id
from schemas.records.observed import Bulletin, BulletinItem, InfoType

MAX_ITEMS = 100
"""More kinds for one area than JMA has codes: not a telegram to trust."""
MAX_PROBLEMS = 20
MAX_TEXT = 6000
BODIES = ("met", "seis", "volc")
"""The namespaces that a body may be written in."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What all bulletins of one telegram share."""

    payload: Payload
    envelope: Envelope
    body: Body
    canonical: str
    made_at: datetime


def parse_telegram(payload: Payload, places: Places, made_at: datetime, judge_future: bool = True) -> Parsed:
    """Bulletins and what was not understood; one Parked if the telegram as a whole cannot be read."""
    world = None
    try:
        root = read_xml(payload.body)
        world = _world(root)
        envelope = read_envelope(root, payload.fetched_at if judge_future else None)
        body = _body(root, envelope, places, payload)
        facts = Facts(payload, envelope, body, canonical_sha256(root), made_at)
        records = tuple(_bulletin(facts, places, claim) for claim in _news_first(_spoken(facts)))
    except Park as park:
        return Parsed(parked=(_parked(payload, world, park.reason, park.text),))
    notes = ("outside",) if not records else ()
    parked = tuple(_parked(payload, world, found.reason, found.text) for found in body.problems[:MAX_PROBLEMS])
    return Parsed(records, parked, content_at=envelope.reported_at, notes=notes)


def _world(root: Node) -> World | None:
    """The world for a parked telegram's dead letter, as far as it can be known."""
    try:
        return world_of(root)
    except Park:
        return None


def _body(root: Node, envelope: Envelope, places: Places, payload: Payload) -> Body:
    if envelope.info_type is InfoType.CANCELLED:
        return _cancelled(root, envelope, places, payload)
    return FAMILIES[envelope.carrier].read(root, envelope, places)


def _cancelled(root: Node, envelope: Envelope, places: Places, payload: Payload) -> Body:
    """取消 names no area: it is about every area that what it cancels was about, and claims nothing itself."""
    claims = FAMILIES[envelope.carrier].cancelled(envelope, places, payload.url)
    texts = (root.text(f"{body}:Body/{body}:Text") for body in BODIES)
    return Body(claims, envelope.carrier, "\n".join(filter(None, texts)))


def _spoken(facts: Facts) -> list[Claim]:
    """What each area is told. Without items it is left out: only a 取消 may say nothing, all else would withdraw."""
    cancelled = facts.envelope.info_type is InfoType.CANCELLED
    return [claim for claim in _merged(facts.body.claims) if claim.items or cancelled]


def _news_first(spoken: list[Claim]) -> list[Claim]:
    """What this telegram raises before what it repeats: *watch* folds one bulletin after the other."""
    return sorted(spoken, key=lambda claim: not is_news(claim.items))


def _merged(claims: tuple[Claim, ...]) -> list[Claim]:
    """One claim per area and scope; a row that is there twice counts once. Raises Park `too_many_kinds`."""
    merged: dict[tuple[str, str], dict[BulletinItem, None]] = {}
    for claim in claims:
        items = merged.setdefault((claim.area, claim.scope), {})
        items.update(dict.fromkeys(claim.items))
        if len(items) > MAX_ITEMS:
            raise Park("too_many_kinds", f"area {claim.area} has more than {MAX_ITEMS} kinds")
    return [Claim(area, tuple(items), scope) for (area, scope), items in merged.items()]


def _bulletin(facts: Facts, places: Places, claim: Claim) -> Bulletin:
    envelope, payload, area = facts.envelope, facts.payload, places.areas[claim.area]
    return Bulletin(
        id=content_id("bulletin", facts.canonical, area.code, *filter(None, (claim.scope,))),
        world=envelope.world,
        origin=payload.origin,
        source=payload.source,
        municipality=area.municipality,
        area=area.code,
        area_name=area.name,
        carrier=envelope.carrier,
        scope=claim.scope or facts.body.scope,
        event_id=envelope.event_id,
        serial=envelope.serial,
        info_type=envelope.info_type,
        reported_at=envelope.reported_at,
        received_at=payload.fetched_at,
        title=envelope.title,
        text="\n".join(filter(None, (envelope.headline, facts.body.text)))[:MAX_TEXT],
        office=envelope.office,
        url=payload.url,
        raw_sha256=hashlib.sha256(payload.body).hexdigest(),
        items=claim.items,
        trace=payload.trace,
        made_at=facts.made_at,
    )


def _parked(payload: Payload, world: World | None, reason: str, text: str) -> Parked:
    return Parked(reason, text, payload.url, payload.body, payload.origin, world, trace=payload.trace)
