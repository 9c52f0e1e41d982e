"""CAP messages as a test writes them down."""

from dataclasses import replace
from datetime import datetime

from connectors.cap.parse import Heard, Reader, hear
from connectors.cap.replaced import Memory
from schemas.records.base import Origin
from schemas.records.observed import Bulletin
from tests.unit.connectors.writing import AT, KANAGAWA, payload

SENT = "2026-09-21T14:00:00+09:00"
SENDER = "alerts@example.org"
FUJISAWA = "<geocode><valueName>JP:LG</valueName><value>14205</value></geocode>"
KAMAKURA = "<geocode><valueName>JP:LG</valueName><value>142042</value></geocode>"
READER = Reader(KANAGAWA)


def info(
    area: str = FUJISAWA,
    *,
    event: str = "Flood",
    language: str = "",
    extra: str = "",
    severity: str = "Severe",
    headline: str = "headline",
) -> str:
    """One <info> for one area."""
    spoken = f"<language>{language}</language>" if language else ""
    return (
        f"<info>{spoken}<category>Met</category><event>{event}</event><urgency>Immediate</urgency>"
        f"<severity>{severity}</severity><certainty>Observed</certainty>{extra}<headline>{headline}</headline>"
        f"<area><areaDesc>somewhere</areaDesc>{area}</area></info>"
    )


def triplet(identifier: str, sent: str = SENT, sender: str = SENDER) -> str:
    """A reference."""
    return f"{sender},{identifier},{sent}"


def alert(
    identifier: str = "a1",
    *infos: str,
    message: str = "Alert",
    references: str = "",
    sent: str = SENT,
    status: str = "Actual",
    scope: str = "Public",
    extra: str = "",
    version: str = "1.2",
    sender: str = SENDER,
) -> bytes:
    """A message. Without infos it has one about Fujisawa, unless it cancels."""
    body = "".join(infos or (() if message in ("Cancel", "Ack", "Error") else (info(),)))
    named = f"<references>{references}</references>" if references else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><alert xmlns="urn:oasis:names:tc:emergency:cap:{version}">'
        f"<identifier>{identifier}</identifier><sender>{sender}</sender><sent>{sent}</sent><status>{status}</status>"
        f"<msgType>{message}</msgType><scope>{scope}</scope>{extra}{named}{body}</alert>"
    ).encode()


def heard(body: bytes, memory: Memory | None = None, reader: Reader = READER, at: datetime = AT) -> Heard:
    """What one message becomes."""
    letter = replace(payload(body, at=at), origin=Origin.LIVE)
    return hear(letter, memory or Memory(), reader, at)


def standing(*bodies: bytes) -> dict[str, set[tuple[str, str]]]:
    """What stands after these messages, in this order of arrival: (kind, place) in force, by area.

    As whoever reads the topic sees it: of each area and scope the statement with the newest time counts.
    """
    memory, newest = Memory(), dict[tuple[str, str], Bulletin]()
    for body in bodies:
        found = heard(body, memory)
        memory = found.memory
        for one in found.bulletins:
            before = newest.get((one.area, one.scope))
            if before is None or _version(one) > _version(before):
                newest[one.area, one.scope] = one
    stands: dict[str, set[tuple[str, str]]] = {}
    for one in newest.values():
        for item in one.items:
            if item.active:
                stands.setdefault(one.area, set()).add((item.kind_name, item.status))
    return stands


def _version(one: Bulletin) -> tuple[datetime, int]:
    return one.reported_at, one.serial or 0
