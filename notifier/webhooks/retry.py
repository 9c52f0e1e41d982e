"""What a partner's answer means, when to try again, and when it is too late. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import cast

from notifier.broadcast.event import Event
from notifier.outcome import Answer, NetworkFault, retry_after
from schemas.records.decided import Order

FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 60.0
KEPT_ORDER, KEPT_OTHER = timedelta(hours=24), timedelta(hours=1)
"""How long an event is tried. An order stays news for a day; what was measured is replaced by what comes."""


class Verdict(StrEnum):
    """What became of one try."""

    ACKNOWLEDGED = "acknowledged"
    GONE = "gone"
    AGAIN = "again"


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdict, what to tell an operator, and the pause that the partner asked for, in seconds."""

    verdict: Verdict
    text: str
    asked_s: float | None = None


def judge(answer: Answer | NetworkFault, now: datetime) -> Judged:
    """Only 2xx acknowledges; 410 says that nobody lives there any more; all else, redirects too, is tried again."""
    if isinstance(answer, NetworkFault):
        return Judged(Verdict.AGAIN, f"{answer.fault}: {answer.detail}")
    if 200 <= answer.status < 300:
        return Judged(Verdict.ACKNOWLEDGED, str(answer.status))
    if answer.status == 410:
        return Judged(Verdict.GONE, "410")
    return Judged(Verdict.AGAIN, str(answer.status), retry_after(answer, now))


def wait_s(tries: int, asked_s: float | None, spread: float) -> float:
    """Seconds until the next try after `tries` (from 1): doubling to a minute, a random half off; never before asked.

    `spread` is random in [0, 1): partners that failed together do not come back together.
    """
    whole = min(FIRST_WAIT_S * 2.0 ** min(tries - 1, 16), LONGEST_WAIT_S)
    backoff = whole * (0.5 + spread / 2)
    return backoff if asked_s is None else max(asked_s + spread, backoff)


def expires_at(event: Event, fresh_from: datetime | None) -> datetime:
    """When it is given up. A replay (`fresh_from`: when it was asked for) makes old events news again."""
    record, made_at = event.record, cast("datetime", event.record.made_at)
    born = made_at if fresh_from is None else max(made_at, fresh_from)
    if not isinstance(record, Order):
        return born + KEPT_OTHER
    return max(born + KEPT_ORDER, record.deliver_until)
