"""What an order's earlier revisions became for one subscriber: decides who gets its updates and its lift. Pure.

A standing is one letter and the revision it was planned for last, as it lies in Redis: `u3`.
"""

from enum import StrEnum

from schemas.records.delivered import End, RecipientEnd

GONE_STATUSES = frozenset({404, 410})
"""Only these are a push service's word that a device is gone; `gone` without one means: not in its page any more."""


class Letter(StrEnum):
    """Unknown: planned, no end yet. Accepted: at least once. Gone: the service said so. Ended: never accepted."""

    UNKNOWN = "u"
    ACCEPTED = "a"
    GONE = "g"
    ENDED = "x"


def planned(standing: str | None, revision: int) -> str:
    """Planned for `revision`. An end that came in before the plan was written down is kept."""
    if standing is None:
        return f"{Letter.UNKNOWN}{revision}"
    letter, before = _read(standing)
    if before >= revision:
        return standing
    kept = letter if letter in {Letter.ACCEPTED, Letter.GONE} else Letter.UNKNOWN
    return f"{kept}{revision}"


def ended(standing: str | None, end: RecipientEnd, revision: int) -> str:
    """Its delivery of `revision` ended. Accepted once is accepted for good, unless the device is gone."""
    letter, last = _read(standing) if standing else (Letter.UNKNOWN, revision)
    newest = max(last, revision)
    if is_gone(end) or (letter is Letter.GONE and last > revision):
        return f"{Letter.GONE}{newest}"
    if end.end is End.ACCEPTED or letter is Letter.ACCEPTED:
        return f"{Letter.ACCEPTED}{newest}"
    return standing if standing and last > revision else f"{Letter.ENDED}{newest}"


def was_told(standing: str) -> bool:
    """Whether a lift or an update is owed: accepted, or perhaps accepted."""
    return _read(standing)[0] in {Letter.ACCEPTED, Letter.UNKNOWN}


def is_gone(end: RecipientEnd) -> bool:
    """Whether the push service itself called the device gone."""
    return end.end is End.GONE and end.status in GONE_STATUSES


def _read(standing: str) -> tuple[Letter, int]:
    return Letter(standing[0]), int(standing[1:])
