"""May an officer's Resend be carried out, and for whom? Pure."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from schemas.records.base import content_id
from schemas.records.decided import Order, Resend
from schemas.records.delivered import End

TRIED_AGAIN = frozenset({End.FAILED, End.EXPIRED})
"""What a new try may change: our own fault, or a push service that kept us waiting."""


class NotAgain(StrEnum):
    """Why a Resend is refused; each is a line of the log, and no plan."""

    UNKNOWN = "no such order is known"
    OTHER_ORDER = "the order is of another municipality or origin"
    SUPERSEDED = "a newer revision is in force: resend that one"
    HALTED = "the sending of this revision was halted"
    OVER = "its time of sending is over: revise the order to send it again"
    NO_ENDS = "it names no end that may be tried again (failed, expired)"


def refusal_of(resend: Resend, newest: Order | None, now: datetime) -> NotAgain | None:
    """The first reason why it is not carried out, or None. `now` is real time."""
    if newest is None:
        return NotAgain.UNKNOWN
    checks = {
        NotAgain.OTHER_ORDER: (newest.municipality, newest.origin) != (resend.municipality, resend.origin),
        NotAgain.SUPERSEDED: newest.revision != resend.revision,
        NotAgain.HALTED: newest.halted,
        NotAgain.OVER: newest.deliver_until <= now,
        NotAgain.NO_ENDS: not ends_of(resend),
    }
    return next((reason for reason, applies in checks.items() if applies), None)


def ends_of(resend: Resend) -> frozenset[End]:
    """The ends that it tries again; what nobody may try again is left out."""
    return frozenset(end for end in TRIED_AGAIN if end.value in resend.ends)


def resend_plan_id(resend: Resend) -> str:
    """The id of its plan: the same Resend again is the same plan."""
    return content_id("plan", resend.world, resend.order_id, resend.revision, "resend", resend.id)


def tried_again(ends: Iterable[tuple[str, End | None]], wanted: frozenset[End]) -> list[str]:
    """The recipients whose end, as it stands now, is wanted; who has none yet is not tried twice at a time."""
    return [name for name, end in ends if end in wanted]
