"""Claims of a CAP message, and the end of earlier ones → Bulletins. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from connectors.cap.claims import Claim
from connectors.cap.replaced import Held, Standing
from connectors.places import Places
from schemas.records.base import Hazard, Origin, Trace, World, content_id
from schemas.records.observed import Bulletin, BulletinItem, InfoType

CARRIER = "CAP"
MAX_TEXT, MAX_TITLE = 6000, 400
LAST = 1_000_000
"""Serial of a claim's end: in its scope it comes after whatever was said in the same second."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What all bulletins of one message share. `canonical`: what its ids are made of."""

    canonical: str
    source: str
    origin: Origin
    url: str
    raw_sha256: str
    world: World
    event_id: str
    sender: str
    received_at: datetime
    trace: Trace
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Said:
    """One claim in one scope, and its place in the order of that scope."""

    scope: str
    area: str
    claim: Claim
    at: datetime
    serial: int


def over(
    letter: Letter, places: Places, ended: Standing, status: str, at: datetime, note: str = ""
) -> Iterator[Bulletin]:
    """That what a message claimed is over, for each of its areas: the same items, not active."""
    name = ended.scope.rpartition(":")[2]
    for area, held in ended.areas.items():
        if area in places.areas:
            claim = Claim(tuple(_ended(area, one, status) for one in held), f"{status}: {name}", note, letter.sender)
            yield bulletin(letter, places, Said(ended.scope, area, claim, max(at, ended.sent_at), LAST))


def held_of(item: BulletinItem) -> Held:
    """What is remembered of a claim."""
    return Held(item.hazard.value, item.kind_code, item.kind_name, item.subject_name, item.level)


def bulletin(letter: Letter, places: Places, said: Said) -> Bulletin:
    """One area's claim."""
    claim, found = said.claim, places.areas[said.area]
    kind = claim.items[0].kind_name if claim.items else ""
    return Bulletin(
        id=content_id("cap", letter.canonical, said.scope, said.area),
        world=letter.world,
        origin=letter.origin,
        source=letter.source,
        municipality=found.municipality,
        area=said.area,
        area_name=found.name,
        carrier=CARRIER,
        scope=said.scope,
        event_id=letter.event_id,
        serial=said.serial,
        info_type=InfoType.ISSUED,
        reported_at=said.at,
        received_at=letter.received_at,
        title=(claim.headline or kind)[:MAX_TITLE],
        text=claim.text[:MAX_TEXT],
        office=(claim.office or letter.sender)[:MAX_TITLE],
        url=letter.url,
        raw_sha256=letter.raw_sha256,
        items=claim.items,
        trace=letter.trace,
        made_at=letter.made_at,
    )


def _ended(area: str, held: Held, status: str) -> BulletinItem:
    return BulletinItem(
        hazard=Hazard(held.hazard),
        subject=area,
        subject_name=held.place,
        kind_code=held.code,
        kind_name=held.name,
        status=status,
        active=False,
        level=None if held.level is None else 0,
    )
