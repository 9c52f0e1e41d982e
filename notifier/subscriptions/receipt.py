"""What a device reports about a push: shown or clicked. Pure."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from notifier.subscriptions.endpoint import Refused
from schemas.records.base import World, content_id
from schemas.records.delivered import Receipt

OLDEST, AHEAD = timedelta(days=28), timedelta(minutes=5)
"""Nothing is kept longer by a push service; clocks differ a little."""


@dataclass(frozen=True, slots=True)
class Reported:
    """A device's words: the push's own id, rev, world and receipt token, what happened to it, and when."""

    receipt: str
    id: str
    rev: int
    world: World
    event: Literal["shown", "clicked"]
    at: datetime | None = None

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
    """The record; the same report again has the same id. `now` is real time.

    A device that was out of reach reports later: its own clock is believed if it does not contradict ours.
    """
    name = content_id("receipt", said.world, subscriber, said.id, said.rev, said.event)
    at = said.at if said.at is not None and said.at.tzinfo and now - OLDEST <= said.at <= now + AHEAD else now
    return Receipt(name, said.world, subscriber, said.id, said.rev, said.event, at, now)


class Heard:
    """The reports that came lately: a repeat need not be written again. It forgets the oldest beyond `capacity`."""

    def __init__(self, capacity: int = 200_000) -> None:
        self._capacity, self._ids = capacity, OrderedDict[str, None]()

    def __contains__(self, receipt_id: str) -> bool:
        return receipt_id in self._ids

    def add(self, receipt_id: str) -> None:
        """It was written."""
        self._ids[receipt_id] = None
        if len(self._ids) > self._capacity:
            self._ids.popitem(last=False)
