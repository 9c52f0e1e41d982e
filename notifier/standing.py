"""What a plan became for each recipient, one mark each; decides who gets updates, the lift, another try. Pure."""

from collections.abc import Iterable, Sequence
from enum import IntEnum

from schemas.records.delivered import PERHAPS_SENT, End, RecipientEnd

GONE_STATUSES = frozenset({404, 410})
"""Only these are a push service's word that a device is gone; `gone` without one means: not in the index any more."""

Marked = tuple[Sequence[str], bytes]
"""One job's recipients and the mark of each."""


class Mark(IntEnum):
    """As it lies in Redis. Waiting: planned, its job certainly not sent. Open: perhaps sent, no end yet.

    Perhaps: it was stopped, but a former try, or a worker that died, may have reached the device.
    """

    WAITING = ord("-")
    OPEN = ord("?")
    ACCEPTED = ord("a")
    GONE = ord("g")
    VANISHED = ord("v")
    EXPIRED = ord("e")
    SUPERSEDED = ord("s")
    REFUSED = ord("r")
    FAILED = ord("f")
    PERHAPS = ord("p")


UNENDED = frozenset({Mark.WAITING, Mark.OPEN})
_MARKS = {
    End.ACCEPTED: Mark.ACCEPTED,
    End.GONE: Mark.VANISHED,
    End.EXPIRED: Mark.EXPIRED,
    End.SUPERSEDED: Mark.SUPERSEDED,
    End.REFUSED: Mark.REFUSED,
    End.FAILED: Mark.FAILED,
}
_ENDS = {mark: end for end, mark in _MARKS.items()} | {Mark.GONE: End.GONE, Mark.PERHAPS: End.SUPERSEDED}
_TOLD = {Mark.OPEN: True, Mark.ACCEPTED: True, Mark.PERHAPS: True, Mark.GONE: False}


def mark_of(end: End, status: int | None, detail: str | None = None) -> Mark:
    """The mark of an end."""
    if detail is not None and detail.startswith(PERHAPS_SENT):
        return Mark.PERHAPS
    return Mark.GONE if end is End.GONE and status in GONE_STATUSES else _MARKS[end]


def end_of(mark: int) -> End | None:
    """The end that a mark stands for; None while there is none."""
    return _ENDS.get(Mark(mark))


def is_gone(end: RecipientEnd) -> bool:
    """Whether the push service itself called the device gone."""
    return mark_of(end.end, end.status) is Mark.GONE


def told(jobs: Iterable[Marked]) -> dict[str, bool]:
    """Everyone planned, and whether an update or the lift is owed; `jobs` come revision by revision.

    Accepted, or perhaps accepted, is told, until the push service calls the device gone. Never accepted is not told
    that it is over; what was never sent changes nothing.
    """
    found: dict[str, bool] = {}
    for names, marks in jobs:
        for mark, members in _by_mark(names, marks):
            owed = _TOLD.get(Mark(mark))
            if owed is None:
                found.update((name, False) for name in members if name not in found)
            else:
                found.update(dict.fromkeys(members, owed))
    return found


def latest(jobs: Iterable[Marked]) -> dict[str, End | None]:
    """The end of everyone in one revision's plans, oldest first: another try takes the place of what failed."""
    found: dict[str, End | None] = {}
    for names, marks in jobs:
        for mark, members in _by_mark(names, marks):
            found.update(dict.fromkeys(members, end_of(mark)))
    return found


def _by_mark(names: Sequence[str], marks: bytes) -> Iterable[tuple[int, Iterable[str]]]:
    """Members mark by mark: most jobs end alike, so most of them are one step."""
    kinds = set(marks)
    if len(kinds) == 1:
        return [(kinds.pop(), names)]
    return [(kind, [name for name, mark in zip(names, marks, strict=True) if mark == kind]) for kind in kinds]
