"""What one CAP file becomes, for people: its records, or why there are none."""

from connectors.cap.parse import Reader, hear
from connectors.cap.replaced import Memory
from connectors.places import Places
from connectors.source import Payload

MARK = b"urn:oasis:names:tc:emergency:cap"


def looks_like_cap(body: bytes) -> bool:
    """By its namespace, near the beginning."""
    return MARK in body[:4000]


def describe_cap(payload: Payload, places: Places) -> list[dict[str, object]]:
    """As if it were the first message of its source; times are not held against today."""
    heard = hear(payload, Memory(), Reader(places, judge_now=False), payload.trace.started_at)
    found: list[dict[str, object]] = [{"kind": "bulletin", "record": record} for record in heard.bulletins]
    found += [{"parked": parked.reason, "text": parked.text} for parked in heard.parked]
    return found or [{"kind": "outside", "text": "a good CAP message about no area of ours"}]
