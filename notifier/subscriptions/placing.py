"""How a subscription moves in the index: which pages it leaves, which it enters. Pure.

A record replaces all that the index knew of its subscriber, so applying one twice changes nothing.
"""

from dataclasses import dataclass, field

import msgspec

from notifier.pages import Entry
from notifier.subscriptions.profile import Profile


@dataclass(frozen=True, slots=True)
class Known:
    """What the index knows of a subscriber besides its entries: places, push service, and since when (µs, real)."""

    places: tuple[str, ...]
    host: str
    updated_us: int


@dataclass(frozen=True, slots=True)
class Move:
    """One subscriber's change: `known` is null when it is gone; `came` are the places whose planner has to look."""

    subscriber: str
    leaves: tuple[str, ...]
    enters: dict[str, Entry]
    known: Known | None
    before: Known | None
    came: tuple[str, ...] = field(default=())


def arrival(subscriber: str, before: Known | None, profile: Profile, host: str, updated_us: int) -> Move:
    """It is here, as `profile` says. `host` is the rule that lets its push service in."""
    places = tuple(sorted(profile.places))
    leaves = tuple(place for place in (before.places if before else ()) if place not in profile.places)
    entries = {place: profile.entry(subscriber, place) for place in places}
    return Move(subscriber, leaves, entries, Known(places, host, updated_us), before, came=places)


def departure(subscriber: str, before: Known | None) -> Move:
    """It left, or was erased."""
    return Move(subscriber, before.places if before else (), {}, None, before)


def encode_known(known: Known) -> bytes:
    """MessagePack."""
    return msgspec.msgpack.encode(known)


def decode_known(packed: bytes) -> Known:
    """The value; raises msgspec.DecodeError."""
    return _KNOWN.decode(packed)


_KNOWN = msgspec.msgpack.Decoder(Known)
