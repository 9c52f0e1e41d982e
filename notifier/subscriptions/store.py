"""Subscriptions into their topic: each function returns once Kafka has acknowledged. Faults come out as they are."""

import os
from datetime import datetime

from notifier.subscriptions.profile import Profile
from notifier.subscriptions.seal import NONCE_BYTES, Sealer, left
from schemas.kafka import Publisher

TOPIC = "subscriptions"


async def put(publisher: Publisher, sealer: Sealer, profile: Profile, now: datetime) -> None:
    """Subscribe, or replace what this endpoint said before. `now` is real time."""
    record = sealer.seal(profile, os.urandom(NONCE_BYTES), now)
    await publisher.send(TOPIC, record.subscriber, record)


async def erase(publisher: Publisher, subscriber: str, now: datetime) -> None:
    """Say that they left, so that pages are cleared at once; then erase all that the topic holds of them."""
    await publisher.send(TOPIC, subscriber, left(subscriber, now))
    await publisher.erase(TOPIC, subscriber)
