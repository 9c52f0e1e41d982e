"""What the tests of the door share: a notifier of their own, and an API that answers."""

from collections.abc import Callable
from typing import Any

import httpx

from notifier.settings import NotifierSettings
from schemas.kafka import Where
from tests.integration.notifier_rig import create_topics, settings_for


def door_settings(
    kafka: str, redis_url: str, namespace: str, free_port: Callable[[], int], **more: Any
) -> NotifierSettings:
    """A notifier with a port and topics of its own."""
    made = settings_for(kafka, redis_url, namespace, api_port=free_port(), **more)
    create_topics(Where.of(made), ["subscriptions", "dead-letters", "outcomes", "receipts"])
    return made


async def answers(door: httpx.AsyncClient) -> bool:
    """Whether the API is ready."""
    try:
        return (await door.get("/readyz")).status_code == 200
    except httpx.TransportError:
        return False
