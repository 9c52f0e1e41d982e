"""What a push says to its service, and what the service's answer means for one recipient. Pure."""

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime

from notifier.outcome import Answer, Meaning, NetworkFault, next_try
from notifier.webpush.transport import Head
from schemas.records.delivered import End

LONGEST_TTL_S = 28 * 86_400
"""FCM keeps nothing longer."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A delivery has its end. `latency_s` is the request's time, where there was one."""

    end: End
    status: int | None = None
    detail: str | None = None
    label: str = ""
    alarm: bool = False
    latency_s: float | None = None


@dataclass(frozen=True, slots=True)
class Later:
    """Not now: try again at `at` (real time)."""

    at: datetime
    status: int | None = None
    label: str = ""


def topic_of(order_id: str) -> str:
    """RFC 8030 §5.4: at most 32 characters of base64url. One order, one topic: revisions and repeats collapse."""
    return base64.urlsafe_b64encode(hashlib.sha256(order_id.encode()).digest()).decode()[:32]


def ttl_of(until: datetime, now: datetime) -> int:
    """RFC 8030 §5.2: the seconds left until `until`, at least one."""
    return max(1, min(int((until - now).total_seconds()), LONGEST_TTL_S))


def head_of(authorization: str, ttl_s: int, urgent: bool, topic: str) -> Head:
    """RFC 8030's, RFC 8188's and RFC 8292's fields, the same for all requests of a batch."""
    return Head((
        ("authorization", authorization),
        ("ttl", str(ttl_s)),
        ("urgency", "high" if urgent else "normal"),
        ("topic", topic),
        ("content-encoding", "aes128gcm"),
        ("content-type", "application/octet-stream"),
    ))  # fmt: skip


def judge(
    answer: Answer | NetworkFault,
    meant: Meaning,
    attempt: int,
    now: datetime,
    until: datetime,
    spread: float,
    took_s: float,
) -> Ended | Later:
    """What is next for a recipient after attempt number `attempt` (from 1); nothing comes after `until`."""
    status = answer.status if isinstance(answer, Answer) else None
    if meant.end is None:
        again = next_try(answer, attempt, now, until, spread)
        if again is not None:
            return Later(again, status, meant.label)
    detail = None if meant.end is End.ACCEPTED else _said(answer, meant)
    return Ended(meant.end or meant.at_last, status, detail, meant.label, meant.alarm, took_s)


def _said(answer: Answer | NetworkFault, meant: Meaning) -> str:
    if isinstance(answer, NetworkFault):
        return f"{meant.label}: {answer.fault}: {answer.detail}"[:300]
    return f"{meant.label}: {answer.text}"[:300] if answer.text else meant.label
