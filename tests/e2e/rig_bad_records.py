"""What can lie on topics that no program of ours wrote, and who sets it aside. Each comes right before good records."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from schemas.codec import Codec
from schemas.kafka import Publisher
from schemas.records.base import Hazard, Origin, Trace, World, content_id
from schemas.records.decided import Decision, DecisionKind
from schemas.records.delivered import Subscription
from schemas.records.judged import Recommendation
from tests.deliveries import an_order

TOWN, OTHER = b"14206", b"14205"
"""Good records of this town come behind the bad ones, in the same partition."""

AT = datetime(2026, 9, 21, 4, 0, tzinfo=UTC)
TRACE = Trace("7e" * 16, AT)


@dataclass(frozen=True, slots=True)
class BadRecord:
    """Bytes for a topic, who must park them, and the reason of the dead letter. `key` decides the partition."""

    topic: str
    value: bytes | None
    program: str
    reason: str = "Unreadable"
    key: bytes | None = TOWN


def _bytes(record: Any, world: World | None) -> bytes:
    codec: Codec[Any] = Codec(type(record), world)
    return codec.encode(record)


def _recommendation(town: str, world: World) -> Recommendation:
    made = content_id("bad", town, world)
    return Recommendation(made, world, Origin.REPLAY, town, 1, AT, AT, (), (), TRACE, AT)


def _garbage(topic: str, program: str) -> BadRecord:
    return BadRecord(topic, b"\x00junk on " + topic.encode(), program)


def _exercise_order() -> bytes:
    return _bytes(an_order(world=World.EXERCISE, municipality="14206"), World.EXERCISE)


def _stolen() -> Subscription:
    """Sealed with a key that is not ours."""
    return Subscription("s" * 22, "deadbeef", b"n" * 12, b"sealed by somebody else", False, AT, AT)


RECORDS = {
    "junk among readings": _garbage("readings", "watch"),
    "junk among bulletins": _garbage("bulletins", "watch"),
    "junk among reports": _garbage("reports", "watch"),
    "junk among watch's ticks": _garbage("ticks-watch", "watch"),
    "junk among decide's ticks": _garbage("ticks-decide", "decide"),
    "junk among recommendations": _garbage("recommendations", "decide"),
    "junk among decisions": _garbage("decisions", "decide"),
    "junk among orders": _garbage("orders", "notifier"),
    "junk among calls": _garbage("calls", "notifier"),
    "junk among jobs": _garbage("jobs", "notifier"),
    "junk among urgent jobs": _garbage("jobs-urgent", "notifier"),
    "junk among retries": _garbage("jobs-retry", "notifier"),
    "junk among outcomes": _garbage("outcomes", "notifier"),
    "junk among subscriptions": _garbage("subscriptions", "notifier"),
    "nothing where a bulletin should be": BadRecord("bulletins", None, "watch"),
    "nothing where an order should be": BadRecord("orders", None, "notifier"),
    "a schema that nobody wrote": BadRecord("bulletins", b"\x00\x7f\xff\xff\xff" + b"x" * 40, "watch"),
    "a record cut in the middle": BadRecord("orders", _bytes(an_order(), World.ACTUAL)[:60], "notifier"),
    "a record of another kind": BadRecord("decisions", _bytes(an_order(), World.ACTUAL), "decide"),
    "an exercise order among actual ones": BadRecord("orders", _exercise_order(), "notifier", "WrongWorld"),
    "a drill's recommendation among actual ones": BadRecord(
        "recommendations", _bytes(_recommendation("14206", World.EXERCISE), World.EXERCISE), "decide", "WrongWorld"
    ),
    "another town's record under this town's key": BadRecord(
        "recommendations", _bytes(_recommendation("14205", World.ACTUAL), World.ACTUAL), "decide", "ContentError"
    ),
    "a key that is no town": BadRecord(
        "recommendations",
        _bytes(_recommendation("14206", World.ACTUAL), World.ACTUAL),
        "decide",
        "ContentError",
        key=b"somewhere",
    ),
    "a subscription sealed with a foreign key": BadRecord(
        "subscriptions", _bytes(_stolen(), None), "notifier", "Unsealable", key=b"s" * 22
    ),
    "a subscription under another's key": BadRecord(
        "subscriptions", _bytes(_stolen(), None), "notifier", key=b"t" * 22
    ),
}


def unsigned_decision() -> Decision:
    """Written by somebody who is not the console."""
    return Decision(
        id="un" * 16,
        world=World.ACTUAL,
        origin=Origin.REPLAY,
        municipality="14206",
        officer="odawara-b",
        kind=DecisionKind.APPROVE,
        hazard=Hazard.LANDSLIDE,
        case_id="x",
        proposal=None,
        digest="y",
        reason=None,
        call_id=None,
        duty=(),
        policy=None,
        policy_id=None,
        decided_at=AT,
        signature=b"\x00" * 64,
        trace=TRACE,
        made_at=AT,
    )


async def throw_in(publisher: Publisher, physical: Callable[[str], str]) -> dict[str, tuple[str, int, int]]:
    """Put every bad record on its topic; where each lies."""
    lies = {}
    for name, bad in RECORDS.items():
        topic = physical(bad.topic)
        found = await publisher.resend(topic, bad.key, bad.value, None)  # type: ignore[arg-type]  # nothing is bad, too
        lies[name] = (topic, found.partition, found.offset)
    await publisher.send("decisions", "14206", dataclasses.replace(unsigned_decision()))
    return lies
