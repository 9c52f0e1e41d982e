"""Whether a bulletin tells something new: that goes first, and whoever waits for it does not wait for the rest."""

from collections.abc import Iterable

from schemas.records.observed import BulletinItem

REPEATED = "継続"


def is_news(items: Iterable[BulletinItem]) -> bool:
    """Whether something is in force now that the carrier does not call a repeat."""
    return any(item.active and item.status != REPEATED for item in items)
