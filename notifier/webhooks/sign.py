"""Headers of a signed webhook, as Standard Webhooks (standardwebhooks.com) writes them. Pure."""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime

from notifier.broadcast.event import Event
from schemas.records.base import content_id


def message_id(partner: str, event: Event) -> str:
    """The webhook-id: the same for every try and every replay of one event to one partner, in any process."""
    stream = event.stream
    made_at = event.record.made_at  # a topic that was made anew gives the same offsets to other records
    return f"msg_{content_id(partner, stream.world, stream.kind, stream.partition, event.offset, made_at)}"


def headers_of(message: str, now: datetime, body: bytes, keys: Iterable[bytes]) -> dict[str, str]:
    """Id, time and one signature a key: while a secret is changed, either one verifies."""
    timestamp = str(int(now.timestamp()))
    signed = f"{message}.{timestamp}.".encode() + body
    return {
        "content-type": "application/json",
        "webhook-id": message,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(_signature(key, signed) for key in keys),
    }


def _signature(key: bytes, signed: bytes) -> str:
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
