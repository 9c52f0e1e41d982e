"""Which messages stand: those that no Update and no Cancel has named by its exact triplet. Pure.

Every message claims in a scope of its own, and what a later one names is over, whether it came before or comes late.
So any order of arrival, and any repeat, ends in the same state.
"""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from connectors.cap.alert import Alert, Reference
from connectors.source import Park
from schemas.records.base import World

KEPT_AFTER = timedelta(days=7)
"""How long a claim can still be ended after it expires, or was made if it never does."""
REMEMBERED, MAX_STANDING = 3_000, 300


class Held(msgspec.Struct, frozen=True):
    """What was claimed for one area, as far as its end has to name it."""

    hazard: str
    code: str
    name: str
    place: str
    level: int | None


class Standing(msgspec.Struct, frozen=True):
    """A message in force for areas of ours. `until`: how long it is remembered."""

    scope: str
    world: World
    sent_at: datetime
    expires: datetime | None
    until: datetime
    areas: dict[str, tuple[Held, ...]]


class Memory(msgspec.Struct, frozen=True):
    """Marks of triplets: of messages that came, and of those that others named. `standing` by the message's mark."""

    heard: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    standing: dict[str, Standing] = {}


class Step(msgspec.Struct, frozen=True):
    """What a message is: whether it speaks itself, and which messages it ends."""

    answer: Literal["new", "repeated", "superseded"]
    ended: tuple[Standing, ...] = ()


def mark(world: World, reference: Reference) -> str:
    """A triplet in its world: a test never touches what is actual."""
    raw = "\n".join((world, reference.sender, reference.identifier, reference.sent.isoformat())).encode()
    return urlsafe_b64encode(hashlib.sha256(raw).digest()[:9]).decode()


def scope_of(itself: Reference) -> str:
    """The scope in which a message claims: later messages name it by the same triplet."""
    return f"CAP:{itself.sender}:{itself.identifier}"[:300]


def step(memory: Memory, alert: Alert) -> Step:
    """What a message that came is. Nothing is remembered yet."""
    itself = mark(alert.world, alert.itself)
    if itself in memory.heard:
        return Step("repeated")
    marks = [mark(alert.world, one) for one in alert.references]
    ended = tuple(memory.standing[one] for one in dict.fromkeys(marks) if one in memory.standing)
    return Step("superseded" if itself in memory.named else "new", ended)


def check_cancel(memory: Memory, alert: Alert, taken: Step) -> None:
    """Raises Park where a cancellation ends nothing and somebody has to know: `unknown_`, `superseded_reference`."""
    if alert.message != "Cancel":
        return
    marks = {mark(alert.world, one) for one in alert.references}
    if taken.answer == "repeated" or taken.ended or marks <= set(memory.heard) - set(memory.named):
        return  # done before, done now, or about no area of ours
    named = ", ".join(one.identifier for one in alert.references)[:300]
    if marks & set(memory.named):
        raise Park("superseded_reference", f"it cancels {named}, which another message has replaced; that one stands")
    raise Park("unknown_reference", f"it cancels {named}, which never came: should it come, it counts as cancelled")


def remember(memory: Memory, alert: Alert, taken: Step, areas: Mapping[str, tuple[Held, ...]]) -> Memory:
    """With this message and what it names. What is long over is forgotten."""
    if taken.answer == "repeated":
        return memory
    itself, sent_at = mark(alert.world, alert.itself), alert.itself.sent
    marks = tuple(mark(alert.world, one) for one in alert.references)
    named = tuple(dict.fromkeys((*memory.named, *marks)))[-REMEMBERED:]
    standing = {one: that for one, that in memory.standing.items() if that not in taken.ended and that.until > sent_at}
    if areas and taken.answer == "new":
        ends = [info.expires for info in alert.infos]
        last = max((at for at in ends if at is not None), default=sent_at)
        expires = last if None not in ends else None
        standing[itself] = Standing(
            scope_of(alert.itself), alert.world, sent_at, expires, last + KEPT_AFTER, dict(areas)
        )
    return Memory((*memory.heard, itself)[-REMEMBERED:], named, dict(list(standing.items())[-MAX_STANDING:]))
