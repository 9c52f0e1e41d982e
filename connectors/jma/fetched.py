"""Which row has which telegram: two feeds may name the same one, and it is fetched once."""

from collections.abc import Collection


class Fetched:
    """Shared by all rows of a process. A row holds what it fetched, fetches, or is to try again."""

    def __init__(self) -> None:
        self._held: dict[str, frozenset[str]] = {}

    def hold(self, row_id: str, names: Collection[str]) -> None:
        """All that this row has now; what it held before is forgotten."""
        self._held[row_id] = frozenset(names)

    def elsewhere(self, row_id: str, name: str) -> bool:
        """Whether another row has this telegram."""
        return any(name in names for other, names in self._held.items() if other != row_id)
