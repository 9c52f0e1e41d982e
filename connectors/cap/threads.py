"""Which message replaces or cancels which, by exact references: a thread is an alert with all that updates it. Pure.

Whatever order messages come in, the same stands in the end: what a later one named is replaced before it comes.
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
"""How long a thread is remembered after its newest message expires or was sent, for late cancellations."""
MAX_MESSAGES, MAX_THREADS = 3_000, 300


class Held(msgspec.Struct, frozen=True):
    """What was claimed for one area, as far as its end has to name it."""

    hazard: str
    code: str
    name: str
    place: str
    level: int | None


class Thread(msgspec.Struct, frozen=True):
    """What stands of one alert. `newest` is its newest message, `areas` what is in force, `until` when it expires."""

    scope: str
    newest: str
    sent_at: datetime
    until: datetime
    cancelled: bool = False
    areas: dict[str, tuple[Held, ...]] = {}


class Memory(msgspec.Struct, frozen=True):
    """Messages by a mark of their triplet → their thread; threads in the order in which they began."""

    messages: dict[str, str] = {}
    threads: dict[str, Thread] = {}


Answer = Literal["new", "repeated", "superseded"]


class Step(msgspec.Struct, frozen=True):
    """What a message is in its thread: `scope` to speak in, and the threads that it ends or replaces."""

    answer: Answer
    scope: str
    replaced: tuple[Thread, ...] = ()


def mark(world: World, reference: Reference) -> str:
    """A triplet in its world: a test never touches what is actual."""
    sent = reference.sent.isoformat()
    raw = "\n".join((world, reference.sender, reference.identifier, sent)).encode()
    return urlsafe_b64encode(hashlib.sha256(raw).digest()[:9]).decode()


def step(memory: Memory, alert: Alert) -> Step:
    """Raises Park `superseded_reference` for a cancellation of what a newer message has replaced."""
    itself = mark(alert.world, alert.itself)
    named = sorted(alert.references, key=lambda one: (one.sent, one.identifier))
    marks = [mark(alert.world, one) for one in named]
    known = dict.fromkeys(memory.messages[one] for one in marks if one in memory.messages)
    threads = tuple(memory.threads[scope] for scope in known if scope in memory.threads)
    begins = scope_of(named[0] if named else alert.itself)
    if itself in memory.messages:
        return _met_before(memory, itself, marks, threads)
    return _cancel(alert, marks, begins, threads) if alert.message == "Cancel" else _update(alert, begins, threads)


def _met_before(memory: Memory, itself: str, marks: list[str], threads: tuple[Thread, ...]) -> Step:
    """A repeat, or one that a newer message named before it came: what it replaced itself is over, too."""
    scope = memory.messages[itself]
    thread = memory.threads.get(scope)
    if thread is None or thread.newest == itself:
        return Step("repeated", scope)
    return Step("superseded", scope, tuple(one for one in threads if one.newest in marks and one.scope != scope))


def _update(alert: Alert, begins: str, threads: tuple[Thread, ...]) -> Step:
    """It replaces what it names. A thread that was cancelled without naming this message does not take it along."""
    if any(one.cancelled for one in threads):
        return Step("new", scope_of(alert.itself), tuple(one for one in threads if not one.cancelled))
    older = tuple(one for one in threads if one.sent_at <= alert.itself.sent)
    if threads and not older:
        return Step("superseded", threads[0].scope)
    return Step("new", older[0].scope if older else begins, older)


def _cancel(alert: Alert, marks: list[str], begins: str, threads: tuple[Thread, ...]) -> Step:
    """Only what it names exactly: a message that was replaced since is no longer there to be cancelled."""
    ended = tuple(thread for thread in threads if thread.newest in marks)
    if threads and not ended:
        told = f"it cancels a message of {alert.itself.sender[:80]} that a newer one has replaced"
        raise Park("superseded_reference", f"{told}; the newer one stays in force")
    return Step("new", ended[0].scope if ended else begins, ended)


def scope_of(first: Reference) -> str:
    """The name of a thread: its first message."""
    return f"CAP:{first.sender}:{first.identifier}"[:300]


def remember(memory: Memory, alert: Alert, taken: Step, areas: Mapping[str, tuple[Held, ...]]) -> Memory:
    """With this message, and all that it names, in its thread. What is long over is forgotten."""
    marks = [mark(alert.world, one) for one in alert.references]
    itself = mark(alert.world, alert.itself)
    threads = {scope: one for scope, one in memory.threads.items() if one not in taken.replaced}
    if taken.answer != "new":
        return Memory({itself: taken.scope} | memory.messages, threads)
    messages = memory.messages | dict.fromkeys((*marks, itself), taken.scope)
    until = max([info.expires for info in alert.infos if info.expires], default=alert.itself.sent) + KEPT_AFTER
    cancelled = alert.message == "Cancel"
    threads[taken.scope] = Thread(taken.scope, itself, alert.itself.sent, until, cancelled, dict(areas))
    kept = {scope: one for scope, one in threads.items() if one.until > alert.itself.sent}
    return Memory(dict(list(messages.items())[-MAX_MESSAGES:]), dict(list(kept.items())[-MAX_THREADS:]))
