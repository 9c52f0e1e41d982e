"""Old news, as it comes after an outage: held until all of it is there, so that what was lifted since wakes nobody.

A statement that was received long after it was made is filed only when a tick finds that no more of its kind has come
for a while (or that the first has waited long enough). What stands then calls like any other; what began and ended
between two statements of the same recovery was never seen. Nothing in force is held longer than `late_longest_s`.
Where no ticks are folded (a state that is rebuilt from its inputs), records with data let go, much later.
"""

from streams.detect.bulletins import Slot, Statement
from streams.detect.limits import Limits
from streams.detect.state import Late

OVERDUE = 10


def is_late(reported: int, received: int, limits: Limits) -> bool:
    """Whether a statement is old news (epoch seconds)."""
    return received - reported > limits.late_min * 60


def hold(late: Late, key: str, statement: Statement, received: int) -> Late:
    """With one statement more; the very same if it is a repeat."""
    held: Slot = late.slots.get(key, ())
    if statement in held:
        return late
    return Late(late.first or received, max(late.newest, received), late.slots | {key: (*held, statement)})


def is_complete(late: Late, now: int, limits: Limits) -> bool:
    """Whether what is held may be filed: no more came for a while, or the first has waited long enough.

    A clock that is far behind the first was put back since: nobody waits until it is there again.
    """
    settled = now - late.newest >= limits.late_settle_s or now - late.first >= limits.late_longest_s
    return bool(late.slots) and (settled or late.first - now > limits.late_longest_s)


def is_overdue(late: Late, now: int, limits: Limits) -> bool:
    """Whether records alone have moved so far on that no tick can be meant to let go any more."""
    return bool(late.slots) and now - late.newest > limits.late_longest_s * OVERDUE
