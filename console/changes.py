"""Which municipalities' records changed. Pure."""

from collections import Counter
from typing import Any

from schemas.records.base import World


class Changes:
    """Counts records per world and municipality, so that a page can tell whether it is still true."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[World | None, str | None]] = Counter()

    def heard(self, record: Any) -> None:
        """One more record."""
        self._counts[getattr(record, "world", None), getattr(record, "municipality", None)] += 1

    def version(self, world: World, towns: tuple[str, ...]) -> int:
        """Grows with every record that may matter to these municipalities in this world."""
        return sum(self._counts[w, t] for w in (world, None) for t in (*towns, None))
