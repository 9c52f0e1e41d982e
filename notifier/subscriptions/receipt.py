"""What a device reports about a push: shown or clicked. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import msgspec

from notifier.subscriptions.endpoint import Refused
from schemas.records.base import World, content_id
from schemas.records.delivered import Receipt


@dataclass(frozen=True, slots=True)
class Reported:
    """A device's words: the push's own id, rev, world and receipt token, and what happened to it."""

    receipt: str
    id: str
    rev: int
    world: World
    event: Literal["shown", "clicked"]

    @classmethod
    def of(cls, body: bytes) -> "Reported":
        """From JSON; raises Refused."""
        try:
            return msgspec.json.decode(body, type=cls)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Refused(
                "receipt_form", "A receipt is JSON with receipt, id, rev, world, and event: shown or clicked."
            ) from error


def receipt_of(said: Reported, subscriber: str, now: datetime) -> Receipt:
    """The record; the same report again has the same id. `now` is real time."""
    name = content_id("receipt", said.world, subscriber, said.id, said.rev, said.event)
    return Receipt(name, said.world, subscriber, said.id, said.rev, said.event, now, now)
